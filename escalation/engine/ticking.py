"""The sweep that finds what has to be done in an escalation, incident by incident."""

import logging
import time
from datetime import datetime

from django.db import transaction

from common import progress
from common.crashpoints import crash_point
from escalation.engine import broken, leavers
from escalation.engine.firing import fire_due
from escalation.engine.run import begin
from escalation.engine.timers import State
from escalation.models import EscalationTimer

logger = logging.getLogger(__name__)

SWEEP_LIMIT = 1000
# After so long the other sources get their turn: pages that are written have to be sent, too.
SWEEP_SECONDS = 0.25
# But so many incidents are looked at in any case, however slow the machine is.
AT_LEAST = 10


def tick(now: datetime) -> int:
    """Fire every timer that is due, incident by incident, and replace who has left; return how much was settled.

    Each incident is one transaction under its own lock, so clocks may run side by side: who comes second finds nothing
    left, and an incident that somebody holds is left for the next sweep.
    """
    due = EscalationTimer.objects.filter(state=State.ARMED, due_at__lte=now)
    found = (
        due.exclude(pk__in=broken.resting(now)).order_by("due_at", "pk").values_list("incident_id", flat=True)
    )
    settled, deadline = 0, time.monotonic() + SWEEP_SECONDS
    for number, pk in enumerate(dict.fromkeys(found[:SWEEP_LIMIT]), start=1):
        settled += _tick_incident(pk, now)
        progress.made()
        if number >= AT_LEAST and time.monotonic() > deadline:
            break
    return settled + leavers.sweep(now)


def _tick_incident(pk: int, now: datetime) -> int:
    try:
        with transaction.atomic():
            run = begin(pk, now, skip_locked=True)
            settled = fire_due(run) if run else 0
            crash_point("engine.after_tick")
        crash_point("engine.after_tick_commit")
    except Exception:
        logger.exception("escalation.tick_failed", extra={"incident_pk": pk})
        return 0
    return settled
