"""When the next update is due (R39; semantics.md, "Updates"). Pure: no database, no clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from common import businesstime
from common.businesstime import Calendar, NeverOpen

LEAD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often: ``unit`` is "wall", "business" (minutes of open time) or "daily" (at closing)."""

    unit: str
    minutes: int = 0
    monitoring_minutes: int | None = None

    def slowed(self, *, monitoring: bool) -> "Cadence":
        """Return the cadence that counts while an incident is monitored, or otherwise."""
        if monitoring and self.monitoring_minutes and self.unit != "daily":
            return Cadence(self.unit, self.monitoring_minutes)
        return self


class Stage(IntEnum):
    """The reminders of one due time, in order (``UpdateClock.Stage``)."""

    BEFORE = 0
    DUE = 1
    AFTER = 2
    MISSED = 3
    DONE = 4


def due_after(cadence: Cadence, last: datetime, calendar: Calendar) -> datetime:
    """Return when the update after ``last`` (an update, or the declaration) is due, in UTC.

    A calendar that never opens falls back to the wall clock: an update too early is the lesser harm.
    """
    amount = timedelta(minutes=cadence.minutes)
    try:
        if cadence.unit == "daily":
            return _closing_after(last, calendar)
        if cadence.unit == "business":
            return businesstime.add_business(calendar, last, amount)
    except NeverOpen:
        amount = amount or timedelta(days=1)
    return last + amount


def _closing_after(last: datetime, calendar: Calendar) -> datetime:
    """Return the closing of the business day after ``last``; of the same day when it has not opened yet."""
    today = last.astimezone(calendar.zone).date()
    opening, closing = businesstime.business_day_on_or_after(calendar, today)
    return closing if last < opening else businesstime.next_business_day(calendar, last)[1]


def after_faster(cadence: Cadence, due: datetime, now: datetime, calendar: Calendar) -> datetime:
    """Return the due time after an upgrade: the earlier of the old one and now + the new cadence."""
    return min(due, due_after(cadence, now, calendar))


def remind_at(stage: Stage, due: datetime, cadence: Cadence, calendar: Calendar) -> datetime | None:
    """Return when a reminder goes out: 5 min before, at due, 5 min after, one cadence after; then none."""
    if stage == Stage.MISSED:
        return max(due_after(cadence, due, calendar), due + LEAD)
    offsets = {Stage.BEFORE: -LEAD, Stage.DUE: timedelta(), Stage.AFTER: LEAD}
    return due + offsets[stage] if stage in offsets else None


def first_stage(due: datetime, now: datetime) -> Stage:
    """Return the first reminder of a new due time: one that would lie in the past is left out."""
    return Stage.BEFORE if due - LEAD > now else Stage.DUE


def stage_now(stage: Stage, due: datetime, now: datetime, cadence: Cadence, calendar: Calendar) -> Stage:
    """Return the latest reminder that is due from ``stage`` on: those it supersedes are dropped after an outage."""
    for later in (Stage.MISSED, Stage.AFTER, Stage.DUE, Stage.BEFORE):
        at = remind_at(later, due, cadence, calendar)
        if later >= stage and at is not None and at <= now:
            return later
    return stage
