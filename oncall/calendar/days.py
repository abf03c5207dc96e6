"""Local days of a zone: their instants, where the clocks change in them, and where an instant stands between them."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from common.businesstime import to_utc

DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ClockChange:
    """The clocks jump at ``at`` (UTC) from one wall time to another."""

    at: datetime
    before: datetime
    after: datetime

    @property
    def is_forward(self) -> bool:
        return self.after > self.before

    @property
    def words(self) -> str:
        """Return "clocks go forward 01:00 → 02:00"."""
        direction = "forward" if self.is_forward else "back"
        return f"clocks go {direction} {self.before:%H:%M} → {self.after:%H:%M}"


@dataclass(frozen=True, slots=True)
class LocalDay:
    """A date of a zone, from ``start`` (included) to ``end``, both UTC: 23, 24 or 25 hours and others."""

    date: date
    start: datetime
    end: datetime
    change: ClockChange | None = None

    @property
    def is_weekend(self) -> bool:
        return self.date.weekday() >= 5


@lru_cache(maxsize=128)  # the schedules of a page share their zones
def local_days(zone: ZoneInfo, first: date, count: int) -> tuple[LocalDay, ...]:
    """Return ``count`` days of a zone from ``first`` on."""
    midnights = [midnight(zone, first + n * DAY) for n in range(count + 1)]
    return tuple(
        LocalDay(first + n * DAY, start, end, _change(zone, start, end))
        for n, (start, end) in enumerate(pairwise(midnights))
    )


def midnight(zone: ZoneInfo, day: date) -> datetime:
    """Return the instant at which a local date begins (UTC): not always 00:00."""
    return to_utc(day, time(0), zone)


def clock_changes(zone: ZoneInfo, first: date, count: int) -> list[ClockChange]:
    """Return the clock changes of a zone within ``count`` days from ``first`` on."""
    return [day.change for day in local_days(zone, first, count) if day.change is not None]


def place(zone: ZoneInfo, first: date, instant: datetime, per_day: int) -> int:
    """Return before which of ``per_day`` equal parts of the days from ``first`` on an instant's wall time stands.

    It is the nearest one, so that what ends and what begins at an instant meet.
    """
    wall = instant.astimezone(zone).replace(tzinfo=None)
    return ((wall - datetime.combine(first, time(0))) * per_day + DAY / 2) // DAY


def _change(zone: ZoneInfo, start: datetime, end: datetime) -> ClockChange | None:
    """Return the clock change between two instants, to the minute; of several the first that makes a difference."""
    # A minute before midnight belongs to the day before, but a change at midnight is told on the day it begins.
    low, high = start - _MINUTE, end - _MINUTE
    offset = low.astimezone(zone).utcoffset()
    if high.astimezone(zone).utcoffset() == offset:
        return None
    while high - low > _MINUTE:
        middle = low + (high - low) // 2 // _MINUTE * _MINUTE
        if middle.astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    before = high + (offset or timedelta())  # what the clocks would show had they not jumped
    return ClockChange(high, before.replace(tzinfo=None), high.astimezone(zone).replace(tzinfo=None))
