"""Publishing updates and marking notifications as read: the write path of this app."""

from datetime import datetime, timedelta

from django.db.models import Max

from accounts.actor import Actor
from accounts.write import action
from common import clock
from common.clock import When
from common.errors import Conflict, Invalid, NotAllowed
from common.text import clean, clean_line
from communications import outbox, recipients, updates, wording
from communications.models import Audience, Delivery, Notification, Update
from communications.outbox import Message
from incidents.access import require_responder
from incidents.events import record
from incidents.models import EventKind, Incident, Status
from incidents.state import locked

MAX_TEXT = 5_000
# A promise further away than this is a slip of the finger.
FURTHEST = timedelta(days=14)
OPEN = (Status.INVESTIGATING, Status.MITIGATING, Status.MONITORING, Status.RESOLVED)


@action
def publish_update(
    *,
    by: Actor,
    incident: Incident,
    impact: str = "",
    actions: str = "",
    eta: str = "",
    audience: str = Audience.INTERNAL,
    next_due_at: When | None = None,
    is_no_change: bool = False,
) -> Update:
    """Publish an internal update in the procedure's words (R40), tell its readers, and return it.

    The next one is due at ``next_due_at`` (UTC, or counted from now), else one cadence from now (R39). With
    ``is_no_change`` impact, actions and estimate are those of the last update. Raises ``Invalid`` with the field,
    ``Conflict`` when nothing goes on.
    """
    require_responder(by)
    if audience != Audience.INTERNAL:
        raise Invalid("Only internal updates can be published here.", field="audience")
    incident, now = locked(incident), clock.now()
    if incident.status not in OPEN:
        raise Conflict(
            f"{incident.reference} is {incident.get_status_display().lower()}: there is nothing to tell."
        )
    due_at = _next_due(incident, next_due_at, now)
    if is_no_change:
        impact, actions, eta = unchanged(incident)
    impact, actions = _required(impact, "impact"), _required(actions, "actions")
    update = _create(by, incident, now, impact, actions, clean_line(eta, limit=200), due_at, is_no_change)
    updates.published(incident, now, due_at)
    record(incident, EventKind.UPDATE_PUBLISHED, by=by, text=update.text, data=_facts(update), at=now)
    _tell(update, by)
    return update


@action
def set_next_update(*, by: Actor, incident: Incident, next_due_at: When, reason: str = "") -> Incident:
    """Promise the next update for another time (long incidents); return the incident.

    Raises ``Invalid`` for a time in the past or too far away, ``Conflict`` when no update is expected any more.
    """
    require_responder(by)
    incident, now, reason = locked(incident), clock.now(), clean_line(reason, limit=300)
    running = updates.running(incident)
    if running is None:
        raise Conflict(f"{incident.reference} needs no updates now.")
    due = _in_future(next_due_at, now)
    if due == running.due_at:
        return incident
    updates.set_due(running, due, now)
    data = {"from": running.due_at.isoformat(), "to": due.isoformat()}
    data["headline"] = f"Next update {wording.moment(due, updates.calendar_for(incident).zone)}"
    record(incident, EventKind.UPDATE_CADENCE, by=by, text=reason, data=data)
    return incident


@action
def mark_read(*, by: Actor, notification: Notification) -> Notification:
    """Mark one of one's own notifications as read; return it. Twice is once."""
    if by.user is None or notification.user_id != by.user.pk:
        raise NotAllowed("This is somebody else's notification.")
    Notification.objects.filter(pk=notification.pk, read_at=None).update(read_at=clock.now())
    notification.refresh_from_db()
    return notification


@action
def mark_all_read(*, by: Actor, up_to: int | None = None) -> None:
    """Mark one's own notifications as read, those up to the id that was on the page when the button was shown."""
    unread = Notification.objects.filter(user=by.user, read_at=None)
    if up_to is not None:
        unread = unread.filter(pk__lte=up_to)
    unread.update(read_at=clock.now())


def unchanged(incident: Incident) -> tuple[str, str, str]:
    """Return (impact, actions, estimate) of an update that says "no change"."""
    last = incident.updates.filter(audience=Audience.INTERNAL).first()
    if last is None:
        return (
            incident.impact or incident.title,
            "The response goes on; nothing new since the declaration.",
            "",
        )
    return last.impact, last.actions, last.eta


def preview(
    incident: Incident, *, impact: str, actions: str, eta: str, next_due_at: When | None = None
) -> str:
    """Return the text as it would be published now; nothing is written."""
    now = clock.now()
    if next_due_at is not None:
        due_at: datetime | None = clock.instant(next_due_at)
    else:
        due_at = updates.next_due(incident, now) if updates.running(incident) else None
    return _words(incident, now, clean(impact), clean(actions), clean_line(eta), due_at)[1]


def _required(text: str, field: str) -> str:
    text = clean(text)
    if not text:
        raise Invalid(
            "Say who notices, and how." if field == "impact" else "Say what is being done.", field=field
        )
    if len(text) > MAX_TEXT:
        raise Invalid(
            f"This text is too long: {len(text):,} of at most {MAX_TEXT:,} characters.", field=field
        )
    return text


def _next_due(incident: Incident, asked: When | None, now: datetime) -> datetime | None:
    if not incident.is_active:
        return None
    return _in_future(asked, now) if asked else updates.next_due(incident, now)


def _in_future(when: When, now: datetime) -> datetime:
    due = clock.instant(when)
    if due <= now:
        raise Invalid("The next update has to be in the future.", field="next_due_at")
    if due > now + FURTHEST:
        raise Invalid("The next update is at most 14 days away.", field="next_due_at")
    return due


def _words(
    incident: Incident, now: datetime, impact: str, actions: str, eta: str, next_due_at: datetime | None
) -> tuple[str, str]:
    return wording.internal_update(
        incident,
        at=now,
        impact=impact,
        actions=actions,
        eta=eta,
        next_due_at=next_due_at,
        zone=updates.calendar_for(incident).zone,
    )


def _create(
    by: Actor, incident: Incident, now: datetime, impact: str, actions: str, eta: str,
    next_due_at: datetime | None, is_no_change: bool,
) -> Update:  # fmt: skip
    said = f"No change. {actions}" if is_no_change else actions
    subject, text = _words(incident, now, impact, said, eta, next_due_at)
    last = incident.updates.filter(audience=Audience.INTERNAL).aggregate(last=Max("number"))["last"]
    return Update.objects.create(
        incident=incident,
        audience=Audience.INTERNAL,
        number=(last or 0) + 1,
        status=incident.status,
        severity=incident.severity,
        impact=impact,
        actions=actions,
        eta=eta,
        next_due_at=next_due_at,
        is_no_change=is_no_change,
        subject=subject,
        text=text,
        published_at=now,
        published_by=by.user,
        published_by_label=by.label[:160],
    )


def _facts(update: Update) -> dict[str, object]:
    return {
        "update": update.pk,
        "number": update.number,
        "audience": update.audience,
        "is_no_change": update.is_no_change,
        "next_due_at": update.next_due_at.isoformat() if update.next_due_at else None,
    }


def _tell(update: Update, by: Actor) -> None:
    incident = update.incident
    for user in recipients.of_update(incident, update.published_at):
        if by.user is None or user.pk != by.user.pk:
            outbox.enqueue(
                kind=Delivery.Kind.UPDATE,
                topic=f"update:{update.pk}",
                dedupe_key=f"update:{update.pk}:{user.pk}",
                user=user,
                message=Message(update.subject, update.text, path=f"{incident.get_absolute_url()}#updates"),
                incident=incident,
                now=update.published_at,
                in_app_only=True,
            )
