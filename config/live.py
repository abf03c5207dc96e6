"""The live streams' ASGI application: it answers ``/live/…`` in front of Django's stack.

    GET /live/incident/<ticket>   server-sent events of one incident
    GET /live/now/<ticket>        server-sent events of the start page
    GET /live/poll/<ticket>       the same as JSON, 204 when there is nothing new: for networks that break streams

A plain generator view would hold a worker for each open page (docs/explanation/live-updates.md has the figures).
"""

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any, cast
from urllib.parse import parse_qs

from config.hub import END, Hub, Message, Subscriber, hub
from incidents import live

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

PREFIX = "/live/"
HEARTBEAT = 15.0  # seconds of silence after which a comment shows proxies and browsers that the line is open
LONGEST = 600.0  # seconds after which a stream ends by itself, so that a deploy never waits for one
PATIENCE = 5.0  # seconds that the database may take to admit somebody
MOST = 5_000  # open streams per process
_HEADERS = [
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
]


class Live:
    """Serves ``/live/…`` itself and hands everything else to ``app``."""

    def __init__(self, app: Asgi, hub: Hub = hub) -> None:
        self.app = app
        self.hub = hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self.app(scope, receive, send)
            return
        kind, _, token = scope["path"][len(PREFIX) :].partition("/")
        ticket = live.read(token) if kind in ("incident", "now", "poll") else None
        if kind not in ("incident", "now", "poll"):
            await _answer(send, 404)
        elif scope["method"] != "GET":
            await _answer(send, 405, headers=[(b"allow", b"GET")])
        elif ticket is None or not _fits(kind, ticket):
            await _answer(send, 403)
        elif len(self.hub) >= MOST:
            await _answer(send, 503, headers=[(b"retry-after", b"30")])
        elif kind == "poll":
            await self._poll(scope, receive, send, ticket)
        else:
            await self._stream(scope, receive, send, ticket)

    async def _admit(self, scope: Scope, send: Send, ticket: live.Ticket) -> Subscriber | None:
        """Return the subscriber, or answer 403 (may not look) or 503 (the database does not answer) and return None."""
        subscriber = self.hub.join(ticket, _after(scope))
        try:
            admitted = await asyncio.wait_for(asyncio.shield(subscriber.admission), PATIENCE)
        except TimeoutError:
            status = 503
        else:
            if admitted:
                return subscriber
            status = 403
        self.hub.leave(subscriber)
        await _answer(send, status)
        return None

    async def _stream(self, scope: Scope, receive: Receive, send: Send, ticket: live.Ticket) -> None:
        subscriber = await self._admit(scope, send, ticket)
        if subscriber is None:
            return
        hanging_up = asyncio.create_task(_hang_up(receive, subscriber))
        try:
            headers = [(b"content-type", b"text/event-stream; charset=utf-8"), *_HEADERS]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await _write(send, f"retry: {random.randint(1000, 3000)}\n\n")  # noqa: S311 – spreads reconnections
            await _pump(send, subscriber)
            await send({"type": "http.response.body", "body": b""})
        finally:
            hanging_up.cancel()
            self.hub.leave(subscriber)

    async def _poll(self, scope: Scope, receive: Receive, send: Send, ticket: live.Ticket) -> None:
        subscriber = await self._admit(scope, send, ticket)
        if subscriber is None:
            return
        try:
            # What was missed was offered before the admission was answered: it is in the queue by now.
            messages = _drain(subscriber)
        finally:
            self.hub.leave(subscriber)
        if not messages:
            await _answer(send, 204)
            return
        body = [{"event": m.event, "id": m.id, **m.data} for m in messages if m is not END]
        await _answer(send, 200, json.dumps(body).encode(), [(b"content-type", b"application/json")])


def _fits(kind: str, ticket: live.Ticket) -> bool:
    return kind == "poll" or (kind == "incident") == bool(ticket.incident)


def _after(scope: Scope) -> str:
    """Return the last message the browser has: Last-Event-ID on reconnection, else what the page was made with."""
    for name, value in cast(list[tuple[bytes, bytes]], scope["headers"]):
        if name == b"last-event-id":
            return value.decode("latin-1")[:64]
    text: str = scope["query_string"].decode("latin-1")
    query = parse_qs(text)
    return query.get("after", [""])[-1][:64]


async def _pump(send: Send, subscriber: Subscriber) -> None:
    """Write messages until the stream is told to end, is too slow, or is old enough."""
    ends = time.monotonic() + LONGEST * random.uniform(0.9, 1.1)  # noqa: S311 – so that not all end at once
    while (left := ends - time.monotonic()) > 0 and not subscriber.is_full:
        try:
            first = await asyncio.wait_for(subscriber.queue.get(), min(HEARTBEAT, left))
        except TimeoutError:
            await _write(send, ": still here\n\n")
            continue
        messages = [first, *_drain(subscriber)]
        ended = END in messages
        text = "".join(_sse(m) for m in messages if m is not END)
        if text:
            await _write(send, text)
        if ended:
            return


def _drain(subscriber: Subscriber) -> list[Message]:
    messages = []
    with suppress(asyncio.QueueEmpty):
        while True:
            messages.append(subscriber.queue.get_nowait())
    return messages


async def _hang_up(receive: Receive, subscriber: Subscriber) -> None:
    """End the stream when the browser goes away."""
    while (await receive())["type"] != "http.disconnect":
        pass
    subscriber.is_full = True
    with suppress(asyncio.QueueFull):
        subscriber.queue.put_nowait(END)


def _sse(message: Message) -> str:
    return f"id: {message.id}\nevent: {message.event}\ndata: {json.dumps(message.data)}\n\n"


async def _write(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _answer(
    send: Send, status: int, body: bytes = b"", headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send(
        {"type": "http.response.start", "status": status, "headers": [*_HEADERS, *(headers or []), length]}
    )
    await send({"type": "http.response.body", "body": body})
