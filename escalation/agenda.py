"""The agendas of the weekly and monthly reviews (R12): what the matrix put there, and that it was talked about."""

from accounts.actor import Actor
from accounts.write import action
from common import clock
from escalation.models import AgendaItem
from incidents.access import require_responder


@action
def discuss(*, by: Actor, item: AgendaItem) -> AgendaItem:
    """Mark an item as discussed (R12); return it. Twice is once: the first time stands, and who said so."""
    require_responder(by)
    AgendaItem.objects.filter(pk=item.pk, discussed_at=None).update(
        discussed_at=clock.now(), discussed_by=by.user
    )
    item.refresh_from_db(fields=["discussed_at", "discussed_by"])
    return item
