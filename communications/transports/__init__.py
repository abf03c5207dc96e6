"""The ways out. Each transport is a module with ``send(outgoing)``; all look alike."""

from communications.models import Delivery
from communications.transports import email, inapp
from communications.transports.base import Transport, TransportError

TRANSPORTS: dict[str, Transport] = {Delivery.EMAIL: email.send, Delivery.IN_APP: inapp.send}


def get(name: str) -> Transport:
    """Return a transport. Raises ``TransportError`` (permanent) for a name that is not known (any more)."""
    try:
        return TRANSPORTS[name]
    except KeyError as error:
        raise TransportError(f"There is no transport “{name}”.", permanent=True) from error
