"""Keeps every test on this machine: a socket to anywhere but loopback is an error.

An audit hook sees each connection whichever library makes it, and no test can patch it away by accident.
"""

import ipaddress
import socket
import sys
from typing import Any

CONNECTING = {"socket.connect", "socket.sendto", "socket.sendmsg"}
RESOLVING = {"socket.getaddrinfo", "socket.gethostbyname"}
OWN_NAMES = {"localhost", socket.gethostname()}


class NetworkUsedError(RuntimeError):
    """Not an OSError, so that code which copes with a broken network does not hide it."""


def refuse_foreign_addresses(event: str, arguments: tuple[Any, ...]) -> None:
    if event in CONNECTING and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    elif event in RESOLVING:
        host = arguments[0]
    else:
        return
    if not is_local(host, event):
        raise NetworkUsedError(f"a test may not reach {host!r}")


def is_local(host: object, event: str) -> bool:
    """Says whether the host is this machine; resolving an address that is a number reaches nobody."""
    name = host.decode() if isinstance(host, bytes) else host
    if not isinstance(name, str) or name in OWN_NAMES or name == "":
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return event in RESOLVING or address.is_loopback or address.is_unspecified


def pytest_configure() -> None:
    sys.addaudithook(refuse_foreign_addresses)
