"""Discord: a message to a channel's webhook (discord.com/developers/docs/resources/webhook#execute-webhook).

The address is the webhook's, which is its secret too. ``wait=true`` makes Discord answer with the message that it
stored; without it a message that was not stored is answered like one that was.
"""

import re
from urllib.parse import urlsplit, urlunsplit

from common.outbound import Answer
from communications.transports import calling, wording
from communications.transports.base import Outgoing, TransportError

WHO = "Discord"
MAX_TEXT = 2000


def send(outgoing: Outgoing) -> None:
    """Post one message. Raises ``TransportError``."""
    payload = {
        "content": _text(outgoing),
        "allowed_mentions": {"parse": []},
        "flags": 4,
    }  # 4: no preview of links
    parts = urlsplit(outgoing.address)  # a thread's address has a query of its own
    query = "&".join(filter(None, [parts.query, "wait=true"]))
    answer = calling.post_json(WHO, urlunsplit(parts._replace(query=query)), payload, explain=_explain)
    if "id" not in calling.parsed(answer):
        words = _explain(answer).words or "the answer does not say that the message was stored."
        raise TransportError(f"{WHO}: {words[:150]}", permanent=False)


def _text(outgoing: Outgoing) -> str:
    link = f"\n\n{outgoing.url}" if outgoing.url else ""
    text = f"**{_plain(outgoing.subject)}**\n{_plain(outgoing.text)}"
    return wording.cut(text, MAX_TEXT - len(link)) + link


def _plain(text: str) -> str:
    return re.sub(r"([\\`*_~|>\[\]#])", r"\\\1", text)


def _explain(answer: Answer) -> calling.Refusal:
    said = calling.parsed(answer)
    return calling.Refusal(str(said.get("message", "")), calling.seconds(said.get("retry_after")))
