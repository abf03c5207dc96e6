"""Who is told of what concerns them: offers, tasks, reminders, breaches. Quiet: nothing here asks for an answer."""

from collections.abc import Callable
from dataclasses import dataclass

from accounts.models import User
from common import instants
from communications import outbox, recipients
from communications.models import Delivery
from communications.outbox import Message
from incidents.models import Event, EventKind, RoleDefinition


@dataclass(frozen=True, slots=True)
class Notice:
    """What is said to whom. ``by_mail`` false: only inside the application."""

    people: list[User]
    headline: str
    text: str = ""
    anchor: str = ""
    by_mail: bool = True
    kind: str = Delivery.Kind.NOTICE


def send(event: Event) -> None:
    """Write the deliveries that an event calls for; none for most kinds. Nobody is told of their own doing."""
    make = _NOTICES.get(event.kind)
    notice = make(event) if make else None
    if notice is None:
        return
    incident = event.incident
    subject = f"[{incident.get_severity_display()}] {incident.reference} {notice.headline}"
    text = "\n\n".join(filter(None, [notice.headline, notice.text, incident.title]))
    for user in notice.people:
        if user.pk == event.actor_id or not recipients.may_know(user, incident):
            continue
        outbox.enqueue(
            kind=notice.kind,
            topic=f"event:{event.pk}",
            dedupe_key=f"event:{event.pk}:{user.pk}",
            user=user,
            message=Message(subject, text, path=f"{incident.get_absolute_url()}{notice.anchor}"),
            incident=incident,
            now=event.recorded_at,
            in_app_only=not notice.by_mail,
        )


def _person(pk: object) -> list[User]:
    """Return the person an event's data names, in a list; nobody when they are gone."""
    return list(User.objects.filter(pk=pk, is_active=True)) if isinstance(pk, int) else []


def _role(event: Event) -> str:
    return str(RoleDefinition.Key(event.data["role"]).label)


def _role_offered(event: Event) -> Notice:
    return Notice(
        _person(event.data.get("user")),
        f"{event.actor_label} offers you the role of {_role(event)}",
        "The offer lapses in five minutes. The briefing card is on the incident's page.",
        anchor="#roles",
    )


def _role_offer_ended(event: Event) -> Notice:
    ended = {"declined": "declined", "lapsed": "did not answer"}.get(
        str(event.data.get("state")), "did not take"
    )
    return Notice(
        _person(event.data.get("from")),
        f"{event.data.get('user_label')} {ended}: you still are {_role(event)}",
        event.text,
        anchor="#roles",
    )


def _role_taken(event: Event) -> Notice:
    if not event.data.get("self"):
        return Notice(
            _person(event.data.get("user")), f"You are {_role(event)} now", event.text, anchor="#roles"
        )
    return Notice(
        _person(event.data.get("previous")),
        f"{event.data.get('user_label')} is {_role(event)} now",
        event.text,
        anchor="#roles",
        by_mail=False,
    )


def _task_assigned(event: Event) -> Notice:
    return Notice(
        _person(event.data.get("assignee")), f"Task for you: {event.data.get('title')}", anchor="#work"
    )


def _checkpoint_set(event: Event) -> Notice:
    headline = f"Checkpoint for you: {event.data.get('question')}"
    return Notice(_person(event.data.get("owner")), headline, anchor="#work", by_mail=False)


def _reminder(event: Event) -> Notice | None:
    if event.data.get("what") == "update":
        return None  # its own clock has told whom it concerns
    people = _person(event.data.get("user")) or recipients.commander(event.incident, event.recorded_at)
    headline = str(event.data.get("headline") or "Reminder")
    return Notice(people, headline, anchor="#work", kind=Delivery.Kind.REMINDER)


def _response_warning(event: Event) -> Notice:
    incident = event.incident
    left = incident.response_due_at - event.recorded_at if incident.response_due_at else None
    headline = "Nobody has acknowledged yet" + (f": {instants.duration(left)} left" if left else "")
    return Notice(recipients.on_call(incident, event.recorded_at), headline, kind=Delivery.Kind.REMINDER)


def _response_breached(event: Event) -> Notice:
    incident, now = event.incident, event.recorded_at
    people = recipients.on_call(incident, now) + recipients.of_matrix(incident, "team_lead", now)
    once = list({user.pk: user for user in people}.values())
    return Notice(once, "Response time exceeded: nobody has acknowledged")


def _observation_checked(event: Event) -> Notice | None:
    hours = event.data.get("hours")
    if event.actor_id is not None or hours is None:
        return None
    people = recipients.commander(event.incident, event.recorded_at)
    return Notice(people, f"Observation check: {hours} h after resolving", kind=Delivery.Kind.REMINDER)


def _page_failed(event: Event) -> Notice:
    return Notice(
        recipients.holders(event.incident, RoleDefinition.Key.COMMANDER), event.text, anchor="#paging"
    )


_NOTICES: dict[str, Callable[[Event], Notice | None]] = {
    EventKind.ROLE_OFFERED: _role_offered,
    EventKind.ROLE_OFFER_ENDED: _role_offer_ended,
    EventKind.ROLE_TAKEN: _role_taken,
    EventKind.TASK_ASSIGNED: _task_assigned,
    EventKind.CHECKPOINT_SET: _checkpoint_set,
    EventKind.REMINDER: _reminder,
    EventKind.RESPONSE_WARNING: _response_warning,
    EventKind.RESPONSE_BREACHED: _response_breached,
    EventKind.OBSERVATION_CHECKED: _observation_checked,
    EventKind.PAGE_FAILED: _page_failed,
}
