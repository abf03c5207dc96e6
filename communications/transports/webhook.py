"""A signed POST to an address of one's own, in the form of Standard Webhooks (standardwebhooks.com).

The receiver checks ``webhook-signature`` with the secret shown on the page of the contact method, and drops a
``webhook-id`` that it has seen: the same delivery always has the same one.
"""

import base64
import hashlib
import hmac
import json

from common import clock
from common.outbound import Answer
from communications.transports import calling
from communications.transports.base import Outgoing, TransportError

WHO = "The webhook"
PREFIX = "whsec_"


def send(outgoing: Outgoing) -> None:
    """POST one message, signed. Raises ``TransportError``."""
    body = json.dumps(_payload(outgoing), ensure_ascii=False).encode("utf-8", "replace")
    name, at = message_id(outgoing.key), str(int(clock.now().timestamp()))
    headers = {
        "Content-Type": "application/json",
        "webhook-id": name,
        "webhook-timestamp": at,
        "webhook-signature": sign(outgoing.secret, name, at, body),
    }
    calling.post(WHO, outgoing.address, body, headers, explain=_explain)


def message_id(key: str) -> str:
    """Return the id for a dedupe key: without dots, which separate what is signed."""
    return f"msg_{hashlib.sha256(key.encode()).hexdigest()[:32]}"


def sign(secret: str, name: str, at: str, body: bytes) -> str:
    """Return the signature header: version 1, HMAC-SHA256 of "id.timestamp.body" in base64.

    Raises ``TransportError`` for a secret that is none.
    """
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError as error:
        raise TransportError("This webhook has no usable secret.", permanent=True) from error
    if not key:
        raise TransportError("This webhook has no usable secret.", permanent=True)
    signed = hmac.new(key, f"{name}.{at}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def _payload(outgoing: Outgoing) -> dict[str, object]:
    incident = outgoing.incident
    return {
        "type": f"allclear.{outgoing.kind}",
        "timestamp": clock.now().isoformat().replace("+00:00", "Z"),
        "data": {
            "subject": outgoing.subject,
            "text": outgoing.text,
            "url": outgoing.url,
            "incident": None if incident is None else incident.reference,
            "severity": None if incident is None else incident.severity,
            "is_drill": bool(incident and incident.is_drill),
        },
    }


def _explain(answer: Answer) -> calling.Refusal:
    return calling.Refusal("it is gone for good" if answer.status == 410 else "")
