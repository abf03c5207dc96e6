"""The update clock as other pages show it (``settings.INCIDENT_GLANCES``)."""

from collections import defaultdict
from collections.abc import Sequence

from communications.models import Audience, UpdateClock
from incidents.glance import Glance
from incidents.models import Incident


def update_clocks(incidents: Sequence[Incident]) -> dict[int, list[Glance]]:
    """Return when the next internal update of each incident is due (R39), in one query."""
    running = UpdateClock.objects.filter(
        incident__in=[incident.pk for incident in incidents], audience=Audience.INTERNAL, stopped_at=None
    )
    found: dict[int, list[Glance]] = defaultdict(list)
    for clock in running:
        found[clock.incident_id].append(Glance("Update", clock.due_at))
    return found
