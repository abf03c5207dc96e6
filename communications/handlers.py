"""What this app does when something happens on an incident: it writes rows, in the same transaction."""

from collections.abc import Callable

from communications import notices, updates
from incidents.models import Event, EventKind, Status


def on_event(event: Event) -> None:
    """Called synchronously by ``incidents.events.record``: keeps the update clock, and tells whom it concerns."""
    handler = _CLOCK.get(event.kind)
    if handler is not None:
        handler(event)
    notices.send(event)


def _start(event: Event) -> None:
    updates.start(event.incident, event.recorded_at)


def _restart(event: Event) -> None:
    updates.restart(event.incident, event.recorded_at)


def _stop(event: Event) -> None:
    updates.stop(event.incident, event.recorded_at, note=f"The incident was {event.kind}")


def _new_severity(event: Event) -> None:
    severity = event.incident.get_severity_display()
    updates.changed_pace(event.incident, event.recorded_at, why=f"The severity is {severity} now.")


def _new_status(event: Event) -> None:
    # Only monitoring has a pace of its own: any other step leaves a promised time alone.
    if Status.MONITORING in (event.data.get("from"), event.data.get("to")):
        monitored = event.data.get("to") == Status.MONITORING
        why = "The incident is monitored now." if monitored else "The incident is not monitored any more."
        updates.changed_pace(event.incident, event.recorded_at, why=why)


_CLOCK: dict[str, Callable[[Event], None]] = {
    EventKind.DECLARED: _start,
    EventKind.REOPENED: _restart,
    EventKind.RESOLVED: _stop,
    EventKind.CLOSED: _stop,
    EventKind.CANCELLED: _stop,
    EventKind.MERGED: _stop,
    EventKind.SEVERITY_CHANGED: _new_severity,
    EventKind.STATUS_CHANGED: _new_status,
}
