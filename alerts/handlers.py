"""What alerts do when something happens to their incident."""

from alerts.models import Alert
from common import clock
from incidents.models import Event, EventKind

_OVER = {EventKind.RESOLVED, EventKind.CANCELLED, EventKind.CLOSED}


def on_event(event: Event) -> None:
    """Move alerts along with a merge; end them with their incident, so that the next one like it pages again.

    An alert that stayed open after its incident was resolved would swallow every repeat as "already known".
    """
    open_alerts = Alert.objects.filter(incident=event.incident, state=Alert.State.OPEN)
    if event.kind == EventKind.MERGED:
        Alert.objects.filter(incident=event.incident).update(incident_id=event.incident.merged_into_id)
    elif event.kind in _OVER:
        open_alerts.update(state=Alert.State.RESOLVED, resolved_at=clock.now())
