"""The door from a URL to a post-mortem: who may know of the incident may know of it."""

from django.db.models import QuerySet

from accounts.models import User
from common.errors import NotFound
from incidents.access import incident_for
from incidents.models import Incident
from postmortems.models import PostMortem


def visible_to(user: User) -> QuerySet[PostMortem]:
    """Return the post-mortems of incidents that this person may know of, the one due first on top."""
    return PostMortem.objects.filter(incident__in=Incident.objects.visible_to(user))


def postmortem_for(user: User, reference: str) -> PostMortem:
    """Return the post-mortem of an incident. Raises ``NotFound`` if there is none yet."""
    incident = incident_for(user, reference)
    found = PostMortem.objects.filter(incident=incident).select_related("incident", "owner").first()
    if found is None:
        raise NotFound(
            f"{incident.reference} has no post-mortem yet: it opens when the incident is resolved."
        )
    return found
