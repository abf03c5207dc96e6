"""A real web server that keeps the requests it gets, and fails as it is told.

def test_retry_after_is_honoured(http_sink):
    http_sink.answer(HttpReply(429, headers={"Retry-After": "7"}), then=OK)
    ...
    first, second = http_sink.requests()
"""

import contextlib
import json
import os
import socket
import struct
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.support.recorder import Recorder, Script


@dataclass(frozen=True)
class Request:
    """One request, and when it came (time.time()). Header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    arrived: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class HttpReply:
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0
    hang: bool = False
    reset: bool = False


OK = HttpReply()
HANG = HttpReply(hang=True)
# The request is kept, but the client never learns of it: the outcome nobody can know.
RESET = HttpReply(reset=True)


class HttpSink:
    """Use it as a context manager; `url` says where it listens."""

    def __init__(self) -> None:
        self.requests: Recorder[Request] = Recorder()
        self._script = Script(OK)
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler_class())
        self._server.daemon_threads = True
        # Returning from close() must not wait for the requests that hang.
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, *replies: HttpReply, then: HttpReply = OK) -> None:
        """Gives the next requests these replies in turn, and every later one `then`."""
        self._script.set(*replies, then=then)

    def __enter__(self) -> "HttpSink":
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler_class(self) -> type[BaseHTTPRequestHandler]:
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                sink._handle(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Says nothing: the requests are kept."""

        return Handler

    def _handle(self, handler: BaseHTTPRequestHandler) -> None:
        reply = self._script.take()
        self.requests.add(_request(handler))
        if reply.hang or reply.delay:
            self._closing.wait(None if reply.hang else reply.delay)
        if reply.reset or reply.hang:
            _reset(handler)
        else:
            _send(handler, reply)


def _request(handler: BaseHTTPRequestHandler) -> Request:
    headers = {name.lower(): value for name, value in handler.headers.items()}
    body = handler.rfile.read(int(headers.get("content-length", 0)))
    return Request(handler.command, handler.path, headers, body, time.time())


def _send(handler: BaseHTTPRequestHandler, reply: HttpReply) -> None:
    with contextlib.suppress(ConnectionError):  # the client was tired of waiting
        handler.send_response(reply.status)
        for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(reply.body)


def _reset(handler: BaseHTTPRequestHandler) -> None:
    """Lets the client see "connection reset by peer", not an orderly end."""
    handler.close_connection = True
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(handler.connection.detach())


@pytest.fixture
def http_sink() -> Iterator[HttpSink]:
    """A running web server on loopback."""
    with HttpSink() as sink:
        yield sink
