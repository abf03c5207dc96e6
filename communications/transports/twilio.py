"""SMS and voice calls through Twilio, or a service with the same API (twilio.com/docs/messaging/api, …/voice/api).

The address is a number in E.164. Twilio answers 201 with what it made of the request; a message that it has already
given up is one that was not sent.
"""

import base64
import re
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from django.conf import settings

from common.outbound import Answer
from communications.models import Delivery
from communications.transports import calling, wording
from communications.transports.base import Outgoing, TransportError

WHO = "The telephone service"
MAX_SMS, MAX_SPOKEN = 480, 600
_LOST = {"failed", "undelivered", "canceled", "busy", "no-answer"}
# Too many requests, or a queue that is full: later is better. All other codes are about this number or this account.
_PASSING = {20429, 20500, 20503, 30001, 63018, 14107}


def send_sms(outgoing: Outgoing) -> None:
    """Send one short message. Raises ``TransportError``."""
    sender = settings.TWILIO_FROM
    by = {"MessagingServiceSid": sender} if sender.startswith("MG") else {"From": sender}
    _create("Messages", {"To": outgoing.address, **by, "Body": wording.short(outgoing, MAX_SMS)})


def send_voice(outgoing: Outgoing) -> None:
    """Call, and say the message twice. Raises ``TransportError``."""
    sender = settings.TWILIO_VOICE_FROM or settings.TWILIO_FROM
    _create("Calls", {"To": outgoing.address, "From": sender, "Twiml": twiml(outgoing), "Timeout": "45"})


def twiml(outgoing: Outgoing) -> str:
    """Return what the service is to say, twice: who half slept through the first time hears it again."""
    said = escape(wording.cut(_spoken(outgoing), MAX_SPOKEN))
    return f'<Response><Pause length="1"/><Say>{said}</Say><Pause length="1"/><Say>{said}</Say></Response>'


def _spoken(outgoing: Outgoing) -> str:
    if outgoing.kind == Delivery.Kind.CODE:
        # One digit after the other: a machine reads 481516 as a number of hundred thousands.
        line = outgoing.text.partition("\n")[0]
        return "This is Allclear. " + re.sub(r"\b\d{6}\b", lambda code: ", ".join(code[0]), line)
    subject = re.sub(r"[\[\]]", " ", outgoing.subject).strip()
    ending = " Open the page that we sent you, or sign in to Allclear, to answer." if outgoing.url else ""
    return f"This is Allclear. {subject}.{ending}"


def _create(what: str, fields: dict[str, str]) -> None:
    account, token = settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN
    if not (account and token and fields.get("From", "x")):
        raise TransportError("Telephone messages are not set up.", permanent=True)
    credentials = base64.b64encode(f"{account}:{token}".encode()).decode()
    headers = {
        "Authorization": f"Basic {credentials}",
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
    }
    url = f"{settings.TWILIO_API_URL}/2010-04-01/Accounts/{account}/{what}.json"
    answer = calling.post(WHO, url, urlencode(fields).encode(), headers, explain=_explain)
    said = calling.parsed(answer)
    if not said.get("sid"):
        raise TransportError(f"{WHO}: an answer without an id.", permanent=False)
    code = said.get("error_code") or said.get("code")
    if said.get("status") in _LOST or code:
        raise TransportError(f"{WHO} gave it up: {_words(said, code)}", permanent=code not in _PASSING)


def _words(said: dict[str, Any], code: Any) -> str:
    words = str(said.get("error_message") or said.get("message") or said.get("status") or "no reason given")
    return f"{words[:140]} ({code})" if code else words[:140]


def _explain(answer: Answer) -> calling.Refusal:
    said = calling.parsed(answer)
    return calling.Refusal(_words(said, said.get("code")) if said else "")
