"""Who was paged and is no longer there: their account was switched off or deleted, by whomever and however.

The clock finds them, so that no way of removing somebody has to know that they may have an incident.
"""

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet

from common import progress
from common.due import Resting
from communications import outbox
from escalation.engine import timers, wording
from escalation.engine.answers import ask_further
from escalation.engine.paging import ask_anew, has_it, holders, is_asking, topic
from escalation.engine.run import Run, begin
from escalation.engine.sequence import ROLES
from escalation.models import Page
from incidents import events
from incidents.models import EventKind, Status

logger = logging.getLogger(__name__)

WORKED_ON = (Status.INVESTIGATING, Status.MITIGATING, Status.MONITORING)
AT_ONCE = 50
_resting = Resting()


def sweep(now: datetime) -> int:
    """Ask others instead of everybody who has a page and can no longer sign in; return how many incidents that were.

    Each incident is one transaction under its own lock; one that somebody holds is left for the next sweep.
    """
    found = _pages_of_leavers().exclude(incident__in=_resting.now(now)).order_by("incident")
    incidents = found.values_list("incident", flat=True).distinct()
    replaced = 0
    for pk in incidents[:AT_ONCE]:
        replaced += _replace_in(pk, now)
        progress.made()
    return replaced


def _pages_of_leavers() -> QuerySet[Page]:
    gone = Q(user=None) | Q(user__is_active=False)
    return Page.objects.filter(
        gone,
        state__in=[Page.State.OPEN, Page.State.ACKNOWLEDGED],
        needs_answer=True,
        incident__status__in=WORKED_ON,
        epoch__gte=F("incident__escalation__first_epoch"),
    )


def _replace_in(pk: int, now: datetime) -> bool:
    try:
        with transaction.atomic():
            run = begin(pk, now, skip_locked=True)
            return run is not None and _replace(run)
    except Exception:
        _resting.add(pk, now)
        logger.exception("escalation.leaver_not_replaced", extra={"incident_pk": pk})
        return False


def _replace(run: Run) -> bool:
    pages = list(_pages_of_leavers().filter(incident=run.incident).order_by("pk"))
    if not pages:
        return False
    had_it = {page.role: page for page in pages if page.state == Page.State.ACKNOWLEDGED}
    owed_it = {page.role: page for page in pages if page.role not in had_it}
    who = wording.names(list(dict.fromkeys(page.user_label for page in pages)))
    _end(run, pages, f"{who} can no longer sign in")
    _record(run, pages, who, had_it=bool(had_it))
    for role in had_it:
        if not has_it(run, role) and (role in ROLES or not holders(run)):
            ask_anew(run, role, why=f"{who} had it and can no longer sign in")
    for role, page in owed_it.items():
        if not is_asking(run, role) and not has_it(run, role):
            ask_further(run, role, after=page.position, why=f"{who} can no longer sign in")
    return True


def _end(run: Run, pages: list[Page], note: str) -> None:
    Page.objects.filter(pk__in=[page.pk for page in pages]).update(state=Page.State.STOPPED, note=note[:200])
    outbox.cancel(*[topic(page.pk) for page in pages], note=note)
    for user_pk in {page.user_id for page in pages if page.user_id is not None}:
        timers.end_expiries(run, user_pk, note)


def _record(run: Run, pages: list[Page], who: str, *, had_it: bool) -> None:
    lost = "had it and" if had_it else "was asked and"
    events.record(
        run.incident,
        EventKind.ESCALATION_CHANGED,
        by=run.by,
        text=f"{who} {lost} can no longer sign in.",
        data={
            "pages": [page.pk for page in pages],
            "roles": sorted({page.role for page in pages}),
            "headline": f"asks somebody else: {who} can no longer sign in",
        },
    )
