"""Arithmetic on business hours (semantics.md, "Time"). Pure: no database, no clock.

Wall times belong to a named zone; every boundary is converted to UTC before instants are compared or subtracted:
two aware datetimes that share a zone subtract as wall time and are an hour wrong across a clock change.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Span = tuple[time, time]
HORIZON_DAYS = 400


class NeverOpen(ValueError):
    """The calendar has no open time within ``HORIZON_DAYS``."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Weekly opening hours in a zone. ``exceptions`` replaces a date's hours; an empty tuple closes that date.

    ``weekly`` maps a weekday (Monday is 0) to its spans; a span that ends at 00:00 lasts to the end of the day.
    """

    zone: ZoneInfo
    weekly: Mapping[int, tuple[Span, ...]]
    exceptions: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)

    def spans(self, day: date) -> tuple[Span, ...]:
        """Return the opening spans of a local date, in order."""
        if day in self.exceptions:
            return self.exceptions[day]
        return self.weekly.get(day.weekday(), ())


ALWAYS = Calendar(ZoneInfo("UTC"), {n: ((time(0), time(0)),) for n in range(7)})


def to_utc(day: date, wall: time, zone: ZoneInfo, *, end: bool = False) -> datetime:
    """Return the UTC instant of a wall time. A repeated wall time is its first occurrence, as an ``end`` its last;

    a wall time that does not exist is the first instant after the gap.
    """
    local = datetime.combine(day, wall, tzinfo=zone)
    early, late = local.replace(fold=0).astimezone(UTC), local.replace(fold=1).astimezone(UTC)
    if early.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        return _after_gap(early, late, zone)
    return max(early, late) if end else min(early, late)


def _after_gap(one: datetime, other: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant at which the zone's offset changes between two UTC instants, to the second."""
    low, high = min(one, other), max(one, other)
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def open_intervals(
    calendar: Calendar, start: datetime, *, days: int = HORIZON_DAYS
) -> Iterator[tuple[datetime, datetime]]:
    """Yield (opens, closes) in UTC, in order, for the local dates from ``start``'s; the first may begin before it."""
    first = start.astimezone(calendar.zone).date()
    for offset in range(days):
        day = first + timedelta(days=offset)
        for opens, closes in calendar.spans(day):
            last_day = day + timedelta(days=1) if closes <= opens else day
            opened, closed = (
                to_utc(day, opens, calendar.zone),
                to_utc(last_day, closes, calendar.zone, end=True),
            )
            if closed > start and closed > opened:
                yield opened, closed


def is_open(calendar: Calendar, instant: datetime) -> bool:
    """Return whether the calendar is open at ``instant``."""
    start = instant - timedelta(days=1)
    return any(a <= instant < b for a, b in open_intervals(calendar, start, days=3))


def next_open(calendar: Calendar, instant: datetime) -> datetime:
    """Return ``instant`` if the calendar is open, else its next opening (UTC). Raises ``NeverOpen``."""
    for opened, closed in open_intervals(calendar, instant):
        if closed > instant:
            return max(opened, instant)
    raise NeverOpen


def add_business(calendar: Calendar, start: datetime, amount: timedelta) -> datetime:
    """Return the UTC instant at which ``amount`` of open time has passed since ``start``. Raises ``NeverOpen``."""
    left, start = amount, start.astimezone(UTC)
    for opened, closed in open_intervals(calendar, start):
        begin = max(opened, start)
        if closed - begin >= left:
            return begin + left
        left -= closed - begin
    raise NeverOpen


def business_between(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """Return how much open time lies between two instants."""
    start, end, total = start.astimezone(UTC), end.astimezone(UTC), timedelta()
    days = (end.date() - start.date()).days + 3
    for opened, closed in open_intervals(calendar, start, days=max(days, 1)):
        if opened >= end:
            break
        total += min(closed, end) - max(opened, start)
    return total


def next_business_day(calendar: Calendar, instant: datetime) -> tuple[datetime, datetime]:
    """Return (opening, closing) in UTC of the first business day whose local date is after ``instant``'s."""
    tomorrow = instant.astimezone(calendar.zone).date() + timedelta(days=1)
    return business_day_on_or_after(calendar, tomorrow)


def business_day_on_or_after(calendar: Calendar, day: date) -> tuple[datetime, datetime]:
    """Return (first opening, last closing) in UTC of the first local date from ``day`` on that has open time."""
    for offset in range(HORIZON_DAYS):
        candidate = day + timedelta(days=offset)
        spans = calendar.spans(candidate)
        if spans:
            last = candidate + timedelta(days=1) if spans[-1][1] <= spans[-1][0] else candidate
            return to_utc(candidate, spans[0][0], calendar.zone), to_utc(
                last, spans[-1][1], calendar.zone, end=True
            )
    raise NeverOpen


REVIEW_CUTOFF = timedelta(hours=1)


def next_weekly_review(
    calendar: Calendar, instant: datetime, *, weekday: int = 0, at: time = time(10)
) -> datetime:
    """Return the UTC instant of the next weekly review whose agenda is still open (its cut-off is one hour before).

    A review that falls on a closed day moves to the next business day, at the same wall time.
    """
    local = instant.astimezone(calendar.zone).date()
    day = local - timedelta(days=(local.weekday() - weekday) % 7)
    return _next_review(calendar, instant, (day + timedelta(weeks=n) for n in range(HORIZON_DAYS // 7)), at)


def next_monthly_review(calendar: Calendar, instant: datetime, *, at: time = time(10)) -> datetime:
    """Return the UTC instant of the next review on a month's first business day whose agenda is still open."""
    local = instant.astimezone(calendar.zone).date()
    months = (
        date(local.year + (local.month - 1 + n) // 12, (local.month - 1 + n) % 12 + 1, 1) for n in range(14)
    )
    return _next_review(calendar, instant, months, at)


def _next_review(calendar: Calendar, instant: datetime, days: Iterator[date], at: time) -> datetime:
    for day in days:
        opening, _ = business_day_on_or_after(calendar, day)
        review = to_utc(opening.astimezone(calendar.zone).date(), at, calendar.zone)
        if review - REVIEW_CUTOFF >= instant:
            return review
    raise NeverOpen
