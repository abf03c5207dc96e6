"""Next pages and unanswered ones as other pages show them (``INCIDENT_GLANCES``, ``WAITING_FOR_ME``)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import Exists, OuterRef

from accounts.models import User
from common import clock
from escalation.models import Escalation, EscalationTimer, Page
from incidents.glance import Glance, Waiting
from incidents.models import ACTIVE_STATUSES, Incident
from oncall.models import EscalationRole

_KINDS = (EscalationTimer.Kind.RULE, EscalationTimer.Kind.NEXT)


def next_pages(incidents: Sequence[Incident]) -> dict[int, list[Glance]]:
    """Return who is paged next on each incident, and when: the earliest armed step; or that nobody could be paged."""
    armed = EscalationTimer.objects.filter(
        incident__in=[incident.pk for incident in incidents],
        state=EscalationTimer.State.ARMED,
        kind__in=_KINDS,
        due_at__gt=clock.now(),
    ).order_by("due_at")
    found: dict[int, list[Glance]] = defaultdict(list, _nobody_was_asked(incidents))
    for timer in armed:
        if timer.rule.get("action", "page") == "page" and not found[timer.incident_id]:
            found[timer.incident_id].append(Glance(f"{EscalationRole(timer.role).label} paged", timer.due_at))
    return found


def _nobody_was_asked(incidents: Sequence[Incident]) -> dict[int, list[Glance]]:
    """Return a red word for each incident whose escalation came to its end without anybody it could ask."""
    in_vain = Escalation.objects.filter(
        incident__in=[incident.pk for incident in incidents if incident.is_active], exhausted_at__isnull=False
    )
    asked = Page.objects.filter(incident=OuterRef("incident"), epoch__gte=OuterRef("first_epoch"))
    found = in_vain.filter(~Exists(asked)).values_list("incident", flat=True)
    return {pk: [Glance("", state="overdue", note="Nobody could be asked")] for pk in found}


def open_pages(user: User) -> Iterable[Waiting]:
    """Yield the pages that this person has not answered, one for each incident."""
    pages = Page.objects.filter(
        user=user, state=Page.State.OPEN, needs_answer=True, incident__status__in=ACTIVE_STATUSES
    )
    incidents = {page.incident_id: page.incident for page in pages.select_related("incident")}
    for incident in incidents.values():
        url = f"{incident.get_absolute_url()}#escalation"
        yield Waiting("You are paged: do you have it?", url, incident, is_urgent=True)
