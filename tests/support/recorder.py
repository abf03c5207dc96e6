"""What the sinks share: they keep what they get, and a test can wait for it instead of sleeping."""

import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")
Reply = TypeVar("Reply")

PATIENCE_SECONDS = 10.0


class Recorder(Generic[T]):
    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._items: list[T] = []

    def __call__(self) -> list[T]:
        """Returns everything that arrived, oldest first."""
        with self._changed:
            return list(self._items)

    def add(self, item: T) -> None:
        with self._changed:
            self._items.append(item)
            self._changed.notify_all()

    def clear(self) -> None:
        with self._changed:
            self._items.clear()

    def wait_for(self, count: int, seconds: float = PATIENCE_SECONDS) -> list[T]:
        """Returns what arrived as soon as that are `count` items; fails when they do not come in time."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._items) >= count, seconds):
                raise AssertionError(f"{len(self._items)} of {count} arrived within {seconds:g} s")
            return list(self._items)


class Script(Generic[Reply]):
    """What to answer: each scripted reply once and in order, then always the last word."""

    def __init__(self, last_word: Reply) -> None:
        self._lock = threading.Lock()
        self._next: deque[Reply] = deque()
        self._last_word = last_word

    def set(self, *replies: Reply, then: Reply) -> None:
        with self._lock:
            self._next = deque(replies)
            self._last_word = then

    def take(self) -> Reply:
        with self._lock:
            return self._next.popleft() if self._next else self._last_word
