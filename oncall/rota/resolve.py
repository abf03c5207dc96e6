"""Who is on call when: the one pure function (semantics.md, "On-call"; R52). No database, no clock.

The calendar, its preview, the escalation, the gap check and the reports all ask here and nowhere else. The
cost is that of the shifts in the interval.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from common.businesstime import to_utc
from oncall.rota.rotation import Rotation
from oncall.rota.spec import Layer, Override, ScheduleSpec, Shift

Span = tuple[datetime, datetime]
LOOK_AHEAD = timedelta(days=35)


@dataclass(frozen=True, slots=True)
class _Part:
    """Somebody's time in one layer."""

    start: datetime
    end: datetime
    user_id: int
    source: str
    rank: tuple[int, int]  # priority, then the layer's place: orders people who are on call together


def resolve(spec: ScheduleSpec, start: datetime, end: datetime) -> list[Shift]:
    """Return the shifts of an interval, clipped to it, in the order of their start; times are UTC.

    At each instant there is at least one: a gap is a shift of nobody. People who are on call together have
    shifts that overlap. A person's shift ends when somebody else takes over or the reason changes, not at a
    hand-off to themselves.

    A place held by nobody is a hole in its layer: lower layers show through it. A person who leaves during
    their turn is followed by the next in order. Overrides apply in the order in which they were made, on top
    of all layers.
    """
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    if end <= start:
        return []
    parts = [
        part
        for place, layer in enumerate(spec.layers)
        for part in _layer(layer, place, spec.zone, start, end)
    ]
    overrides = [o for o in spec.overrides if o.starts_at < end and o.ends_at > start]
    pieces = _pieces(parts, overrides, start, end)
    return sorted(_merge(pieces), key=lambda shift: shift.start)


def who(spec: ScheduleSpec, at: datetime, *, ahead: timedelta = LOOK_AHEAD) -> list[Shift]:
    """Return the shifts that are running at an instant, the first in order first; [] when nobody is on call.

    They start at ``at``; an end that lies ``ahead`` or further is cut there.
    """
    at = at.astimezone(UTC)
    return [s for s in resolve(spec, at, at + ahead) if s.start == at and s.user_id is not None]


def gaps(spec: ScheduleSpec, start: datetime, end: datetime) -> list[Shift]:
    """Return the parts of an interval in which nobody is on call."""
    return [shift for shift in resolve(spec, start, end) if shift.user_id is None]


def _layer(layer: Layer, place: int, zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[_Part]:
    """Yield a layer's parts within the interval, its effective time and its weekly windows."""
    start = max(start, layer.effective_from.astimezone(UTC))
    end = min(end, layer.effective_until.astimezone(UTC)) if layer.effective_until else end
    if start >= end:
        return
    windows = _windows(layer, zone, start, end) if layer.windows else [(start, end)]
    source, rank = f"layer {layer.name}", (-layer.priority, place)
    closings = [closes for _, closes in windows]
    for a, b, user in _people(layer, zone, start, end):
        for opens, closes in windows[bisect_right(closings, a) :]:
            if opens >= b:
                break
            yield _Part(max(a, opens), min(b, closes), user, source, rank)


def _people(
    layer: Layer, zone: ZoneInfo, start: datetime, end: datetime
) -> list[tuple[datetime, datetime, int]]:
    spans: Iterator[tuple[datetime, datetime, int | None]]
    if layer.mode == "everyone":
        spans = ((max(start, m.since or start), min(end, m.until or end), m.user_id) for m in layer.members)
    else:
        spans = Rotation(layer, zone).turns(start, end)
    return [
        (a.astimezone(UTC), b.astimezone(UTC), user) for a, b, user in spans if user is not None and a < b
    ]


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
    points.update(min(max(instant, start), end) for o in overrides for instant in (o.starts_at, o.ends_at))
    instants = sorted(instant.astimezone(UTC) for instant in points)
    waiting = sorted(parts, key=lambda part: part.start, reverse=True)
    running: list[_Part] = []
    for begin, finish in pairwise(instants):
        running = [part for part in running if part.end > begin]
        while waiting and waiting[-1].start <= begin:
            running.append(waiting.pop())
        people = _on_top(running)
        for override in overrides:
            if override.starts_at <= begin < override.ends_at:
                people = _overridden(people, override)
        if not people:
            yield Shift(begin, finish, None)
        for user_id, source in people.items():
            yield Shift(begin, finish, user_id, source)


def _on_top(running: list[_Part]) -> dict[int, str]:
    """Return who is on call by the layers, and why: those of the highest priority, each person once."""
    people: dict[int, str] = {}
    top = min((part.rank[0] for part in running), default=0)
    for part in sorted(running, key=lambda part: part.rank):
        if part.rank[0] == top:
            people.setdefault(part.user_id, part.source)
    return people


def _overridden(people: dict[int, str], override: Override) -> dict[int, str]:
    """Return who is on call after an override."""
    source = f"override: {override.reason}" if override.reason else "override"
    match override.kind:
        case "remove":
            return {user: why for user, why in people.items() if user != override.user_id}
        case "add":
            return people | {override.user_id: people.get(override.user_id, source)}
    if override.replaces is None:
        return {override.user_id: source}
    if override.replaces not in people:
        return people
    changed = [
        (override.user_id, source) if user == override.replaces else (user, why)
        for user, why in people.items()
    ]
    return dict(changed)


def _merge(pieces: Iterator[Shift]) -> Iterator[Shift]:
    """Yield shifts of which no two of the same person and reason touch."""
    open_shifts: dict[tuple[int | None, str], Shift] = {}
    for piece in pieces:
        key = piece.user_id, piece.source
        before = open_shifts.get(key)
        if before is not None and before.end == piece.start:
            open_shifts[key] = replace(before, end=piece.end)
            continue
        if before is not None:
            yield before
        open_shifts[key] = piece
    yield from open_shifts.values()
