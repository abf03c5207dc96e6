"""The update clock's rows: started, stopped and moved with the incident, always inside the caller's transaction."""

from datetime import datetime
from typing import Any

from accounts import calendars
from accounts.actor import SYSTEM
from common.businesstime import Calendar
from communications import cadence, outbox, wording
from communications.cadence import Cadence, Stage
from communications.models import Audience, CadenceRule, UpdateClock
from incidents import events
from incidents.models import EventKind, Incident, Severity, Status

# The procedure's cadences (R39), for a severity whose row an admin has deleted.
_PROCEDURE = {
    Severity.SEV1: Cadence("wall", 15, 60),
    Severity.SEV2: Cadence("business", 30),
    Severity.SEV3: Cadence("business", 120),
    Severity.SEV4: Cadence("daily"),
}


def cadence_for(incident: Incident) -> Cadence:
    """Return how often this incident's internal updates are due in its present severity and status."""
    rule = CadenceRule.objects.filter(severity=incident.severity, audience=Audience.INTERNAL).first()
    found = (
        Cadence(rule.unit, rule.minutes, rule.monitoring_minutes)
        if rule and (rule.minutes or rule.unit == CadenceRule.Unit.DAILY)
        else _PROCEDURE[Severity(incident.severity)]
    )
    return found.slowed(monitoring=incident.status == Status.MONITORING)


def calendar_for(incident: Incident) -> Calendar:
    return calendars.for_team(incident.team)


def running(incident: Incident) -> UpdateClock | None:
    """Return the incident's internal clock if it runs."""
    return UpdateClock.objects.filter(incident=incident, audience=Audience.INTERNAL, stopped_at=None).first()


def start(incident: Incident, now: datetime) -> None:
    """Start the clock of a declared incident: the first update is due one cadence from now."""
    pace, calendar = cadence_for(incident), calendar_for(incident)
    due = cadence.due_after(pace, now, calendar)
    UpdateClock.objects.create(
        incident=incident,
        audience=Audience.INTERNAL,
        started_at=now,
        due_at=due,
        **_reminder(pace, due, now, calendar),
    )


def restart(incident: Incident, now: datetime) -> None:
    """Start the clock again after a reopening: due one cadence from now. One that runs goes on as it is."""
    clock = UpdateClock.objects.filter(incident=incident, audience=Audience.INTERNAL).first()
    if clock is None:
        start(incident, now)
    elif clock.stopped_at is not None:
        UpdateClock.objects.filter(pk=clock.pk).update(stopped_at=None, started_at=now)
        set_due(clock, next_due(incident, now), now)


def stop(incident: Incident, now: datetime, note: str) -> None:
    """Stop the clock; reminders that have not been sent yet are not sent any more."""
    clock = running(incident)
    if clock is not None:
        UpdateClock.objects.filter(pk=clock.pk).update(stopped_at=now, remind_at=None)
        outbox.cancel(topic(clock), note=note)


def set_due(clock: UpdateClock, due: datetime, now: datetime) -> None:
    """Move the due time: a new round, with all its reminders; those of the old one are void."""
    reminder = _reminder(cadence_for(clock.incident), due, now, calendar_for(clock.incident))
    UpdateClock.objects.filter(pk=clock.pk).update(due_at=due, round=clock.round + 1, **reminder)
    outbox.cancel(topic(clock), note="The next update is due at another time")


def _reminder(pace: Cadence, due: datetime, now: datetime, calendar: Calendar) -> dict[str, Any]:
    """Return the columns that say which reminder of a due time comes first, and when."""
    stage = cadence.first_stage(due, now)
    return {"stage": stage, "remind_at": cadence.remind_at(stage, due, pace, calendar)}


def published(incident: Incident, now: datetime, next_due_at: datetime | None) -> None:
    """Count from this update on: the next is due at the time its author promised, else one cadence later."""
    clock = running(incident)
    if clock is None:
        return
    UpdateClock.objects.filter(pk=clock.pk).update(last_published_at=now)
    set_due(clock, next_due_at or next_due(incident, now), now)


def next_due(incident: Incident, now: datetime) -> datetime:
    """Return when the update after one published ``now`` would be due (UTC)."""
    return cadence.due_after(cadence_for(incident), now, calendar_for(incident))


def changed_pace(incident: Incident, now: datetime, *, why: str) -> None:
    """Adjust to a new severity or to monitoring: slower counts from the last update, faster from now if earlier.

    A promised time that moves is written down with ``why``: whoever waits for it sees since when it is another one.
    """
    clock = running(incident)
    if clock is None:
        return
    due = _due_at_new_pace(clock, incident, now)
    if due == clock.due_at:
        return
    set_due(clock, due, now)
    moved = f"Next update {wording.moment(due, calendar_for(incident).zone)}"
    data = {"from": clock.due_at.isoformat(), "to": due.isoformat(), "headline": moved}
    events.record(incident, EventKind.UPDATE_CADENCE, by=SYSTEM, text=why, data=data)


def _due_at_new_pace(clock: UpdateClock, incident: Incident, now: datetime) -> datetime:
    pace, calendar = cadence_for(incident), calendar_for(incident)
    last = max(filter(None, [clock.last_published_at, clock.started_at]))
    from_last = cadence.due_after(pace, last, calendar)
    if from_last > clock.due_at and clock.due_at > now:
        return from_last
    return cadence.after_faster(pace, clock.due_at, now, calendar)


def topic(clock: UpdateClock) -> str:
    """Return what a clock's reminders are filed under."""
    return f"update-clock:{clock.pk}"


def stage_of(clock: UpdateClock) -> Stage:
    return Stage(clock.stage)
