"""This app's things that come due, for ``settings.DUE_SOURCES``."""

from datetime import datetime

from django.db.models import Min

from common.due import DueSource
from escalation import engine
from escalation.models import EscalationTimer


def next_due() -> datetime | None:
    """Return when the earliest armed timer is due (UTC), or ``None``."""
    armed = EscalationTimer.objects.filter(state=EscalationTimer.State.ARMED)
    at: datetime | None = armed.aggregate(at=Min("due_at"))["at"]
    return at


TIMERS = DueSource("escalation timers", next_due, engine.tick)
