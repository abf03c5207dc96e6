import socket

import pytest

from scripts.check_port import fault


def test_a_free_port_is_no_fault() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert fault(str(port)) is None


def test_a_taken_port_is_said_to_be_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert fault(str(port)) == (
            f"Port {port} is taken by another program. Choose another: make run PORT={port + 1}"
        )


@pytest.mark.parametrize("text", ["", "0", "65536", "-1", "http"])
def test_what_is_no_port_is_said_not_to_be_one(text: str) -> None:
    assert "must be a number from 1 to 65535" in str(fault(text))
