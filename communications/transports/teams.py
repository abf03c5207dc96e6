"""Microsoft Teams: an adaptive card to a workflow ("Send webhook alerts to a chat", or to a channel).

The address is the workflow's, which is its secret too. A workflow answers 202. The connectors that came before it
answered 200 with the failure in words, so words about a failure are one here.
"""

import re
from typing import Any

from common.outbound import Answer
from communications.transports import calling, wording
from communications.transports.base import Outgoing, TransportError

WHO = "Teams"
MAX_TEXT = 6000  # the whole card may have 28 KB
_FAILED = re.compile(r"delivery failed|HTTP error \d{3}", re.IGNORECASE)
_INNER_STATUS = re.compile(r"HTTP error (\d{3})")


def send(outgoing: Outgoing) -> None:
    """Post one card. Raises ``TransportError``."""
    answer = calling.post_json(WHO, outgoing.address, _payload(outgoing), explain=_explain)
    said = answer.body.decode("utf-8", "replace")
    if not (_FAILED.search(said) or calling.parsed(answer).get("error")):
        return
    inner = _INNER_STATUS.search(said)
    status = int(inner[1]) if inner else 500
    passing = status == 429 or status >= 500
    raise TransportError(
        f"{WHO} accepted the message and failed: {wording.cut(said, 150)}",
        permanent=not passing,
        retry_after=calling.retry_after(answer) if passing else None,
    )


def _payload(outgoing: Outgoing) -> dict[str, Any]:
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            {"type": "TextBlock", "text": _plain(outgoing.subject), "weight": "Bolder", "size": "Medium", "wrap": True},
            {"type": "TextBlock", "text": _plain(wording.cut(outgoing.text, MAX_TEXT)), "wrap": True},
        ],
    }  # fmt: skip
    if outgoing.url:
        card["actions"] = [{"type": "Action.OpenUrl", "title": wording.button(outgoing), "url": outgoing.url}]
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return {"type": "message", "attachments": [attachment]}


def _plain(text: str) -> str:
    """Return the text so that a card prints it: its Markdown would make links and lists of a title."""
    return re.sub(r"([\\*_\[\]#])", r"\\\1", text).replace("\n", "\n\n")


def _explain(answer: Answer) -> calling.Refusal:
    error = calling.parsed(answer).get("error")
    return calling.Refusal(str(error.get("message", "")) if isinstance(error, dict) else "")
