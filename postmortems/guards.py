"""What post-mortems ask for before an incident is closed."""

from collections.abc import Iterable

from accounts.actor import Actor
from common.errors import Blocker
from incidents.models import Incident, Status
from postmortems.models import PostMortem


def published(incident: Incident, to: Status, by: Actor, proposed: dict[str, str]) -> Iterable[Blocker]:
    """Closing a SEV-1 or SEV-2 (by peak) needs its post-mortem published (R62)."""
    if to != Status.CLOSED:
        return
    missing = PostMortem.objects.filter(incident=incident, is_required=True).exclude(
        state=PostMortem.State.PUBLISHED
    )
    if missing.exists():
        sentence = "The post-mortem is required and not published yet."
        yield Blocker(sentence, f"{incident.get_absolute_url()}#postmortem", "postmortem")
