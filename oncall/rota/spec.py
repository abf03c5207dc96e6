"""A schedule as plain values (semantics.md, "On-call"): what the pure function takes, and what it answers."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

Mode = Literal["rotate", "everyone"]
Unit = Literal["hour", "day", "week", "month"]
OverrideKind = Literal["replace", "add", "remove"]


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
class Layer:
    """A rotation, or everyone at once. ``anchor`` is the local date of a hand-off to the first member."""

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


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody else than the layers say, from ``starts_at`` (included) to ``ends_at``."""

    kind: OverrideKind
    user_id: int
    starts_at: datetime
    ends_at: datetime
    replaces: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ScheduleSpec:
    """Layers in any order; overrides in the order in which they were made: the later one decides."""

    zone: ZoneInfo
    layers: tuple[Layer, ...] = ()
    overrides: tuple[Override, ...] = ()


@dataclass(frozen=True, slots=True)
class Shift:
    """Who is on call from ``start`` (included) to ``end``, both UTC. ``user_id`` None is a gap: nobody is.

    ``source`` says why in words: "layer Primary", "override: holiday"; a gap has none.
    """

    start: datetime
    end: datetime
    user_id: int | None
    source: str = ""
