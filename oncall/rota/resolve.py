"""Who is on call when: the one pure function (semantics.md, "On-call"; R52). No database, no clock.

The calendar, its preview, the escalation, the gap check and the reports all ask here and nowhere else. The
cost is that of the shifts in the interval, and of the overrides that touch it.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from common.businesstime import to_utc
from oncall.rota.overriding import Running, overridden
from oncall.rota.rotation import Rotation
from oncall.rota.spec import Fixed, Layer, Override, ScheduleSpec, Shift

Span = tuple[datetime, datetime]
Turn = tuple[datetime, datetime, int | None]
LOOK_AHEAD = timedelta(days=35)
DAY = timedelta(days=1)
# Fixed schedules rank before layers, whose priority is at most 32,767.
_FIRST = -100_000


@dataclass(frozen=True, slots=True)
class _Part:
    """Somebody's time in one layer or fixed schedule; nobody's hides all that ranks below it."""

    start: datetime
    end: datetime
    user_id: int | None
    source: str
    rank: tuple[
        int, int
    ]  # what wins comes first, then the layer's place: orders people who are on call together


def resolve(spec: ScheduleSpec, start: datetime, end: datetime) -> list[Shift]:
    """Return the shifts of an interval, clipped to it, in the order of their start; times are UTC.

    At each instant there is at least one: a gap is a shift of nobody. People who are on call together have
    shifts that overlap. A person's shift ends when somebody else takes over or the reason changes, not at a
    hand-off to themselves.

    A place held by nobody is a hole in its layer: lower layers show through it. A person who leaves during
    their turn is followed by the next in order. A fixed schedule stands instead of all layers. Swaps apply on
    top of that, then overrides, each in the order in which they were made.
    """
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    if end <= start:
        return []
    parts = [
        part for place, layer in enumerate(spec.layers) for part in _layer(layer, place, spec, start, end)
    ]
    for place, fixed in enumerate(spec.fixed):
        parts += _fixed(fixed, place, start, end)
    overrides = [o for o in spec.overrides if o.starts_at < end and o.ends_at > start]
    overrides.sort(key=lambda override: override.origin != "swap")
    return _merge(_pieces(parts, overrides, start, end))


def who(spec: ScheduleSpec, at: datetime, *, ahead: timedelta = LOOK_AHEAD) -> list[Shift]:
    """Return the shifts that are running at an instant, the first in order first; [] when nobody is on call.

    They start at ``at``; an end that lies ``ahead`` or further is cut there.
    """
    at = at.astimezone(UTC)
    return [s for s in resolve(spec, at, at + ahead) if s.start == at and s.user_id is not None]


def gaps(spec: ScheduleSpec, start: datetime, end: datetime) -> list[Shift]:
    """Return the parts of an interval in which nobody is on call."""
    return [shift for shift in resolve(spec, start, end) if shift.user_id is None]


def _layer(layer: Layer, place: int, spec: ScheduleSpec, start: datetime, end: datetime) -> Iterator[_Part]:
    """Yield a layer's parts within the interval, its effective time, its weekly windows and its days."""
    start = max(start, layer.effective_from.astimezone(UTC))
    end = min(end, layer.effective_until.astimezone(UTC)) if layer.effective_until else end
    if start >= end:
        return
    open_spans = _windows(layer, spec.zone, start, end) if layer.windows else [(start, end)]
    if layer.holidays != "as_usual":
        days = _holidays(spec.holidays, spec.zone, start, end)
        open_spans = _common(open_spans, days if layer.holidays == "only" else _between(days, start, end))
    source, rank = f"layer {layer.name}", (-layer.priority, place)
    closings = [closes for _, closes in open_spans]
    for a, b, user in _people(layer, spec.zone, start, end):
        for opens, closes in open_spans[bisect_right(closings, a) :]:
            if opens >= b:
                break
            yield _Part(max(a, opens), min(b, closes), user, source, rank)


def _people(layer: Layer, zone: ZoneInfo, start: datetime, end: datetime) -> list[Turn]:
    """Return who has which part of an interval by a layer's order or calendar, whatever its windows are."""
    spans: Iterator[Turn]
    if layer.mode == "everyone":
        spans = ((m.since or start, m.until or end, m.user_id) for m in layer.members)
    elif layer.mode == "calendar":
        spans = ((given.starts_at, given.ends_at, given.user_id) for given in layer.shifts)
    else:
        spans = Rotation(layer, zone).turns(start, end)
    clipped = ((max(a.astimezone(UTC), start), min(b.astimezone(UTC), end), user) for a, b, user in spans)
    return [(a, b, user) for a, b, user in clipped if user is not None and a < b]


