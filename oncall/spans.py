"""What a rota says of one person, and how it changes when something is put in. Pure, like ``oncall.rota``."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from common import instants
from oncall.models import Override
from oncall.rota import ScheduleSpec, Shift, resolve
from oncall.rota.load import override_spec

# How far the end of a shift is looked for; who has it longer has it "until further notice".
AHEAD = timedelta(days=35)


@dataclass(frozen=True, slots=True)
class Run:
    """One person's unbroken time on call, for whatever reasons, from ``start`` to ``end`` (UTC)."""

    user_id: int
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Difference:
    """A span (UTC) in which other people are on call than before."""

    start: datetime
    end: datetime
    was: tuple[int, ...]
    will_be: tuple[int, ...]


def runs(shifts: Iterable[Shift]) -> list[Run]:
    """Return each person's unbroken time, in the order of the start: a shift that changes only its reason goes on."""
    open_runs: dict[int, Run] = {}
    done: list[Run] = []
    for shift in sorted(shifts, key=lambda s: s.start):
        if shift.user_id is None:
            continue
        before = open_runs.get(shift.user_id)
        if before is not None and before.end >= shift.start:
            open_runs[shift.user_id] = replace(before, end=max(before.end, shift.end))
            continue
        if before is not None:
            done.append(before)
        open_runs[shift.user_id] = Run(shift.user_id, shift.start, shift.end)
    return sorted([*done, *open_runs.values()], key=lambda run: (run.start, run.user_id))


def runs_of(spec: ScheduleSpec, user_id: int, start: datetime, end: datetime) -> list[Run]:
    """Return when a person is on call within an interval, clipped to it."""
    return [run for run in runs(resolve(spec, start, end)) if run.user_id == user_id]


def on_call_at(shifts: Iterable[Shift], at: datetime) -> frozenset[int]:
    """Return who of these shifts is on call at an instant."""
    return frozenset(s.user_id for s in shifts if s.user_id is not None and s.start <= at < s.end)


def with_overrides(spec: ScheduleSpec, *overrides: Override) -> ScheduleSpec:
    """Return the schedule as it would be with these overrides, saved or not, on top of its own."""
    return replace(spec, overrides=(*spec.overrides, *(override_spec(row) for row in overrides)))


def differences(
    before: ScheduleSpec, after: ScheduleSpec, start: datetime, end: datetime
) -> list[Difference]:
    """Return where two versions of a schedule have different people on call, joined where the same people touch."""
    was, will_be = resolve(before, start, end), resolve(after, start, end)
    points = sorted({start, end, *(edge for s in (*was, *will_be) for edge in (s.start, s.end))})
    found: list[Difference] = []
    for a, b in pairwise(points):
        old, new = tuple(sorted(on_call_at(was, a))), tuple(sorted(on_call_at(will_be, a)))
        if old == new:
            continue
        last = found[-1] if found else None
        if last is not None and (last.end, last.was, last.will_be) == (a, old, new):
            found[-1] = replace(last, end=b)
        else:
            found.append(Difference(a, b, old, new))
    return found


def words(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """Return a span as people say it: "Mon 30 Mar 09:00 – Mon 6 Apr 09:00 BST"; the day once where it is the same."""
    a, b = start.astimezone(zone), end.astimezone(zone)
    first = f"{a:%a} {a.day} {a:%b} {a:%H:%M}"
    if a.tzname() != b.tzname():
        first += f" {a.tzname()}"
    last = f"{b:%H:%M}" if a.date() == b.date() else f"{b:%a} {b.day} {b:%b} {b:%H:%M}"
    return f"{first} – {last} {b.tzname()}"


def late_words(at: datetime, now: datetime) -> str:
    """Return "late by 6 min" from a minute on, else nothing."""
    return f"late by {instants.duration(now - at)}" if now - at >= timedelta(minutes=1) else ""
