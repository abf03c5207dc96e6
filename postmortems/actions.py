"""What can be done with a post-mortem record so far."""

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from accounts.actor import Actor
from accounts.models import User
from accounts.write import action
from common import clock
from common.errors import Conflict, Invalid, NotAllowed
from common.text import clean_line
from incidents.access import is_commander, require_responder
from incidents.events import record
from incidents.models import EventKind, Incident
from incidents.state import locked
from postmortems.models import PostMortem

_is_url = URLValidator(schemes=["http", "https"])


@action
def assign(*, by: Actor, postmortem: PostMortem, owner: User) -> PostMortem:
    """Make somebody responsible for the writing (R62); return the record. Twice is once.

    Raises ``Invalid`` for somebody who cannot write.
    """
    require_responder(by)
    if not owner.can_respond:
        raise Invalid(f"{owner} cannot write it: the account is inactive or may only look.", field="owner")
    incident, postmortem = _locked(postmortem)
    if postmortem.owner_id == owner.pk:
        return postmortem
    data = {"owner": owner.pk, "owner_label": str(owner), "previous_label": str(postmortem.owner or ""),
            "headline": f"made {owner} responsible for the post-mortem"}  # fmt: skip
    PostMortem.objects.filter(pk=postmortem.pk).update(owner=owner)
    record(incident, EventKind.POSTMORTEM_ASSIGNED, by=by, data=data)
    postmortem.refresh_from_db()
    return postmortem


@action
def publish_elsewhere(*, by: Actor, postmortem: PostMortem, url: str) -> PostMortem:
    """Record where the published text stands; return the record. The owner may, and the commander. Twice is once."""
    require_responder(by)
    if (by.user is None or postmortem.owner_id != by.user.pk) and not is_commander(by, postmortem.incident):
        raise NotAllowed("Only the post-mortem's owner or the Incident Commander can publish it.")
    url = clean_line(url)
    try:
        _is_url(url)
    except ValidationError:
        raise Invalid(
            "Give the address of the published post-mortem, beginning with https://.", field="url"
        ) from None
    if len(url) > 500:
        raise Invalid("This address is longer than 500 characters.", field="url")
    incident, postmortem = _locked(postmortem)
    before = postmortem.external_url
    if postmortem.state == PostMortem.State.PUBLISHED and before == url:
        return postmortem
    fields = {"state": PostMortem.State.PUBLISHED, "external_url": url}
    PostMortem.objects.filter(pk=postmortem.pk).update(**fields)
    PostMortem.objects.filter(pk=postmortem.pk, published_at=None).update(published_at=clock.now())
    data = {"url": url, "headline": "published the post-mortem"} | (
        {"previous_url": before} if before else {}
    )
    record(incident, EventKind.POSTMORTEM_PUBLISHED, by=by, text=url, data=data)
    postmortem.refresh_from_db()
    return postmortem


def _locked(postmortem: PostMortem) -> tuple[Incident, PostMortem]:
    """Return the incident and its record as they are now, locked until the transaction ends: the incident first."""
    incident = locked(postmortem.incident)
    row = PostMortem.objects.select_for_update(of=["self"], no_key=True).filter(pk=postmortem.pk).first()
    if row is None:
        raise Conflict("This incident was cancelled meanwhile: it needs no post-mortem.", code="gone")
    return incident, row
