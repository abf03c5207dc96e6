"""Into the application itself: a row that the person finds under "My notifications"."""

from common import clock
from common.text import clean_line
from communications.models import Notification
from communications.transports.base import Outgoing, TransportError


def send(outgoing: Outgoing) -> None:
    """Write the notification; twice is once. Raises ``TransportError`` when there is nobody to write it to."""
    if outgoing.user is None:
        raise TransportError("This person is gone.", permanent=True)
    row = Notification(
        user=outgoing.user,
        incident=outgoing.incident,
        kind=outgoing.kind,
        title=clean_line(outgoing.subject, limit=200),
        text=outgoing.text,
        path=outgoing.path,
        dedupe_key=outgoing.key,
        created_at=clock.now(),
    )
    Notification.objects.bulk_create([row], ignore_conflicts=True)
