"""“I have the pager”: the incoming person confirms a hand-over (R52)."""

from accounts import audit
from accounts.actor import Actor
from accounts.write import action
from common import clock
from common.errors import NotAllowed
from oncall import handovers
from oncall.models import ShiftChange


@action
def confirm_hand_over(*, by: Actor, change: ShiftChange) -> ShiftChange:
    """Write down that the incoming person has the pager, and end the reminder; return the hand-over. Twice is once.

    Raises ``NotAllowed`` for everybody else.
    """
    if by.user is None or by.user.pk != change.incoming_id:
        raise NotAllowed("Only who has the pager now confirms that they have it.")
    now = clock.now()
    first = ShiftChange.objects.filter(pk=change.pk, acknowledged_at=None)
    if first.update(acknowledged_at=now, remind_at=None):
        handovers.settle_reminder(change)
        data = {"hand_over": change.pk, "at": change.at}
        audit.record(by=by, action="hand_over.confirmed", about=change.schedule, data=data)
    change.refresh_from_db()
    return change
