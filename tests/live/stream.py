"""A reader of server-sent events over a real connection."""

import http.client
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

PATIENCE = 10.0


class Stream:
    """An open stream. ``next()`` returns (event, id, data) as soon as it has come."""

    def __init__(self, address: str, path: str, headers: dict[str, str] | None = None) -> None:
        where = urlsplit(address)
        self.connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=PATIENCE)
        self.connection.request("GET", path, headers=headers or {})
        self.response = self.connection.getresponse()
        self.status = self.response.status
        self.headers = self.response.headers

    def next(self, event: str = "") -> tuple[str, str, Any]:
        """The next message, or the next of this kind. Comments and ``retry`` are passed over."""
        fields: dict[str, str] = {}
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            line = self.response.readline().decode().rstrip("\n")
            if not line and "event" in fields and event in ("", fields["event"]):
                return fields["event"], fields["id"], json.loads(fields["data"])
            if not line:
                fields = {}
            name, _, value = line.partition(": ")
            fields[name] = value
        raise AssertionError("nothing came")

    def has_ended(self) -> bool:
        """Whether the server closes the stream within a few seconds."""
        try:
            while self.response.readline():
                pass
        except TimeoutError:
            return False
        return True

    def close(self) -> None:
        self.connection.sock and self.connection.sock.close()
        self.response.close()
        self.connection.close()


@contextmanager
def listening(address: str, path: str, headers: dict[str, str] | None = None) -> Iterator[Stream]:
    stream = Stream(address, path, headers)
    try:
        yield stream
    finally:
        stream.close()
