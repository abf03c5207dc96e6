"""Slack: a direct message by the bot of one's workspace (api.slack.com/methods/chat.postMessage).

The address is the person's member ID. Slack answers 200 to most failures, with ``"ok": false`` inside.
"""

import hashlib
import hmac
from datetime import datetime
from typing import Any

from django.conf import settings

from common.outbound import Answer
from communications.transports import calling, wording
from communications.transports.base import Outgoing, TransportError

WHO = "Slack"
MAX_TEXT, MAX_BUTTON_URL = 2900, 3000
SKEW_SECONDS = 300
# Slack's own trouble, and being too fast; everything else stays wrong however often it is tried.
_PASSING = {
    "ratelimited",
    "rate_limited",
    "request_timeout",
    "service_unavailable",
    "internal_error",
    "fatal_error",
    "message_limit_exceeded",
}


def send(outgoing: Outgoing) -> None:
    """Send one direct message. Raises ``TransportError``."""
    if not settings.SLACK_BOT_TOKEN:
        raise TransportError("Slack is not set up.", permanent=True)
    headers = {"Authorization": f"Bearer {settings.SLACK_BOT_TOKEN}"}
    url = f"{settings.SLACK_API_URL}/chat.postMessage"
    answer = calling.post_json(WHO, url, _payload(outgoing), headers, explain=_explain)
    said = calling.parsed(answer)
    if said.get("ok") is True:
        return
    error = str(said.get("error") or "an answer that is not Slack's")
    passing = error in _PASSING or not said
    wait = calling.retry_after(answer) if passing else None
    raise TransportError(f"{WHO} refused: {error[:100]}", permanent=not passing, retry_after=wait)


def _payload(outgoing: Outgoing) -> dict[str, Any]:
    text = f"*{_escaped(outgoing.subject)}*\n{_escaped(outgoing.text)}"
    blocks: list[dict[str, Any]] = [
        {"type": "section", "text": {"type": "mrkdwn", "text": wording.cut(text, MAX_TEXT)}}
    ]
    if outgoing.url:
        blocks.append({"type": "actions", "elements": _buttons(outgoing)})
    return {
        "channel": outgoing.address,
        "text": wording.cut(_escaped(outgoing.subject), MAX_TEXT),  # what the notification on a phone shows
        "blocks": blocks,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _buttons(outgoing: Outgoing) -> list[dict[str, Any]]:
    """Return the buttons: those that answer by themselves where Slack may bring the answer, and one that opens."""
    if not (wording.is_page(outgoing) and settings.SLACK_SIGNING_SECRET):
        see = _button(wording.button(outgoing), "open") | {"url": outgoing.url[:MAX_BUTTON_URL]}
        return [see | {"style": "primary"} if wording.is_page(outgoing) else see]
    token = outgoing.url.rstrip("/").rpartition("/")[2]
    return [
        _button("I have it", "acknowledge") | {"value": token, "style": "primary"},
        _button("Can't take it", "decline") | {"value": token},
        _button("Open", "open") | {"url": outgoing.url[:MAX_BUTTON_URL]},
    ]


def _button(text: str, action: str) -> dict[str, Any]:
    return {"type": "button", "text": {"type": "plain_text", "text": text}, "action_id": action}


def signature_fits(body: bytes, at: str, given: str, now: datetime) -> bool:
    """Return whether Slack signed this raw body within five minutes (docs.slack.dev, "Verifying requests")."""
    if not settings.SLACK_SIGNING_SECRET or not at.isdecimal() or len(at) > 12:
        return False
    if abs(now.timestamp() - int(at)) > SKEW_SECONDS:
        return False
    mac = hmac.new(settings.SLACK_SIGNING_SECRET.encode(), f"v0:{at}:".encode() + body, hashlib.sha256)
    return hmac.compare_digest(f"v0={mac.hexdigest()}".encode(), given.encode("utf-8", "replace"))


def _escaped(text: str) -> str:
    """Return the text without meaning for Slack: no mention and no link can be made by a title."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _explain(answer: Answer) -> calling.Refusal:
    return calling.Refusal(str(calling.parsed(answer).get("error", "")))
