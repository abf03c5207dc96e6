"""ntfy: a push message to a topic, on ntfy.sh or on a server of one's own (docs.ntfy.sh/publish, "Publish as JSON").

The address is the topic's: ``https://ntfy.sh/alice-pages``.
"""

from urllib.parse import urlsplit

from django.conf import settings

from common.outbound import Answer
from communications.transports import calling, wording
from communications.transports.base import Outgoing, TransportError

WHO = "ntfy"
# A message over 4096 bytes becomes a file that has to be opened.
MAX_MESSAGE, MAX_TITLE = 3500, 900
URGENT, NORMAL = 5, 3


def send(outgoing: Outgoing) -> None:
    """Publish one message. Raises ``TransportError``."""
    server, _, topic = outgoing.address.rpartition("/")
    answer = calling.post_json(
        WHO, f"{server}/", _payload(outgoing, topic), _headers(server), explain=_explain
    )
    said = calling.parsed(answer)
    if said.get("event") != "message":
        detail = str(said.get("error") or "the answer does not say that the message was published.")
        raise TransportError(f"{WHO}: {detail}", permanent=False)


def _payload(outgoing: Outgoing, topic: str) -> dict[str, object]:
    page = wording.is_page(outgoing)
    payload: dict[str, object] = {
        "topic": topic,
        "title": wording.cut_bytes(outgoing.subject, MAX_TITLE),
        "message": wording.cut_bytes(outgoing.text, MAX_MESSAGE) or outgoing.subject,
        "priority": URGENT if page else NORMAL,
        "tags": ["rotating_light"] if page else [],
    }
    if outgoing.url:
        payload |= {"click": outgoing.url, "actions": _actions(outgoing)}
    return payload


def _actions(outgoing: Outgoing) -> list[dict[str, object]]:
    """Return the buttons: one that takes a page from the notification itself, and one that opens it."""
    see: dict[str, object] = {"action": "view", "label": "Open", "url": outgoing.url, "clear": True}
    if not wording.is_page(outgoing):
        return [see]
    # Answered by the link's own token, by POST: only a thumb does that.
    take = {
        "action": "http",
        "label": wording.button(outgoing),
        "url": f"{outgoing.url}acknowledge/",
        "method": "POST",
    }
    return [take | {"clear": True}, see]


def _headers(server: str) -> dict[str, str]:
    """Return the access token, for the server that it belongs to only."""
    if settings.NTFY_TOKEN and urlsplit(server)[:2] == urlsplit(settings.NTFY_URL)[:2]:
        return {"Authorization": f"Bearer {settings.NTFY_TOKEN}"}
    return {}


def _explain(answer: Answer) -> calling.Refusal:
    return calling.Refusal(str(calling.parsed(answer).get("error", "")))
