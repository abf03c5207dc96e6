"""What this app does when something happens on an incident: it writes rows, in the same transaction."""

from incidents.models import Event


def on_event(event: Event) -> None:
    """Called synchronously by ``incidents.events.record``."""
