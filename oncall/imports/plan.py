"""What another system has, in our words: every reader makes one, ``applying`` carries it over. No database here."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)


class ImportProblem(Exception):
    """A file cannot be used at all; the sentence says which and why."""


@dataclass(frozen=True, slots=True)
class PersonPlan:
    id: str
    name: str
    email: str
    time_zone: str = ""


@dataclass(frozen=True, slots=True)
class WindowPlan:
    weekday: int
    starts: time
    ends: time


@dataclass(frozen=True, slots=True)
class LayerPlan:
    """``anchor`` is the wall time of a hand-off to the first member, in the schedule's zone.

    ``members`` are the ids of people, or None for nobody; ``feed`` is the address of a calendar.
    """

    id: str
    name: str
    members: tuple[str | None, ...]
    anchor: datetime
    priority: int = 0
    mode: str = "rotate"
    unit: str = "week"
    interval: int = 1
    windows: tuple[WindowPlan, ...] = ()
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    feed: str = ""


@dataclass(frozen=True, slots=True)
class OverridePlan:
    id: str
    kind: str
    user: str
    starts_at: datetime
    ends_at: datetime
    replaces: str | None = None


@dataclass(slots=True)
class SchedulePlan:
    id: str
    name: str
    time_zone: str
    layers: list[LayerPlan] = field(default_factory=list)
    overrides: list[OverridePlan] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PolicyPlan:
    """An escalation policy: for each step its targets, ("user" or "schedule", id)."""

    id: str
    name: str
    steps: tuple[tuple[tuple[str, str], ...], ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """What could not be carried over, or only in part, and why."""

    what: str
    why: str


@dataclass(slots=True)
class Plan:
    """Everything that was read. ``system`` is its name as in ``--from``, ``label`` as people write it."""

    system: str
    label: str
    people: dict[str, PersonPlan] = field(default_factory=dict)
    schedules: dict[str, SchedulePlan] = field(default_factory=dict)
    policies: dict[str, PolicyPlan] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def lacks(self, what: str, why: str) -> None:
        """Note something that could not be carried over."""
        if (problem := Problem(what, why)) not in self.problems:
            self.problems.append(problem)


@dataclass(frozen=True, slots=True)
class Source:
    """One file's content. ``stem`` is the file's name up to its first dot."""

    name: str
    stem: str
    data: dict[str, Any]


def text_of(row: Any, key: str, where: str) -> str:
    """Return a text that has to be there. Raises ``ImportProblem`` for a file of another shape."""
    value = row.get(key) if isinstance(row, dict) else None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value.strip():
        raise ImportProblem(f"{where} has no “{key}”: is this an answer of another version?")
    return value.strip()


def rows_of(row: Any, key: str, where: str) -> list[dict[str, Any]]:
    """Return a list of objects, empty where there is none. Raises ``ImportProblem`` for anything else."""
    value = row.get(key) if isinstance(row, dict) else None
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ImportProblem(
            f"“{key}” of {where} is no list of objects: is this an answer of another version?"
        )
    return value


def number_of(row: dict[str, Any], key: str, where: str, default: int | None = None) -> int:
    """Return a whole number. Raises ``ImportProblem``."""
    value = row.get(key)
    if value is None and default is not None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 10**9:
        raise ImportProblem(f"“{key}” of {where} is no number: is this an answer of another version?")
    return value


def instant_of(value: Any, where: str) -> datetime:
    """Return an instant with an offset. Raises ``ImportProblem``."""
    try:
        found = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or not 1990 <= found.year <= 2100:
        raise ImportProblem(
            f"{where}: {str(value)[:40]!r} is no instant: is this an answer of another version?"
        )
    return found


def weekly(start: timedelta, length: timedelta) -> Iterator[WindowPlan]:
    """Yield the windows of a span of the week, one for each day: ``start`` is counted from Monday's midnight."""
    end = start + min(length, WEEK)
    while start < end:
        midnight = timedelta(days=start // DAY + 1)
        stop = min(end, midnight)
        yield WindowPlan(start // DAY % 7, _wall(start), _wall(stop))
        start = stop


def every_day(start: timedelta, length: timedelta) -> Iterator[WindowPlan]:
    """Yield the windows of a span that comes every day; ``start`` is counted from midnight."""
    for weekday in range(7):
        yield from weekly(weekday * DAY + start, min(length, DAY))


def tidy(windows: Iterable[WindowPlan]) -> tuple[WindowPlan, ...]:
    """Return windows in order, each once; none at all where they cover the whole week, since that is the same."""
    found = sorted(set(windows), key=lambda window: (window.weekday, window.starts, window.ends))
    whole = {window.weekday for window in found if window.starts == window.ends == time(0)}
    return () if len(whole) == 7 else tuple(found)


def unit_of(length: timedelta) -> tuple[str, int] | None:
    """Return the unit and the number that make up a turn: weeks, else days, else hours; None for anything else."""
    for unit, one in (("week", WEEK), ("day", DAY), ("hour", timedelta(hours=1))):
        if length and not length % one:
            return unit, length // one
    return None


def clock_of(value: str, where: str) -> timedelta:
    """Return how long after midnight a time of day is, such as "09:30" or "09:30:00". Raises ``ImportProblem``."""
    try:
        found = time.fromisoformat(value)
    except ValueError:
        raise ImportProblem(f"{where}: {value[:20]!r} is no time of day.") from None
    return timedelta(hours=found.hour, minutes=found.minute)


def _wall(since_midnight: timedelta) -> time:
    minutes = since_midnight % DAY // timedelta(minutes=1)
    return time(minutes // 60, minutes % 60)
