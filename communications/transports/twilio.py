"""SMS and voice calls through Twilio, or a service with the same API (twilio.com/docs/messaging/api, …/voice/api).

The address is a number in E.164. Twilio answers 201 with what it made of the request; a message that it has already
given up is one that was not sent.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape, quoteattr

from django.conf import settings

from common.outbound import Answer
from communications.models import Delivery
from communications.transports import calling, wording
from communications.transports.base import Outgoing, TransportError

WHO = "The telephone service"
MAX_SMS, MAX_SPOKEN = 480, 600
REPLY_HINT = "\nReply 1 to take it, 2 if you can't."
_LOST = {"failed", "undelivered", "canceled", "busy", "no-answer"}
# Too many requests, or a queue that is full: later is better. All other codes are about this number or this account.
_PASSING = {20429, 20500, 20503, 30001, 63018, 14107}


def send_sms(outgoing: Outgoing) -> None:
    """Send one short message. Raises ``TransportError``."""
    sender = settings.TWILIO_FROM
    by = {"MessagingServiceSid": sender} if sender.startswith("MG") else {"From": sender}
    hint = REPLY_HINT if settings.TWILIO_REPLIES and wording.is_page(outgoing) else ""
    body = wording.short(outgoing, MAX_SMS - len(hint)) + hint
    _create("Messages", {"To": outgoing.address, **by, "Body": body})


def send_voice(outgoing: Outgoing) -> None:
    """Call, and say the message twice. Raises ``TransportError``."""
    sender = settings.TWILIO_VOICE_FROM or settings.TWILIO_FROM
    _create("Calls", {"To": outgoing.address, "From": sender, "Twiml": twiml(outgoing), "Timeout": "45"})


def twiml(outgoing: Outgoing) -> str:
    """Return what the service is to say, twice: who half slept through the first time hears it again.

    A page asks for a key, which goes to the page's own address: its token says who answers what.
    """
    said = escape(wording.cut(_spoken(outgoing), MAX_SPOKEN))
    twice = f'<Say>{said}</Say><Pause length="1"/><Say>{said}</Say>'
    if takes_keys(outgoing):
        action = quoteattr(f"{outgoing.url}key/")
        twice = f'<Gather numDigits="1" timeout="8" method="POST" action={action}>{twice}</Gather>'
    return f'<Response><Pause length="1"/>{twice}</Response>'


def takes_keys(outgoing: Outgoing) -> bool:
    """Return whether a key can answer it: the service has to be able to call us, and safely."""
    return wording.is_page(outgoing) and outgoing.url.startswith("https://")


def _spoken(outgoing: Outgoing) -> str:
    if outgoing.kind == Delivery.Kind.CODE:
        # One digit after the other: a machine reads 481516 as a number of hundred thousands.
        line = outgoing.text.partition("\n")[0]
        return "This is Allclear. " + re.sub(r"\b\d{6}\b", lambda code: ", ".join(code[0]), line)
    subject = re.sub(r"[\[\]]", " ", outgoing.subject).strip()
    ending = " Open the page that we sent you, or sign in to Allclear, to answer." if outgoing.url else ""
    if takes_keys(outgoing):
        ending = " Press 1 to take it, or 2 if you can't."
    return f"This is Allclear. {wording.cut(subject, MAX_SPOKEN - 100)}.{ending}"


def signature_fits(url: str, fields: Mapping[str, str], given: str) -> bool:
    """Return whether the telephone service signed this request (twilio.com/docs/usage/webhooks/webhooks-security).

    HMAC-SHA1 of the address and the fields in the order of their names, keyed with the account's token.
    """
    token = settings.TWILIO_AUTH_TOKEN
    if not token or not given:
        return False
    signed = url + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    mac = hmac.new(token.encode(), signed.encode("utf-8", "replace"), hashlib.sha1).digest()
    return hmac.compare_digest(base64.b64encode(mac), given.encode("utf-8", "replace"))


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
