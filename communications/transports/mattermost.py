"""Mattermost: a message to an incoming webhook (developers.mattermost.com/integrate/webhooks/incoming).

The address is the webhook's, which is its secret too. Success is the word "ok", nothing else.
"""

import re

from common.outbound import Answer
from communications.transports import calling, wording
from communications.transports.base import Outgoing, TransportError

WHO = "Mattermost"
MAX_TEXT = 4000  # what the smallest server takes


def send(outgoing: Outgoing) -> None:
    """Post one message. Raises ``TransportError``."""
    payload = {
        "text": _text(outgoing),
        "priority": {"priority": "urgent" if wording.is_page(outgoing) else ""},
    }
    answer = calling.post_json(WHO, outgoing.address, payload, explain=_explain)
    if answer.body.strip() != b"ok":
        words = _explain(answer).words or "an answer that is not Mattermost's"
        raise TransportError(f"{WHO}: {words[:150]}", permanent=False)


def _text(outgoing: Outgoing) -> str:
    link = f"\n\n[{wording.button(outgoing)}]({outgoing.url})" if outgoing.url else ""
    text = f"**{_plain(outgoing.subject)}**\n\n{_plain(outgoing.text)}"
    return wording.cut(text, MAX_TEXT - len(link)) + link


def _plain(text: str) -> str:
    """Return the text without Markdown, and without a mention that would call a whole channel."""
    return re.sub(r"([\\`*_\[\]#~|<>])", r"\\\1", text).replace("@", "@\u2060")


def _explain(answer: Answer) -> calling.Refusal:
    return calling.Refusal(str(calling.parsed(answer).get("message", "")))
