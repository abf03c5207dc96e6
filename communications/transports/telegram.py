"""Telegram: a message by one's own bot (core.telegram.org/bots/api#sendmessage).

The address is the number of the chat with the bot. Telegram says ``"ok": false`` with an ``error_code`` of its own.
"""

from typing import Any

from django.conf import settings

from common.outbound import Answer
from communications.transports import calling, wording
from communications.transports.base import Outgoing, TransportError

WHO = "Telegram"
MAX_TEXT = 4000  # Telegram takes 4096 characters; it counts some of ours as two


def send(outgoing: Outgoing) -> None:
    """Send one message. Raises ``TransportError``."""
    if not settings.TELEGRAM_BOT_TOKEN:
        raise TransportError("Telegram is not set up.", permanent=True)
    url = f"{settings.TELEGRAM_API_URL}/bot{settings.TELEGRAM_BOT_TOKEN}/sendMessage"
    answer = calling.post_json(WHO, url, _payload(outgoing), explain=_explain)
    said = calling.parsed(answer)
    if said.get("ok") is True:
        return
    code = said.get("error_code")
    passing = not isinstance(code, int) or code == 429 or code >= 500
    why = _explain(answer)
    words = why.words[:150] or "an answer that is not Telegram's"
    raise TransportError(
        f"{WHO} refused: {words}", permanent=not passing, retry_after=why.retry_after if passing else None
    )


def _payload(outgoing: Outgoing) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "chat_id": outgoing.address,
        "text": wording.with_link(outgoing, MAX_TEXT),
        "link_preview_options": {"is_disabled": True},  # Telegram would open the link of the page
        "disable_notification": False,
    }
    if outgoing.url.startswith(
        "https://"
    ):  # a button with any other address is refused, with the whole message
        button = {"text": wording.button(outgoing), "url": outgoing.url}
        payload["reply_markup"] = {"inline_keyboard": [[button]]}
    return payload


def _explain(answer: Answer) -> calling.Refusal:
    said = calling.parsed(answer)
    parameters = said.get("parameters")
    wait = parameters.get("retry_after") if isinstance(parameters, dict) else None
    return calling.Refusal(str(said.get("description", "")), calling.seconds(wait))
