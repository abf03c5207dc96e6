import socket

import pytest
import requests

from tests.support.network import NetworkUsedError, is_local


def test_a_connection_to_another_machine_is_an_error() -> None:
    with socket.socket() as client, pytest.raises(NetworkUsedError, match=r"192\.0\.2\.1"):
        client.connect(("192.0.2.1", 80))


def test_a_datagram_to_another_machine_is_an_error() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as client, pytest.raises(NetworkUsedError):
        client.sendto(b"", ("192.0.2.1", 53))


def test_a_name_is_not_looked_up() -> None:
    with pytest.raises(NetworkUsedError, match=r"status\.example"):
        requests.get("http://status.example/", timeout=1)


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(("localhost", server.getsockname()[1]))
        taken, _ = server.accept()
        with client, taken:
            assert taken.getpeername() == client.getsockname()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", "", None, b"127.0.0.1"])
def test_hosts_that_are_this_machine(host: object) -> None:
    assert is_local(host, "socket.connect")


@pytest.mark.parametrize("host", ["10.0.0.1", "169.254.169.254", "fe80::1%eth0", "localhost.example"])
def test_hosts_that_are_not_this_machine(host: object) -> None:
    assert not is_local(host, "socket.connect")
