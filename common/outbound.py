"""The one way to call an address that somebody typed (security.md, "Outbound requests").

The name is resolved once; every address it has must be public; the connection goes to the address that was checked,
with the name's own TLS identity, so that a second answer of the name server changes nothing. No redirects; at most
64 KiB and 5 seconds in all, unless the caller says otherwise.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
MAX_BODY = 64 * 1024
SECONDS = 5.0
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}
_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
_COMPATIBLE = ipaddress.IPv6Network("::/96")


class OutboundRefused(Exception):
    """The request was not made: its address is not one that may be called. The sentence says why."""


class OutboundFailed(Exception):
    """The request was made or tried, and there is no usable answer. It may have arrived."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. ``headers`` have lower-case names; ``body`` is as it was sent, not unpacked."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def request(
    method: str,
    url: str,
    *,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
    limit: int = MAX_BODY,
) -> Answer:
    """Call ``url`` and return the answer, whatever its status; a redirect is an answer like any other.

    ``limit`` is the most bytes that the body of the answer may have.

    Raises ``OutboundRefused`` for an address that may not be called, ``OutboundFailed`` when nothing usable came back
    in ``seconds``.
    """
    if method not in _METHODS:
        raise OutboundRefused(f"{method} is not a method that is used here.")
    parts = _checked(url)
    addresses = resolve(str(parts.hostname), _port(parts))
    try:
        with _time_limit(_connection(parts, addresses[0], seconds), seconds) as connection:
            return _exchange(connection, method, parts, body, headers or {}, limit)
    except (OSError, http.client.HTTPException) as error:
        raise OutboundFailed(f"No usable answer: {error or type(error).__name__}") from error


def resolve(host: str, port: int) -> list[Address]:
    """Return the addresses of a name, all of which may be called. Raises ``OutboundRefused`` or ``OutboundFailed``."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise OutboundFailed(f"{host} has no address: {error}") from error
    addresses = list(dict.fromkeys(_parse(str(row[4][0])) for row in found))
    for address in addresses:
        if not is_allowed(address):
            raise OutboundRefused(f"{host} is not a public address.")
    if not addresses:
        raise OutboundFailed(f"{host} has no address.")
    return addresses


def is_allowed(address: Address) -> bool:
    """Return whether an address may be called: public, also where IPv4 hides inside IPv6.

    ``ALLOWED_PRIVATE_NETWORKS`` names networks that an admin has allowed besides.
    """
    inner = unwrap(address)
    if any(_is_in(inner, network) for network in settings.ALLOWED_PRIVATE_NETWORKS):
        return True
    return inner.is_global and not inner.is_multicast and not address.is_multicast


def unwrap(address: Address) -> Address:
    """Return the IPv4 address inside a mapped, compatible, 6to4, Teredo or NAT64 one; any other as it is."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address.sixtofour:
        return address.sixtofour
    if address.teredo:
        return address.teredo[1]
    embedded = any(address in network for network in _NAT64)
    if embedded or (address in _COMPATIBLE and int(address) > 0xFFFF):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _is_in(address: Address, network: str) -> bool:
    return address in ipaddress.ip_network(network, strict=False)


def _parse(text: str) -> Address:
    return ipaddress.ip_address(text.partition("%")[0])


def _checked(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise OutboundRefused("This is not an address.") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise OutboundRefused("Only http:// and https:// addresses can be called.")
    if parts.username or parts.password:
        raise OutboundRefused("An address must not contain a user name or a password.")
    if port == 0 or any(character < "!" for character in url):
        raise OutboundRefused("This is not an address.")
    return parts


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _connection(parts: SplitResult, address: Address, seconds: float) -> "_PinnedHttp | _PinnedHttps":
    """Return a connection that will go to ``address`` while everything else is about the name."""
    host, port = str(parts.hostname), _port(parts)
    if parts.scheme == "https":
        return _PinnedHttps(host, port, str(address), timeout=seconds, context=ssl.create_default_context())
    return _PinnedHttp(host, port, str(address), timeout=seconds)


class _PinnedHttp(http.client.HTTPConnection):
    line: socket.socket | None = None  # kept, since http.client forgets its socket once an answer has begun

    def __init__(self, host: str, port: int, address: str, *, timeout: float) -> None:
        super().__init__(host, port, timeout=timeout)
        self._address = address

    def connect(self) -> None:
        self.sock = self.line = socket.create_connection((self._address, self.port), self.timeout)


class _PinnedHttps(http.client.HTTPSConnection):
    line: socket.socket | None = None

    def __init__(
        self, host: str, port: int, address: str, *, timeout: float, context: ssl.SSLContext
    ) -> None:
        super().__init__(host, port, timeout=timeout, context=context)
        self._address, self._tls = address, context

    def connect(self) -> None:
        self.line = socket.create_connection((self._address, self.port), self.timeout)
        self.sock = self.line = self._tls.wrap_socket(self.line, server_hostname=self.host)


@contextmanager
def _time_limit(
    connection: "_PinnedHttp | _PinnedHttps", seconds: float
) -> Iterator[http.client.HTTPConnection]:
    """Break the exchange off when the time is over, however the other side spreads its bytes."""
    over = threading.Event()

    def break_off() -> None:
        over.set()
        if connection.line is not None:
            with suppress(OSError):
                connection.line.shutdown(socket.SHUT_RDWR)

    watchdog = threading.Timer(seconds, break_off)
    watchdog.daemon = True
    watchdog.start()
    late = TimeoutError(f"not done after {seconds:g} s")
    try:
        yield connection
        if over.is_set():
            # What was read up to here looks like a whole answer when no length was given.
            raise late
    except (OSError, http.client.HTTPException) as error:
        if over.is_set():
            raise late from error  # a line that we cut looks as if the other side had hung up
        raise
    finally:
        watchdog.cancel()
        connection.close()
        if connection.line is not None:
            connection.line.close()


def _exchange(
    connection: http.client.HTTPConnection,
    method: str,
    parts: SplitResult,
    body: bytes,
    headers: Mapping[str, str],
    limit: int,
) -> Answer:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(
            method, target, body or None, {"User-Agent": "Allclear", "Connection": "close", **headers}
        )
    except (ValueError, UnicodeError) as error:
        raise OutboundRefused(f"This request cannot be sent: {error}") from error
    answer = connection.getresponse()
    read = answer.read(limit + 1)
    if len(read) > limit:
        raise OutboundFailed(f"The answer is larger than {limit // 1024} KiB.")
    if method != "HEAD" and answer.length:
        raise OutboundFailed("The answer broke off.")
    names = {name.lower(): value for name, value in answer.getheaders()}
    return Answer(answer.status, names, read)