def _fixed(fixed: Fixed, place: int, start: datetime, end: datetime) -> Iterator[_Part]:
    """Yield the parts of a fixed schedule: nobody's over all of it, and what it says within."""
    start, end = max(start, fixed.starts_at.astimezone(UTC)), min(end, fixed.ends_at.astimezone(UTC))
    source, rank = f"fixed: {fixed.reason}" if fixed.reason else "fixed", _FIRST - place
    if start < end:
        yield _Part(start, end, None, "", (rank, -1))
    for number, given in enumerate(fixed.shifts):
        a, b = max(start, given.starts_at.astimezone(UTC)), min(end, given.ends_at.astimezone(UTC))
        if a < b:
            yield _Part(a, b, given.user_id, source, (rank, number))


def _holidays(days: frozenset[date], zone: ZoneInfo, start: datetime, end: datetime) -> list[Span]:
    """Return the local days among ``days``, each from its first instant to the next day's, in order."""
    spans = ((to_utc(day, time(), zone), to_utc(day + DAY, time(), zone)) for day in sorted(days))
    return [(a, b) for a, b in spans if a < end and b > start]


def _between(spans: list[Span], start: datetime, end: datetime) -> list[Span]:
    """Return what of an interval lies outside some spans."""
    edges = [start, *(instant for span in spans for instant in span), end]
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b]


def _common(some: list[Span], others: list[Span]) -> list[Span]:
    """Return what two lists of spans have in common; within each list spans are in order and apart."""
    closings, found = [closes for _, closes in others], []
    for opens, closes in some:
        for a, b in others[bisect_right(closings, opens) :]:
            if a >= closes:
                break
            found.append((max(a, opens), min(b, closes)))
    return found


def _windows(layer: Layer, zone: ZoneInfo, start: datetime, end: datetime) -> list[Span]:
    """Return the instants between which the weekly hours are open, in order and joined where they touch."""
    first, last = start.astimezone(zone).date() - timedelta(days=1), end.astimezone(zone).date()
    spans: list[Span] = []
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        for window in layer.windows:
            if window.weekday == day.weekday():
                closing_day = day if window.ends > window.starts else day + timedelta(days=1)
                opens = to_utc(day, window.starts, zone)
                spans.append((opens, to_utc(closing_day, window.ends, zone, end=True)))
    joined: list[Span] = []
    for opens, closes in sorted(spans):
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], closes))
        elif opens < closes:
            joined.append((opens, closes))
    return joined


def _pieces(parts: list[_Part], overrides: list[Override], start: datetime, end: datetime) -> Iterator[Shift]:
    """Yield shifts between any two instants at which something begins or ends."""
    points = {start, end}
    points.update(instant for part in parts for instant in (part.start, part.end))
    points.update(
        min(max(instant.astimezone(UTC), start), end)
        for o in overrides
        for instant in (o.starts_at, o.ends_at)
    )
    waiting = sorted(parts, key=lambda part: part.start, reverse=True)
    running: list[_Part] = []
    changes = Running(overrides)
    for begin, finish in pairwise(sorted(points)):
        running = [part for part in running if part.end > begin]
        while waiting and waiting[-1].start <= begin:
            running.append(waiting.pop())
        people = _on_top(running)
        for override in changes.at(begin):
            people = overridden(people, override)
        if not people:
            yield Shift(begin, finish, None)
        for user_id, source in people.items():
            yield Shift(begin, finish, user_id, source)


def _on_top(running: list[_Part]) -> dict[int, str]:
    """Return who is on call before any override, and why: those who rank first, each person once."""
    people: dict[int, str] = {}
    top = min((part.rank[0] for part in running), default=0)
    for part in sorted(running, key=lambda part: part.rank):
        if part.rank[0] == top and part.user_id is not None:
            people.setdefault(part.user_id, part.source)
    return people


def _merge(pieces: Iterator[Shift]) -> list[Shift]:
    """Return shifts of which no two of the same person and reason touch, in order; who began together stays so."""
    shifts: list[Shift] = []
    places: dict[tuple[int | None, str], int] = {}
    for piece in pieces:
        key = piece.user_id, piece.source
        place = places.get(key)
        if place is not None and shifts[place].end == piece.start:
            shifts[place] = replace(shifts[place], end=piece.end)
        else:
            places[key] = len(shifts)
            shifts.append(piece)
    return shifts
