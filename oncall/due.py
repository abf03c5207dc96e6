"""This app's things that come due, for ``settings.DUE_SOURCES``."""

import logging
from datetime import datetime

from django.db import transaction

from accounts.actor import SYSTEM
from common import clock
from common.due import DueSource, Resting
from oncall import handovers, shiftchanges
from oncall.absences import ABSENCES
from oncall.actions.cover import lapse
from oncall.foreign.reading import CALENDARS
from oncall.models import CoverRequest

logger = logging.getLogger(__name__)
BATCH = 200
_resting = Resting()


def _next_lapse() -> datetime | None:
    asked = CoverRequest.objects.filter(state=CoverRequest.State.ASKED)
    rows = asked.exclude(pk__in=_resting.now(clock.now())).order_by("lapses_at")
    return rows.values_list("lapses_at", flat=True).first()


def _sweep_lapsed(now: datetime) -> int:
    due = CoverRequest.objects.filter(state=CoverRequest.State.ASKED, lapses_at__lte=now)
    handled = 0
    for pk in (
        due.exclude(pk__in=_resting.now(now)).order_by("lapses_at").values_list("pk", flat=True)[:BATCH]
    ):
        try:
            with transaction.atomic(durable=True):
                request = CoverRequest.objects.select_related("schedule", "asked_by", "asked_of").get(pk=pk)
                handled += lapse(request, SYSTEM, now)
        except Exception:
            _resting.add(pk, now)
            logger.exception("cover.lapse_failed", extra={"request": pk})
    return handled


COVER_REQUESTS = DueSource("cover requests", _next_lapse, _sweep_lapsed)
SHIFT_CHANGES = DueSource("shift changes", shiftchanges.next_due, shiftchanges.sweep)
HAND_OVERS = DueSource("hand-overs", handovers.next_due, handovers.sweep)

__all__ = ["ABSENCES", "CALENDARS", "COVER_REQUESTS", "HAND_OVERS", "SHIFT_CHANGES"]
