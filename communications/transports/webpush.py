"""Web Push: to a browser that its person has allowed to show notifications, by the browser maker's push service.

The address is the subscription's; its two keys are the method's secret. A service that answers 404 or 410 says that the
subscription is gone: the method is switched off, and the person's next one is used.
"""

import hashlib
import json
from email.utils import parseaddr

from django.conf import settings

from common import clock, webpush
from common.outbound import Answer
from communications.transports import calling, wording
from communications.transports.base import Outgoing, TransportError

WHO = "The push service"
GONE = {404, 410}
# How long the service keeps a message for a browser that is off: a page is old after that.
KEPT_SECONDS = 30 * 60
MAX_TITLE, MAX_BODY, MAX_LINKS = 200, 900, 1600


def send(outgoing: Outgoing) -> None:
    """Send one message. Raises ``TransportError``, with ``gone`` when nobody listens any more."""
    browser_key, auth = _keys(outgoing.secret)
    body = webpush.encrypt(_payload(outgoing), browser_key, auth)
    try:
        sender = sender_key()
    except ValueError as error:
        raise TransportError("WEB_PUSH_KEY is not a key.", permanent=True) from error
    contact = f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}"
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Encoding": "aes128gcm",
        "TTL": str(KEPT_SECONDS),
        "Urgency": "high" if wording.is_page(outgoing) else "normal",
        # A message that is tried again takes the place of the first one.
        "Topic": webpush.b64(hashlib.sha256(outgoing.key.encode()).digest())[:32],
        "Authorization": webpush.authorization(outgoing.address, sender, contact, clock.now()),
    }
    try:
        calling.post(WHO, outgoing.address, body, headers, explain=_explain)
    except TransportError as error:
        if error.status in GONE:
            raise TransportError("This browser's subscription is gone.", permanent=True, gone=True) from error
        raise


def sender_key() -> object:
    """Return this installation's key: ``WEB_PUSH_KEY``, else one made from ``SECRET_KEY``."""
    return webpush.private_key(settings.WEB_PUSH_KEY, settings.SECRET_KEY)


def _keys(secret: str) -> tuple[bytes, bytes]:
    try:
        browser_key, auth = (webpush.unb64(part) for part in secret.split("."))
    except ValueError as error:
        raise TransportError("This browser's keys are missing.", permanent=True) from error
    return browser_key, auth


def _payload(outgoing: Outgoing) -> bytes:
    """Return what the worker in the browser shows. With links that leave no room it has none: the app is opened."""
    is_page = wording.is_page(outgoing) and bool(outgoing.url)
    fits = len(outgoing.url) * 2 <= MAX_LINKS
    said = {
        "title": wording.cut_bytes(outgoing.subject, MAX_TITLE),
        "body": wording.cut_bytes(outgoing.text, MAX_BODY),
        "tag": hashlib.sha256(outgoing.key.encode()).hexdigest()[:16],
        "is_page": wording.is_page(outgoing),
        "url": outgoing.url if fits else settings.SITE_URL,
        "acknowledge": f"{outgoing.url}acknowledge/" if is_page and fits else "",
    }
    return json.dumps(said, ensure_ascii=False).encode("utf-8", "replace")


def _explain(answer: Answer) -> calling.Refusal:
    words = answer.body[:150].decode("utf-8", "replace")
    return calling.Refusal("" if "<" in words else words)
