"""Things that come due: the registry that the pager's clock sweeps (architecture.md, "The clock").

Each app lists its own in ``settings.DUE_SOURCES`` as a dotted path to a ``DueSource``. A source claims its rows by
conditional update, so any number of clocks may sweep at the same time and nothing is done twice.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DueSource:
    """A table with a due time.

    ``next_due()`` returns the earliest armed instant (UTC) or ``None``. ``sweep(now)`` handles what is due and returns
    how many rows it handled; one bad row must not stop the others.
    """

    name: str
    next_due: Callable[[], datetime | None]
    sweep: Callable[[datetime], int]


class Resting:
    """Rows that could not be handled, and until when they are left alone: a bad row must not fill log and loop."""

    LONGEST = timedelta(seconds=60)

    def __init__(self) -> None:
        self._rows: dict[int, tuple[int, datetime]] = {}

    def now(self, now: datetime) -> list[int]:
        """Return the keys of the rows that rest at ``now``; those whose time is long over are forgotten."""
        self._rows = {pk: row for pk, row in self._rows.items() if row[1] > now - self.LONGEST}
        return [pk for pk, (_, until) in self._rows.items() if until > now]

    def add(self, pk: int, now: datetime) -> None:
        """Let a row rest: two seconds, then four, up to a minute."""
        failures = min(self._rows.get(pk, (0, now))[0] + 1, 6)
        self._rows[pk] = (failures, now + min(timedelta(seconds=2**failures), self.LONGEST))


@cache
def sources() -> tuple[DueSource, ...]:
    """Return the registered sources in the order in which they are swept."""
    return tuple(import_string(path) for path in settings.DUE_SOURCES)


def sweep_all(now: datetime) -> dict[str, int]:
    """Sweep every source once; return how many rows each handled. A source that raises is logged and skipped."""
    handled: dict[str, int] = {}
    for source in sources():
        try:
            handled[source.name] = source.sweep(now)
        except Exception:
            logger.exception("due.sweep_failed", extra={"source": source.name})
            handled[source.name] = -1
    return handled


def next_due() -> datetime | None:
    """Return the earliest instant at which any source has something to do, in UTC, or ``None``."""
    instants = [instant for source in sources() if (instant := source.next_due()) is not None]
    return min(instants, default=None)
