"""The one place that asks what time it is, so that tests can freeze it and a story can be told from the past."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta

from django.utils import timezone

# When something is due: an instant, or how long from now. A form sends the latter, so that the same form sent twice
# is the same request (accounts.write.action).
When = datetime | timedelta

_pretended: ContextVar[datetime | None] = ContextVar("pretended", default=None)


def now() -> datetime:
    """Return the current instant, aware, in UTC."""
    return _pretended.get() or timezone.now()


def instant(when: When) -> datetime:
    """Return the instant that ``when`` means, counted from now if it is a length of time."""
    return now() + when if isinstance(when, timedelta) else when


@contextmanager
def at(instant: datetime) -> Iterator[None]:
    """Run a block as if it were ``instant`` (in this thread only): the demo's history is made by real actions."""
    token = _pretended.set(instant)
    try:
        yield
    finally:
        _pretended.reset(token)
