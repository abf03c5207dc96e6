"""The shifts of a feed, each with an identity that survives edits (wire-formats.md, C7)."""

import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from oncall.models import Override, Schedule
from oncall.rota import ScheduleSpec, Shift, load_specs, resolve

BACK = timedelta(days=30)
AHEAD = timedelta(days=365)
# A shift that began longer ago than this before the feed's first day counts as one that was always there.
_LOOK_BACK = timedelta(days=92)


@dataclass(frozen=True, slots=True)
class FeedShift:
    """A shift in a feed. ``uid`` is stable; ``is_cut`` says that it goes on after the feed's last day."""

    uid: str
    schedule: Schedule
    user_id: int
    start: datetime
    end: datetime
    source: str
    is_cut: bool


def window(now: datetime) -> tuple[datetime, datetime]:
    """Return the first and the last instant of a feed: whole UTC days, so that it stays the same for a day."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - BACK, today + AHEAD


def feed_shifts(schedules: list[Schedule], now: datetime, *, user_id: int | None = None) -> list[FeedShift]:
    """Return the shifts of these schedules, of one person or of everybody, in the order of their start."""
    start, end = window(now)
    anchor = _anchor(start)
    specs = load_specs([schedule.pk for schedule in schedules], anchor, end)
    overrides = _overrides(specs, anchor, end)
    found = [
        shift
        for schedule in schedules
        if schedule.pk in specs
        for shift in _of_schedule(schedule, specs[schedule.pk], overrides.get(schedule.pk, []), anchor, end)
        if shift.end > start and user_id in (None, shift.user_id)
    ]
    return sorted(found, key=lambda shift: (shift.start, shift.uid))


def _anchor(start: datetime) -> datetime:
    """Return from when shifts are resolved: a day that moves twice a year only, so that clipping moves no start."""
    before = start - _LOOK_BACK
    return before.replace(month=1 if before.month < 7 else 7, day=1)


def _overrides(specs: dict[int, ScheduleSpec], start: datetime, end: datetime) -> dict[int, list[Override]]:
    rows = Override.objects.filter(schedule__in=specs, starts_at__lt=end, ends_at__gt=start)
    by_schedule: dict[int, list[Override]] = {}
    for row in rows.exclude(kind=Override.Kind.REMOVE).order_by("pk"):
        by_schedule.setdefault(row.schedule_id, []).append(row)
    return by_schedule


def _of_schedule(
    schedule: Schedule, spec: ScheduleSpec, overrides: list[Override], anchor: datetime, end: datetime
) -> Iterator[FeedShift]:
    """Yield a schedule's shifts. What an override cuts in two keeps the identity of the turn for its first part."""
    turns = _Turns(resolve(replace(spec, overrides=()), anchor, end), overrides, anchor)
    pieces: Counter[str] = Counter()
    for shift in resolve(spec, anchor, end):
        if shift.user_id is None:
            continue
        of_turn = f"{schedule.pk}/{shift.user_id}/{turns.name(shift)}"
        pieces[of_turn] += 1
        uid = hashlib.sha256(f"{of_turn}/{pieces[of_turn]}".encode()).hexdigest()[:32]
        yield FeedShift(uid, schedule, shift.user_id, shift.start, shift.end, shift.source, shift.end >= end)


class _Turns:
    """What a shift is a part of: a turn of the rota, which no override moves, or else an override."""

    def __init__(self, turns: list[Shift], overrides: list[Override], anchor: datetime) -> None:
        self.anchor, self.overrides = anchor, overrides
        self.turns: dict[int | None, list[Shift]] = {}
        for turn in turns:
            self.turns.setdefault(turn.user_id, []).append(turn)

    def name(self, shift: Shift) -> str:
        """Return what stays the same while the shift's ends are moved."""
        if not shift.source.startswith("layer "):
            for row in reversed(self.overrides):
                if row.user_id == shift.user_id and row.starts_at <= shift.start < row.ends_at:
                    return f"override {row.pk}"
        turns = self.turns.get(shift.user_id, [])
        place = bisect_right(turns, shift.start, key=lambda turn: turn.start) - 1
        if place >= 0 and shift.start < turns[place].end:
            start = turns[place].start
            return "always" if start <= self.anchor else f"{start:%Y%m%dT%H%M%SZ}"
        return f"{shift.start:%Y%m%dT%H%M%SZ}"
