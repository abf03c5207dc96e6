"""What can be done with a post-mortem record so far."""

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from accounts.actor import Actor
from accounts.models import User
from accounts.write import action
from common import clock
from common.errors import Invalid, NotAllowed
from common.text import clean_line
from incidents.access import is_commander, require_responder
from postmortems.models import PostMortem

_is_url = URLValidator(schemes=["http", "https"])


@action
def assign(*, by: Actor, postmortem: PostMortem, owner: User) -> PostMortem:
    """Make somebody responsible for the writing; return the record."""
    require_responder(by)
    if not owner.can_respond:
        raise Invalid(f"{owner} cannot write it: the account is inactive or may only look.", field="owner")
    PostMortem.objects.filter(pk=postmortem.pk).update(owner=owner)
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
    fields = {"state": PostMortem.State.PUBLISHED, "external_url": url}
    PostMortem.objects.filter(pk=postmortem.pk).update(**fields)
    PostMortem.objects.filter(pk=postmortem.pk, published_at=None).update(published_at=clock.now())
    postmortem.refresh_from_db()
    return postmortem
