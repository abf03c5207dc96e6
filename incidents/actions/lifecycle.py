"""From one status to the next, with its guards and effects (semantics.md, "Incident lifecycle")."""

from datetime import timedelta
from typing import Any

from django.urls import reverse

from accounts.actor import Actor
from accounts.write import action
from common import clock
from common.errors import Blocked, Blocker, Conflict, Invalid
from common.text import clean
from incidents import response
from incidents.access import require_commander, require_commander_or_lead, require_responder
from incidents.actions.observing import end_watch, end_watch_rules, rearm, start_watch
from incidents.actions.severity import set_severity
from incidents.events import record
from incidents.models import (
    EventKind,
    Incident,
    IncidentSettings,
    Reminder,
    Responder,
    RoleAssignment,
    RoleDefinition,
    Severity,
    Status,
)
from incidents.state import SOURCES, InvalidTransition, locked, move, require_unblocked


@action
def change_status(
    *,
    by: Actor,
    incident: Incident,
    to: str,
    note: str,
    rollback_plan: str = "",
    expected_version: int | None = None,
) -> Incident:
    """Move between investigating, mitigating and monitoring; return the incident.

    Back and forth between the first two needs a note, entering monitoring a rollback plan on SEV-1 and SEV-2 (R37).
    """
    incident, note, rollback_plan = locked(incident), clean(note), clean(rollback_plan)
    target = _working_status(to)
    if incident.status not in (Status.INVESTIGATING, Status.MITIGATING, Status.MONITORING):
        raise InvalidTransition(incident, target)
    fields: dict[str, Any] = {}
    if target == Status.MONITORING:
        require_commander(by, incident, "start monitoring")
        require_unblocked(incident, target, by=by, proposed={"rollback_plan": rollback_plan})
        fields = {"mitigated_at": clock.now(), "rollback_plan": rollback_plan or incident.rollback_plan}
    else:
        require_commander_or_lead(by, incident, "change the status")
        if not note:
            what = (
                "why it is not mitigated after all"
                if incident.status == Status.MONITORING
                else "what you know now"
            )
            raise Invalid(f"Add a note: {what}.", field="note")
        fields = {"mitigated_at": None}
    kept = incident.mitigated_at
    before = move(incident, target, expected_version=expected_version, **fields)
    data = {"from": before, "to": target, "rollback_plan": rollback_plan}
    if before == Status.MONITORING and kept:
        data["was_mitigated_at"] = kept.isoformat()
    record(incident, EventKind.STATUS_CHANGED, by=by, text=note, data=data)
    return incident


def _working_status(value: str) -> Status:
    if value not in (Status.INVESTIGATING, Status.MITIGATING, Status.MONITORING):
        raise Invalid("Choose investigating, mitigating or monitoring.", field="to")
    return Status(value)


@action
def resolve(
    *, by: Actor, incident: Incident, note: str = "", expected_version: int | None = None
) -> Incident:
    """Declare the incident over: clocks stop, the post-mortem opens, a SEV-1 is observed (R36, R37, R62).

    Raises ``Blocked`` with the list of recovery checks that have neither evidence nor a waiver.
    """
    incident, note = locked(incident), clean(note)
    if incident.is_over:
        raise InvalidTransition(incident, Status.RESOLVED)
    require_commander(by, incident, "resolve an incident")
    require_unblocked(incident, Status.RESOLVED, by=by)
    now = clock.now()
    fields: dict[str, Any] = {"resolved_at": now, "resolution": note or incident.resolution}
    if incident.mitigated_at is None:
        fields["mitigated_at"] = now
    before = move(incident, Status.RESOLVED, expected_version=expected_version, **fields)
    _stop_everything(incident)
    if incident.peak_severity == Severity.SEV1:
        start_watch(incident, now=now)
    record(incident, EventKind.RESOLVED, by=by, text=note, data={"from": before})
    return incident


class TooLate(Blocked):
    """An incident was resolved too long ago to be reopened; the blocker leads to declaring the one that follows it."""

    code = "too_late"

    def __init__(self, incident: Incident) -> None:
        url = f"{reverse('incidents:declare')}?follows={incident.reference}"
        way_on = Blocker(
            f"Declare a new incident that follows {incident.reference}.", url, "declare_following"
        )
        super().__init__(f"{incident.reference} was resolved too long ago to be reopened.", [way_on])


def reopen_incident(
    *, by: Actor, incident: Incident, reason: str, expected_version: int | None = None
) -> Incident:
    """Take a resolved incident up again within its window; the on-call engineer is paged anew. Return the incident.

    This is ``reopen`` for callers that have a transaction of their own, such as the alert intake.
    """
    require_responder(by)
    incident, reason = locked(incident), clean(reason)
    if incident.status != Status.RESOLVED:
        raise InvalidTransition(incident, Status.INVESTIGATING)
    if not reason:
        raise Invalid("Say what came back.", field="reason")
    if not may_reopen(incident):
        raise TooLate(incident)
    now = clock.now()
    move(
        incident,
        Status.INVESTIGATING,
        expected_version=expected_version,
        raise_epoch=True,
        resolved_at=None,
        mitigated_at=None,
        acknowledged_at=None,
        acknowledged_by=None,
        response_breached_at=None,
        reopen_count=incident.reopen_count + 1,
    )
    incident.gate_results.all().delete()  # recovered then says nothing of now; the timeline keeps both
    end_watch(incident, now=now, reason="Reopened")
    response.start_clock(incident, start=now)
    rearm(incident, now=now)
    record(incident, EventKind.REOPENED, by=by, text=reason, data={"count": incident.reopen_count})
    incident.refresh_from_db()
    return incident


