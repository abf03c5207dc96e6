"""The agendas of the weekly and monthly reviews (R12): what the matrix put there, and that it was talked about."""

from accounts.actor import Actor
from accounts.write import action
from common import clock
from escalation.models import AgendaItem
from incidents.access import require_responder


@action
def discuss(*, by: Actor, item: AgendaItem) -> AgendaItem:
    """Mark an item as discussed; return it. Twice is once: the first time stands."""
    require_responder(by)
    AgendaItem.objects.filter(pk=item.pk, discussed_at=None).update(discussed_at=clock.now())
    item.refresh_from_db(fields=["discussed_at"])
    return item
