"""What of an incident comes due: response clock, checkpoints, tasks, decisions, offers, observation."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from accounts.actor import SYSTEM
from common import clock, progress
from common.due import DueSource, Resting
from incidents.actions.observing import end_watch
from incidents.actions.roles import lapse_offer
from incidents.events import record
from incidents.models import EventKind, Incident, Reminder
from incidents.state import locked_if_free

logger = logging.getLogger(__name__)
BATCH = 200
LATE = timedelta(seconds=60)
_resting = Resting()


def _next_due() -> datetime | None:
    armed = Reminder.objects.filter(state=Reminder.State.ARMED).exclude(pk__in=_resting.now(clock.now()))
    return armed.order_by("due_at").values_list("due_at", flat=True).first()


def _sweep(now: datetime) -> int:
    armed = Reminder.objects.filter(state=Reminder.State.ARMED, due_at__lte=now)
    due = armed.exclude(pk__in=_resting.now(now)).order_by("due_at")
    handled = 0
    for pk in due.values_list("pk", flat=True)[:BATCH]:
        try:
            handled += _fire(pk, now)
        except Exception:
            # One bad row must not stop the others; it stays armed and is tried again after a rest.
            _resting.add(pk, now)
            logger.exception("reminder.failed", extra={"reminder": pk})
        progress.made()
    return handled


def _fire(pk: int, now: datetime) -> int:
    """Claim one reminder and do what it says, in one transaction; return 1, or 0 if somebody else is at it."""
    with transaction.atomic(durable=True):
        here = Reminder.objects.filter(pk=pk, state=Reminder.State.ARMED)
        reminder = here.select_related("incident").first()
        if reminder is None:
            return 0
        incident = locked_if_free(reminder.incident)
        if incident is None or not here.update(state=Reminder.State.FIRED, fired_at=now):
            return 0
        _HANDLERS[reminder.kind](incident, reminder, now)
        return 1


def _response_warning(incident: Incident, reminder: Reminder, now: datetime) -> None:
    # After an outage the breach follows at once: a late warning would only be noise.
    superseded = incident.response_due_at is not None and now >= incident.response_due_at
    if incident.acknowledged_at is None and incident.is_active and not superseded:
        record(incident, EventKind.RESPONSE_WARNING, by=SYSTEM, data=_late(reminder, now))


def _response_breach(incident: Incident, reminder: Reminder, now: datetime) -> None:
    if incident.acknowledged_at is not None or not incident.is_active:
        return
    breached = Incident.objects.filter(pk=incident.pk, response_breached_at=None)
    if breached.update(response_breached_at=reminder.due_at):
        record(
            incident, EventKind.RESPONSE_BREACHED, by=SYSTEM, data=_late(reminder, now), at=reminder.due_at
        )


def _checkpoint(incident: Incident, reminder: Reminder, now: datetime) -> None:
    row = incident.checkpoints.filter(pk=reminder.target_id or 0, done_at=None).first()
    if row is not None:
        _remind(incident, f"Checkpoint: {row.question}", row.owner_id, reminder, now)


def _task(incident: Incident, reminder: Reminder, now: datetime) -> None:
    row = incident.tasks.filter(pk=reminder.target_id or 0, done_at=None).first()
    if row is not None:
        _remind(incident, f"Task overdue: {row.title}", row.assignee_id, reminder, now)


def _decision(incident: Incident, reminder: Reminder, now: datetime) -> None:
    row = incident.decisions.filter(pk=reminder.target_id or 0).first()
    if row is not None and incident.is_active:
        _remind(
            incident, f"Time to look again at the decision: {row.choice}", row.decided_by_id, reminder, now
        )


def _offer(incident: Incident, reminder: Reminder, now: datetime) -> None:
    if reminder.target_id is not None:
        lapse_offer(incident, reminder.target_id)


def _observation(incident: Incident, reminder: Reminder, now: datetime) -> None:
    data = {"hours": reminder.target_id} | _late(reminder, now)
    record(incident, EventKind.OBSERVATION_CHECKED, by=SYSTEM, data=data)


def _observation_end(incident: Incident, reminder: Reminder, now: datetime) -> None:
    if end_watch(incident, now=now, reason="Its time was over"):
        record(incident, EventKind.OBSERVATION_ENDED, by=SYSTEM, data={"early": False})


def _remind(
    incident: Incident, sentence: str, user_id: int | None, reminder: Reminder, now: datetime
) -> None:
    data = {"headline": sentence, "what": reminder.kind, "user": user_id, "reminder": reminder.pk} | _late(
        reminder, now
    )
    record(incident, EventKind.REMINDER, by=SYSTEM, data=data)


def _late(reminder: Reminder, now: datetime) -> dict[str, object]:
    late = now - reminder.due_at
    return {"late_seconds": int(late.total_seconds())} if late > LATE else {}


_HANDLERS: dict[str, Callable[[Incident, Reminder, datetime], None]] = {
    Reminder.Kind.RESPONSE_WARNING: _response_warning,
    Reminder.Kind.RESPONSE_BREACH: _response_breach,
    Reminder.Kind.CHECKPOINT: _checkpoint,
    Reminder.Kind.TASK: _task,
    Reminder.Kind.DECISION: _decision,
    Reminder.Kind.OFFER: _offer,
    Reminder.Kind.OBSERVATION: _observation,
    Reminder.Kind.OBSERVATION_END: _observation_end,
}

REMINDERS = DueSource(name="reminders", next_due=_next_due, sweep=_sweep)
