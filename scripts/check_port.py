"""Says in one sentence why the server could not listen, before anything is prepared: check_port.py PORT"""

import errno
import socket
import sys


def fault(text: str) -> str | None:
    """Returns what is wrong with the port, or None."""
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        return f"PORT must be a number from 1 to 65535, and {text!r} is not."
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(text)))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return (
                    f"Port {text} is taken by another program. Choose another: make run PORT={int(text) + 1}"
                )
            return f"Port {text} cannot be used: {error.strerror}."
    return None


if __name__ == "__main__":
    sys.exit(fault(sys.argv[1]))
