"""What happens to the post-mortem when something happens to its incident (R62)."""

from datetime import timedelta

from accounts import calendars
from accounts.models import User
from common import clock
from common.businesstime import business_day_on_or_after
from incidents.models import Event, EventKind, Incident, RoleAssignment, RoleDefinition, Severity
from postmortems.models import PostMortem

DUE_DAYS = 7


def on_event(event: Event) -> None:
    """Open the record when an incident is resolved; drop an empty one when it turns out to be none."""
    if event.kind == EventKind.RESOLVED:
        _open(event.incident)
    elif event.kind == EventKind.CANCELLED:
        PostMortem.objects.filter(incident=event.incident).exclude(state=PostMortem.State.PUBLISHED).delete()


def _open(incident: Incident) -> None:
    """Open the post-mortem, or go on with an earlier resolution's: due when the business day of day seven ends."""
    calendar = calendars.for_team(incident.team)
    now = clock.now()
    day = (now + timedelta(days=DUE_DAYS)).astimezone(calendar.zone).date()
    _, closing = business_day_on_or_after(calendar, day)
    record, created = PostMortem.objects.get_or_create(
        incident=incident,
        defaults={
            "is_required": incident.peak_severity <= Severity.SEV2 and not incident.is_drill,
            "owner": _owner(incident),
            "due_at": closing,
            "created_at": now,
        },
    )
    if not created:
        required = incident.peak_severity <= Severity.SEV2 and not incident.is_drill
        PostMortem.objects.filter(pk=record.pk).update(due_at=closing, is_required=required)
    record.participants.set(incident.responders.values_list("user_id", flat=True))


def _owner(incident: Incident) -> User | None:
    """Return who leads the writing: the commander, else the technical lead, else who acknowledged."""
    held = RoleAssignment.objects.filter(incident=incident, until=None).select_related("user")
    by_role = {assignment.role: assignment.user for assignment in held}
    keys = RoleDefinition.Key
    return by_role.get(keys.COMMANDER) or by_role.get(keys.TECH_LEAD) or incident.acknowledged_by
