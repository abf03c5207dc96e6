"""The only doors from a URL to an incident: 404 for those who may not know of it, 403 for those who may only look."""

import re

from accounts.actor import Actor
from accounts.models import User
from common.errors import NotAllowed, NotFound
from incidents.models import Incident, RoleAssignment, RoleDefinition

_REFERENCE = re.compile(r"^(?:INC-)?([0-9]{1,9})$", re.IGNORECASE)


def incident_for(user: User, reference: str) -> Incident:
    """Return the incident that ``INC-42`` (or ``42``) names if this person may know of it. Raises ``NotFound``."""
    match = _REFERENCE.match(reference)
    incident = Incident.objects.visible_to(user).filter(number=int(match[1])).first() if match else None
    if incident is None:
        raise NotFound(f"There is no incident {reference[:20]}.")
    return incident


def may_know(user: User, incident: Incident | None) -> bool:
    """Return whether this person may know of an incident that another one names."""
    if incident is None or not incident.is_private:
        return incident is not None
    return Incident.objects.visible_to(user).filter(pk=incident.pk).exists()


def require_responder(by: Actor) -> None:
    """Raise ``NotAllowed`` unless the actor may write on incidents."""
    if not by.can_respond:
        raise NotAllowed(
            "Your role lets you look but not change anything. Ask an admin for the responder role."
        )


def holds(by: Actor, incident: Incident, *roles: str) -> bool:
    """Return whether the actor holds one of these incident roles now."""
    if by.user is None:
        return False
    return RoleAssignment.objects.filter(incident=incident, user=by.user, role__in=roles, until=None).exists()


def is_commander(by: Actor, incident: Incident) -> bool:
    """Return whether the actor is the incident's commander, or a deputy by access role (R07)."""
    return by.can_command or holds(by, incident, RoleDefinition.Key.COMMANDER)


def require_commander(by: Actor, incident: Incident, what: str) -> None:
    """Raise ``NotAllowed`` unless the actor commands this incident. ``what`` completes "Only … may"."""
    require_responder(by)
    if not is_commander(by, incident):
        raise NotAllowed(
            f"Only the Incident Commander (or a deputy) may {what}. You can take the role on this page."
        )


def require_commander_or_lead(by: Actor, incident: Incident, what: str) -> None:
    """Raise ``NotAllowed`` unless the actor is the commander or the technical lead."""
    require_responder(by)
    if not is_commander(by, incident) and not holds(by, incident, RoleDefinition.Key.TECH_LEAD):
        raise NotAllowed(f"Only the Incident Commander or the Technical Lead may {what}.")
