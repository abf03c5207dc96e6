"""Reminders of updates that are due: swept by the pager's clock, each once a round (semantics.md, "Updates")."""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Min

from accounts.actor import SYSTEM
from accounts.models import User
from common import instants, progress
from communications import cadence, outbox, recipients, updates
from communications.cadence import Stage
from communications.models import Delivery, UpdateClock
from communications.outbox import Message
from incidents.events import record
from incidents.models import EventKind, Incident
from incidents.state import locked_if_free

logger = logging.getLogger(__name__)
BATCH = 200
# A row that cannot be handled is not looked at again at once, so that it does not keep the clock awake.
REST = timedelta(minutes=1)


def next_due() -> datetime | None:
    """Return the earliest armed reminder (UTC), or ``None``."""
    armed = UpdateClock.objects.filter(stopped_at=None, remind_at__isnull=False)
    earliest: datetime | None = armed.aggregate(at=Min("remind_at"))["at"]
    return earliest


def sweep(now: datetime) -> int:
    """Send the reminders that are due; return how many clocks were handled. One bad row does not stop the others."""
    due = UpdateClock.objects.filter(stopped_at=None, remind_at__lte=now).order_by("remind_at", "pk")
    handled = 0
    for pk in due.values_list("pk", flat=True)[:BATCH]:
        try:
            handled += _remind(pk, now)
        except Exception:
            logger.exception("update_reminder.failed", extra={"update_clock": pk})
            _let_rest(pk, now)
        progress.made()
    return handled


def _let_rest(pk: int, now: datetime) -> None:
    try:
        UpdateClock.objects.filter(pk=pk, remind_at__lte=now).update(remind_at=now + REST)
    except Exception:
        logger.exception("update_reminder.stuck", extra={"update_clock": pk})


def _remind(pk: int, now: datetime) -> int:
    """Claim one reminder and write its rows in one transaction; return 1, or 0 if somebody else is at it."""
    with transaction.atomic():
        clock = UpdateClock.objects.select_related("incident").filter(pk=pk).first()
        if clock is None:
            return 0
        incident = locked_if_free(clock.incident)
        if incident is None:
            return 0
        pace, calendar = updates.cadence_for(incident), updates.calendar_for(incident)
        stage = cadence.stage_now(updates.stage_of(clock), clock.due_at, now, pace, calendar)
        following = Stage(stage + 1)
        claimed = UpdateClock.objects.filter(
            pk=pk, round=clock.round, stage=clock.stage, stopped_at=None, remind_at__lte=now
        ).update(stage=following, remind_at=cadence.remind_at(following, clock.due_at, pace, calendar))
        if claimed:
            _tell(incident, clock, stage, now)
        return claimed


def _tell(incident: Incident, clock: UpdateClock, stage: Stage, now: datetime) -> None:
    people = _people(incident, stage, now)
    words = _words(clock, now)
    data = {
        "headline": words,
        "what": "update",
        "stage": stage.name.lower(),
        "users": [user.pk for user in people],
    }
    kind = EventKind.UPDATE_OVERDUE if stage >= Stage.AFTER else EventKind.REMINDER
    record(incident, kind, by=SYSTEM, data=data)
    for user in people:
        outbox.enqueue(
            kind=Delivery.Kind.REMINDER,
            topic=updates.topic(clock),
            dedupe_key=f"{updates.topic(clock)}:{clock.round}:{stage}:{user.pk}",
            user=user,
            message=Message(
                f"[{incident.get_severity_display()}] {incident.reference} {words}",
                f"{words}\n\n{incident.title}\n\nOne tap is enough if nothing has changed.",
                path=f"{incident.get_absolute_url()}#updates",
            ),
            incident=incident,
            now=now,
        )


def _people(incident: Incident, stage: Stage, now: datetime) -> list[User]:
    if stage == Stage.MISSED:
        return recipients.manager(incident, now)
    if stage == Stage.AFTER:
        return recipients.commander(incident, now)
    return recipients.communicator(incident, now)


def _words(clock: UpdateClock, now: datetime) -> str:
    left = clock.due_at - now
    if left > timedelta(seconds=59):
        return f"Internal update due in {instants.duration(left + timedelta(seconds=59))}"
    if left > timedelta(seconds=-60):
        return "Internal update due now"
    return f"Internal update overdue by {instants.duration(left)}"
