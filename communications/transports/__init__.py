"""The ways out. Each transport is a module with ``send(outgoing)``; all look alike."""

from communications.models import Delivery
from communications.transports import (
    discord,
    email,
    inapp,
    mattermost,
    ntfy,
    slack,
    teams,
    telegram,
    twilio,
    webhook,
    webpush,
)
from communications.transports.base import Transport, TransportError

TRANSPORTS: dict[str, Transport] = {
    Delivery.EMAIL: email.send,
    Delivery.IN_APP: inapp.send,
    Delivery.Transport.SMS: twilio.send_sms,
    Delivery.Transport.VOICE: twilio.send_voice,
    Delivery.Transport.NTFY: ntfy.send,
    Delivery.Transport.SLACK: slack.send,
    Delivery.Transport.TELEGRAM: telegram.send,
    Delivery.Transport.TEAMS: teams.send,
    Delivery.Transport.MATTERMOST: mattermost.send,
    Delivery.Transport.DISCORD: discord.send,
    Delivery.Transport.WEBHOOK: webhook.send,
    Delivery.Transport.WEB_PUSH: webpush.send,
}


def get(name: str) -> Transport:
    """Return a transport. Raises ``TransportError`` (permanent) for a name that is not known (any more)."""
    try:
        return TRANSPORTS[name]
    except KeyError as error:
        raise TransportError(f"There is no transport “{name}”.", permanent=True) from error
