"""Who hears of what on an incident."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from accounts.models import User
from incidents.models import Incident, Responder, RoleAssignment, RoleDefinition, Severity

Role = RoleDefinition.Key


def holders(incident: Incident, role: str) -> list[User]:
    """Return who holds a role of the response now."""
    rows = RoleAssignment.objects.filter(incident=incident, role=role, until=None, user__is_active=True)
    return [row.user for row in rows.select_related("user")]


def on_call(incident: Incident, at: datetime) -> list[User]:
    """Return who is on call for the incident (``settings.ON_CALL_RESOLVER``)."""
    return list(import_string(settings.ON_CALL_RESOLVER)(incident, at))


def of_matrix(incident: Incident, role: str, at: datetime) -> list[User]:
    """Return the first people who fill a role of the escalation matrix (``settings.ROLE_RESOLVER``), or nobody."""
    positions: Iterable[Any] = import_string(settings.ROLE_RESOLVER)(incident, role, at)
    first: list[Any] = next((targets for targets in positions if targets), [])
    return [target.user for target in first]


def communicator(incident: Incident, at: datetime) -> list[User]:
    """Return who writes the updates: the Communications Lead, else the commander, else who is on call."""
    return holders(incident, Role.COMMS_LEAD) or commander(incident, at)


def commander(incident: Incident, at: datetime) -> list[User]:
    """Return the commander, else who is on call."""
    return holders(incident, Role.COMMANDER) or on_call(incident, at)


def manager(incident: Incident, at: datetime) -> list[User]:
    """Return the engineering manager, else the commander, so that somebody hears of it."""
    return of_matrix(incident, "manager", at) or commander(incident, at)


def of_update(incident: Incident, at: datetime) -> list[User]:
    """Return who is told of an internal update: responders, the team, and the manager on SEV-1 and SEV-2."""
    people = [
        row.user for row in Responder.objects.filter(incident=incident, left_at=None).select_related("user")
    ]
    if incident.team is not None:
        people += incident.team.members.all()
    if incident.severity <= Severity.SEV2:
        people += of_matrix(incident, "manager", at)
    return [user for user in {user.pk: user for user in people}.values() if may_know(user, incident)]


def may_know(user: User, incident: Incident) -> bool:
    """Return whether a person may know of the incident; asks the database only for private ones."""
    if not incident.is_private:
        return user.is_active
    return Incident.objects.visible_to(user).filter(pk=incident.pk).exists()