reopen = action(reopen_incident)


def may_reopen(incident: Incident) -> bool:
    """Return whether a resolved incident can still be reopened: within the window, or while it is observed."""
    if incident.resolved_at is None:
        return False
    watch = getattr(incident, "observation", None)
    if watch is not None and watch.ended_at is None:
        return True
    return clock.now() <= incident.resolved_at + timedelta(hours=IncidentSettings.load().reopen_hours)


@action
def close(*, by: Actor, incident: Incident, expected_version: int | None = None) -> Incident:
    """End the paperwork: observation over, post-mortem published where required. Raises ``Blocked`` with the list."""
    incident = locked(incident)
    if incident.status != Status.RESOLVED:
        raise InvalidTransition(incident, Status.CLOSED)
    require_commander(by, incident, "close an incident")
    require_unblocked(incident, Status.CLOSED, by=by)
    move(incident, Status.CLOSED, expected_version=expected_version, ended_at=clock.now())
    record(incident, EventKind.CLOSED, by=by, data={"from": Status.RESOLVED})
    return incident


@action
def cancel(*, by: Actor, incident: Incident, reason: str, expected_version: int | None = None) -> Incident:
    """Call it off as no incident; it counts as a false alarm only. In triage any responder may (R19)."""
    require_responder(by)
    incident, reason = locked(incident), clean(reason)
    if Status.CANCELLED not in _next_of(incident):
        raise InvalidTransition(incident, Status.CANCELLED)
    if incident.status != Status.REPORTED:
        require_commander(by, incident, "cancel an incident")
    if not reason:
        raise Invalid("Say why this is not an incident.", field="reason")
    now = clock.now()
    before = move(incident, Status.CANCELLED, expected_version=expected_version, ended_at=now)
    _stop_everything(incident)
    end_watch(incident, now=now, reason="Cancelled")
    end_watch_rules(incident, now=now)
    record(incident, EventKind.CANCELLED, by=by, text=reason, data={"from": before})
    return incident


def _next_of(incident: Incident) -> set[Status]:
    return {to for to, sources in SOURCES.items() if incident.status in sources}


@action
def merge(
    *, by: Actor, incident: Incident, into: Incident, reason: str = "", expected_version: int | None = None
) -> Incident:
    """End this incident as part of another active one; its people and alerts move over. Return the one that goes on."""
    require_responder(by)
    if incident.pk == into.pk:
        raise Invalid("An incident cannot be merged into itself.", field="into")
    # Locked in the order of their keys, so that two merges in opposite directions cannot wait for each other.
    rows = {
        row.pk: row
        for row in Incident.objects.select_for_update().filter(pk__in=[incident.pk, into.pk]).order_by("pk")
    }
    incident, into = rows[incident.pk], rows[into.pk]
    if Status.MERGED not in _next_of(incident):
        raise InvalidTransition(incident, Status.MERGED)
    if not into.is_active:
        raise Conflict(
            f"{into.reference} is {into.get_status_display().lower()}: merge into an active incident."
        )
    if into.is_drill != incident.is_drill:
        raise Conflict("A drill and a real incident cannot be merged.")
    if incident.status != Status.REPORTED:
        require_commander(by, incident, "merge an incident")
    if incident.status != Status.REPORTED and incident.severity < into.severity:
        # The worse of the two goes on: otherwise its unanswered pages would end with it.
        why = f"{incident.reference} was merged in"
        into = set_severity(by=by, incident=into, severity=incident.severity, reason=why)
    now = clock.now()
    before = move(incident, Status.MERGED, expected_version=expected_version, merged_into=into, ended_at=now)
    _stop_everything(incident)
    _move_people(incident, into)
    # The entry is read by all who see this incident. Who may know of a private one finds it in ``merged_into``.
    data = {"into": "" if into.is_private else into.reference, "from": before}
    record(incident, EventKind.MERGED, by=by, text=reason, data=data)
    title = "" if incident.is_private else incident.title  # who sees the other one need not know of this
    merged = {"merged": incident.reference, "merged_pk": incident.pk, "title": title}
    record(into, EventKind.MERGED_IN, by=by, text=reason, data=merged)
    into.refresh_from_db()
    return into


def _move_people(source: Incident, target: Incident) -> None:
    now = clock.now()
    people = source.responders.filter(left_at=None).values_list("user_id", flat=True)
    rows = [Responder(incident=target, user_id=user, joined_at=now) for user in people]
    Responder.objects.bulk_create(rows, ignore_conflicts=True)
    target.components.add(*source.components.all())


def _stop_everything(incident: Incident) -> None:
    """Cancel what this app has armed; the apps above do the same when they hear of it.

    Roles stay with who held them last, as a record; only of a merged incident the leads' end.
    """
    now = clock.now()
    Reminder.objects.filter(incident=incident, state=Reminder.State.ARMED).update(
        state=Reminder.State.CANCELLED
    )
    incident.role_offers.filter(state="open").update(state="withdrawn")
    if incident.status == Status.MERGED:
        RoleAssignment.objects.filter(incident=incident, until=None).exclude(
            role=RoleDefinition.Key.COMMANDER
        ).update(until=now)
