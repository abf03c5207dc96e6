"""The response clock: from detection to the first human acknowledgement (semantics.md, "Response clock")."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F

from accounts import calendars
from accounts.models import User
from common.businesstime import Calendar, NeverOpen, add_business, business_between, next_business_day
from incidents.models import Clock, Incident, Reminder, Severity, SeverityDefinition

WARNING_SHARE = 0.75
FALLBACK = timedelta(minutes=15)
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Deadline:
    """When the warning comes and when the response is due, both in UTC."""

    warn_at: datetime
    due_at: datetime


def deadline(severity: int, start: datetime, calendar: Calendar) -> Deadline:
    """Return the response deadline of a severity for a response that starts at ``start`` (R02-R05).

    Where the calendar has not enough open time the wall clock counts: a declaration must not fail over opening hours.
    """
    definition = SeverityDefinition.objects.filter(level=severity).first()
    if definition is None:  # nothing is configured: the strictest promise is the safe one
        return _on_the_wall(start, FALLBACK)
    try:
        if definition.response_clock == Clock.WALL:
            return _on_the_wall(start, definition.response_time)
        if definition.response_clock == Clock.BUSINESS:
            return _in_open_hours(start, definition.response_time, calendar)
        return _by_next_closing(start, calendar)
    except NeverOpen:
        next_day = definition.response_clock == Clock.NEXT_DAY
        return _on_the_wall(start, A_DAY if next_day else definition.response_time)


def _on_the_wall(start: datetime, amount: timedelta) -> Deadline:
    return Deadline(start + amount * WARNING_SHARE, start + amount)


def _in_open_hours(start: datetime, amount: timedelta, calendar: Calendar) -> Deadline:
    return Deadline(
        add_business(calendar, start, amount * WARNING_SHARE), add_business(calendar, start, amount)
    )


def _by_next_closing(start: datetime, calendar: Calendar) -> Deadline:
    _, closing = next_business_day(calendar, start)
    amount = business_between(calendar, start, closing)
    return Deadline(add_business(calendar, start, amount * WARNING_SHARE), closing)


def start_clock(incident: Incident, *, start: datetime) -> None:
    """Start (or start anew) the response clock of an unacknowledged incident, and arm its two reminders."""
    when = deadline(incident.severity, start, calendars.for_team(incident.team))
    Incident.objects.filter(pk=incident.pk).update(response_started_at=start, response_due_at=when.due_at)
    incident.response_started_at, incident.response_due_at = start, when.due_at
    _cancel_reminders(incident)
    arm_reminders(incident, when)


def arm_reminders(incident: Incident, when: Deadline) -> None:
    """Arm the warning and the notice of the breach for the response that the incident's row says has started."""
    started = incident.response_started_at or when.due_at
    key = f"{incident.epoch}:{started.timestamp():.0f}:{Severity(incident.severity).label}"
    kinds = ((Reminder.Kind.RESPONSE_WARNING, when.warn_at), (Reminder.Kind.RESPONSE_BREACH, when.due_at))
    Reminder.objects.bulk_create(
        [Reminder(incident=incident, kind=kind, key=key, due_at=due) for kind, due in kinds],
        update_conflicts=True,
        unique_fields=["incident", "kind", "key"],
        update_fields=["due_at", "state"],
    )


def meet(incident: Incident, *, user: User, now: datetime) -> bool:
    """Record the first human acknowledgement; return whether this was it. Machines do not stop the clock."""
    first = Incident.objects.filter(pk=incident.pk, acknowledged_at=None).update(
        acknowledged_at=now, acknowledged_by=user, version=F("version") + 1
    )
    if first:
        _cancel_reminders(incident)
        incident.refresh_from_db()
    return bool(first)


def _cancel_reminders(incident: Incident) -> None:
    kinds = [Reminder.Kind.RESPONSE_WARNING, Reminder.Kind.RESPONSE_BREACH]
    Reminder.objects.filter(incident=incident, kind__in=kinds, state=Reminder.State.ARMED).update(
        state=Reminder.State.CANCELLED
    )
