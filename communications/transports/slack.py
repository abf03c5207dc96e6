"""Slack: a direct message by the bot of one's workspace (api.slack.com/methods/chat.postMessage).

The address is the person's member ID. Slack answers 200 to most failures, with ``"ok": false`` inside.
"""

from typing import Any

from django.conf import settings

from common.outbound import Answer
from communications.transports import calling, wording
from communications.transports.base import Outgoing, TransportError

WHO = "Slack"
MAX_TEXT, MAX_BUTTON_URL = 2900, 3000
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
        button: dict[str, Any] = {
            "type": "button",
            "text": {"type": "plain_text", "text": wording.button(outgoing)},
            "url": outgoing.url[:MAX_BUTTON_URL],
            "action_id": "open",
        }
        if wording.is_page(outgoing):
            button["style"] = "primary"
        blocks.append({"type": "actions", "elements": [button]})
    return {
        "channel": outgoing.address,
        "text": wording.cut(_escaped(outgoing.subject), MAX_TEXT),  # what the notification on a phone shows
        "blocks": blocks,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _escaped(text: str) -> str:
    """Return the text without meaning for Slack: no mention and no link can be made by a title."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _explain(answer: Answer) -> calling.Refusal:
    return calling.Refusal(str(calling.parsed(answer).get("error", "")))
