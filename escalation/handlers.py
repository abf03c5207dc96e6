"""What this app does when something happens on an incident: it writes rows, in the same transaction."""

from collections.abc import Callable, Sequence
from datetime import datetime

from accounts.actor import Actor
from accounts.models import User
from common import clock
from communications.models import Delivery
from escalation import engine
from escalation.engine import answers
from escalation.engine.paging import page_by_name
from escalation.engine.run import Run, begin
from escalation.models import Page
from incidents import events, response
from incidents.actions.roles import holder
from incidents.models import ACTIVE_STATUSES, Event, EventKind, Incident, RoleDefinition, Status
from oncall.models import Schedule

_ENDS = {
    EventKind.RESOLVED: "Resolved",
    EventKind.CLOSED: "Closed",
    EventKind.CANCELLED: "Cancelled",
    EventKind.MERGED: "Merged into another incident",
}


def on_event(event: Event) -> None:
    """Called synchronously by ``incidents.events.record``."""
    if event.kind in _ENDS:
        engine.stop(event.incident, now=event.recorded_at, note=_ENDS[EventKind(event.kind)])
    elif handler := _HANDLERS.get(event.kind):
        handler(event)


def _declared(event: Event) -> None:
    engine.open(event.incident, now=event.recorded_at)


def _reopened(event: Event) -> None:
    engine.restart(event.incident, now=event.recorded_at)


def _severity_changed(event: Event) -> None:
    was = int(event.data["from"])
    if int(event.data["to"]) < was:
        engine.upgrade(event.incident, now=event.recorded_at)
    else:
        engine.downgrade(event.incident, now=event.recorded_at, was=was)


def _status_changed(event: Event) -> None:
    if event.data["to"] == Status.MONITORING:
        engine.pause(event.incident, now=event.recorded_at)
    elif event.data["from"] == Status.MONITORING:
        engine.resume(event.incident, now=event.recorded_at)


def _role_taken(event: Event) -> None:
    """Who takes command of an incident has their own pages answered by it."""
    if (
        event.data.get("role") != RoleDefinition.Key.COMMANDER
        or not event.data.get("self")
        or event.actor is None
    ):
        return
    run = begin(event.incident_id, event.recorded_at)
    if run and Page.objects.filter(incident=run.incident, user=event.actor, state=Page.State.OPEN).exists():
        answers.take(run, event.actor, via=event.via)


def _alert(event: Event) -> None:
    """Page the commander of an observed incident when an alert of its watch-list comes back (R37)."""
    if not event.data.get("page_commander"):
        return
    run = begin(event.incident_id, event.recorded_at)
    commander = holder(event.incident, RoleDefinition.Key.COMMANDER)
    if run is None or commander is None or not commander.is_active:
        return
    why = "An alert of the watch-list came back"
    page_by_name(run, commander, role="direct", why=why, reason="Incident Commander of the observed incident")


_HANDLERS: dict[str, Callable[[Event], None]] = {
    EventKind.ALERT: _alert,
    EventKind.DECLARED: _declared,
    EventKind.REOPENED: _reopened,
    EventKind.SEVERITY_CHANGED: _severity_changed,
    EventKind.STATUS_CHANGED: _status_changed,
    EventKind.ROLE_TAKEN: _role_taken,
}


def on_pager_taken(by: Actor, schedule: Schedule, relieved: Sequence[User], now: datetime) -> None:
    """Let who took a rota's pager have the active incidents of whom they relieved; those are sent back to bed.

    ``oncall`` calls this inside its action's transaction (``settings.PAGER_TAKEN_HANDLERS``). Incidents that the taker
    may not know of stay where they are.
    """
    taker, people = by.user, {user.pk: user for user in relieved}
    if taker is None or not people:
        return
    held = Page.objects.filter(
        user__in=people, state__in=[Page.State.OPEN, Page.State.ACKNOWLEDGED], needs_answer=True
    )
    known = Incident.objects.visible_to(taker).filter(status__in=ACTIVE_STATUSES)
    for pk in sorted(set(known.filter(pages__in=held).values_list("pk", flat=True))):
        run = begin(pk, now, by)
        if run is None or not run.incident.is_active:
            continue
        mine = held.filter(incident=run.incident).values_list("user_id", flat=True)
        theirs = [people[user] for user in sorted(set(mine)) if user is not None]
        if theirs:
            _take_over(run, taker, theirs, str(schedule))


def _take_over(run: Run, taker: User, relieved: Sequence[User], schedule: str) -> None:
    pages = answers.take(run, taker, via=run.by.via)
    first = response.meet(run.incident, user=taker, now=run.now)
    data = {
        "user": taker.pk,
        "user_label": str(taker),
        "pages": [page.pk for page in pages],
        "roles": sorted({page.role for page in pages}),
        "first": first,
        "again": False,
    }
    text = f"Took the pager of {schedule} with its open incidents"
    events.record(run.incident, EventKind.ACKNOWLEDGED, by=run.by, text=text, data=data)
    for user in relieved:
        answers.release(run, user, note=f"{taker} took the pager")
        data = {"user": user.pk, "user_label": str(user), "headline": f"relieved {user} of the pager"}
        events.record(run.incident, EventKind.RESPONDER_LEFT, by=run.by, data=data)


def on_delivery_failed(delivery: Delivery) -> None:
    """Ask the next person at once when a page could not be delivered by any contact method (reliability.md).

    The ledger calls this inside its transaction. The page itself stays open: the person may still see it in Allclear.
    """
    kind, _, pk = delivery.topic.partition(":")
    page = Page.objects.filter(pk=int(pk), state=Page.State.OPEN).first() if kind == "page" else None
    if page is None or not page.needs_answer:
        return
    run = begin(page.incident_id, clock.now())
    if run is None or not run.incident.is_active or run.incident.epoch != page.epoch:
        return
    answers.undeliverable(run, page)
