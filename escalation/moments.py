"""Instants as people write them: a wall time of a zone, past or future, on days with a clock change too."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_aware

from common.businesstime import to_utc

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
NOT_AN_INSTANT = "Write a date and a time like 2026-03-28T03:00, or an instant like 2026-03-28T03:00Z."
OUT_OF_RANGE = "Choose a time between the years 2000 and 2100."
SATURDAY, CHRISTMAS = 5, (12, 25)
NIGHT, MIDDAY = time(3), time(12)
# A query turns the plus sign of an offset into a space.
LOST_PLUS = re.compile(r" (?=\d\d:?\d\d$)")


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant (UTC). ``note`` says what a clock change made of the wall time; ``other`` is its second occurrence."""

    instant: datetime
    note: str = ""
    other: datetime | None = None


def read(text: str, zone: ZoneInfo) -> Moment:
    """Return the instant of a wall time in a zone, or of an instant that names its offset.

    A wall time that its day skips is the first instant after the gap; one that comes twice is the first (semantics.md,
    "Time"). Raises ``ValueError`` with a sentence.
    """
    found = _parsed(text.strip())
    if not EARLIEST.year <= found.year <= LATEST.year:
        raise ValueError(OUT_OF_RANGE)
    moment = Moment(found.astimezone(UTC)) if is_aware(found) else _on_the_wall(found, zone)
    if not EARLIEST <= moment.instant <= LATEST:
        raise ValueError(OUT_OF_RANGE)
    return moment


def _parsed(text: str) -> datetime:
    for candidate in (text, LOST_PLUS.sub("+", text)):
        try:
            found = parse_datetime(candidate)
        except ValueError:
            found = None
        if found is not None and (found.time() != time() or ":" in candidate):
            return found
    raise ValueError(NOT_AN_INSTANT)


def _on_the_wall(wall: datetime, zone: ZoneInfo) -> Moment:
    first = to_utc(wall.date(), wall.time(), zone)
    last = to_utc(wall.date(), wall.time(), zone, end=True)
    local = first.astimezone(zone)
    asked, day = f"{wall:%H:%M}", f"{local:%a} {local.day} {local:%b %Y}"
    if local.replace(tzinfo=None) != wall:
        gone = f"{asked} does not exist on {day} in {zone.key}: the clocks go forward."
        return Moment(first, f"{gone} This is the first instant after, {_named(local)}.")
    if last != first:
        note = f"{asked} comes twice on {day} in {zone.key}: the clocks go back. This is the first, {_named(local)}."
        return Moment(first, note, other=last)
    return Moment(first)


def _named(local: datetime) -> str:
    return f"{local:%H:%M} {local.tzname()}"


# ---- what people ask for most ----

PICKS = {
    "now": "Now",
    "night": "Tonight 03:00",
    "saturday": "Saturday noon",
    "christmas": "25 December",
}


def picked(name: str, now: datetime, zone: ZoneInfo) -> datetime:
    """Return the next such instant (UTC) after ``now``, by the zone's wall clock. Raises ``KeyError``."""
    local = now.astimezone(zone)
    if name == "now":
        return now
    if name == "night":
        return _next([local.date() + timedelta(days=n) for n in range(3)], NIGHT, now, zone)
    if name == "saturday":
        days = [local.date() + timedelta(days=n) for n in range(15)]
        return _next([day for day in days if day.weekday() == SATURDAY], MIDDAY, now, zone)
    if name == "christmas":
        return _next([date(local.year + n, *CHRISTMAS) for n in range(3)], MIDDAY, now, zone)
    raise KeyError(name)


def _next(days: list[date], wall: time, now: datetime, zone: ZoneInfo) -> datetime:
    return next(instant for day in days if (instant := to_utc(day, wall, zone)) > now)
