"""The one place that asks what time it is, so that tests can freeze it and a story can be told from the past."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.utils import timezone

_pretended: ContextVar[datetime | None] = ContextVar("pretended", default=None)


def now() -> datetime:
    """Return the current instant, aware, in UTC."""
    return _pretended.get() or timezone.now()


@contextmanager
def at(instant: datetime) -> Iterator[None]:
    """Run a block as if it were ``instant`` (in this thread only): the demo's history is made by real actions."""
    token = _pretended.set(instant)
    try:
        yield
    finally:
        _pretended.reset(token)
