"""A schedule as plain values (semantics.md, "On-call"): what the pure function takes, and what it answers."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

Mode = Literal["rotate", "everyone", "calendar"]
Unit = Literal["hour", "day", "week", "month"]
Holidays = Literal["as_usual", "off", "only"]
OverrideKind = Literal["replace", "add", "remove"]
Origin = Literal["override", "swap", "taken"]


@dataclass(frozen=True, slots=True)
class Member:
    """A place in a rotation. ``user_id`` None is nobody, on purpose; ``since`` and ``until`` limit it."""

    user_id: int | None
    since: datetime | None = None
    until: datetime | None = None

    def counts_at(self, instant: datetime) -> bool:
        """Return whether the place takes turns at ``instant``."""
        return (self.since is None or self.since <= instant) and (self.until is None or instant < self.until)


@dataclass(frozen=True, slots=True)
class Window:
    """Weekly hours, Monday is 0. An end not after its start is on the next day."""

    weekday: int
    starts: time
    ends: time


@dataclass(frozen=True, slots=True)
class Given:
    """A span that somebody wrote down: of a foreign calendar, or of a fixed schedule."""

    user_id: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Layer:
    """A rotation, everyone at once, or what another calendar says.

    ``anchor`` is the local date of a hand-off to the first member. ``shifts`` are those of mode "calendar", which
    has no members.
    """

    name: str
    anchor: date
    effective_from: datetime
    members: tuple[Member, ...]
    effective_until: datetime | None = None
    priority: int = 0
    mode: Mode = "rotate"
    unit: Unit = "week"
    interval: int = 1
    handoff: time = time(9)
    windows: tuple[Window, ...] = ()
    worked_shifts_only: bool = False
    holidays: Holidays = "as_usual"
    shifts: tuple[Given, ...] = ()


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody else than the layers say, from ``starts_at`` (included) to ``ends_at``."""

    kind: OverrideKind
    user_id: int
    starts_at: datetime
    ends_at: datetime
    replaces: int | None = None
    reason: str = ""
    origin: Origin = "override"


@dataclass(frozen=True, slots=True)
class Fixed:
    """Shifts that stand instead of all layers from ``starts_at`` (included) to ``ends_at``; between them is a gap."""

    starts_at: datetime
    ends_at: datetime
    shifts: tuple[Given, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ScheduleSpec:
    """Layers in any order; overrides and fixed schedules as they were made: the later one decides.

    ``holidays`` are the local dates, of those that matter, which layers leave out or are limited to.
    """

    zone: ZoneInfo
    layers: tuple[Layer, ...] = ()
    overrides: tuple[Override, ...] = ()
    fixed: tuple[Fixed, ...] = ()
    holidays: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Shift:
    """Who is on call from ``start`` (included) to ``end``, both UTC. ``user_id`` None is a gap: nobody is.

    ``source`` says why in words: "layer Primary", "override: dentist", "swap", "pager taken", "fixed: launch week"; a
    gap has none.
    """

    start: datetime
    end: datetime
    user_id: int | None
    source: str = ""
