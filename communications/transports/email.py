"""Mail, by whatever ``EMAIL_BACKEND`` says: SMTP in production."""

import contextlib
import hashlib
import smtplib
import socket
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string

from communications.models import Delivery
from communications.transports.base import Outgoing, TransportError

# EMAIL_TIMEOUT limits each step of the conversation, this the whole of it: less than a delivery's lease.
WHOLE_CONVERSATION_SECONDS = 5.0


def send(outgoing: Outgoing) -> None:
    """Send one mail. Raises ``TransportError``: permanent for SMTP 5xx and unusable addresses, else temporary."""
    try:
        mail = compose(outgoing)
        with _time_limit(get_connection()) as connection:
            connection.send_messages([mail])
    except smtplib.SMTPRecipientsRefused as error:
        code, answer = next(iter(error.recipients.values()), (450, b""))
        raise _refused(code, answer) from error
    except smtplib.SMTPResponseException as error:
        raise _refused(error.smtp_code, error.smtp_error) from error
    except (ValueError, smtplib.SMTPNotSupportedError) as error:  # bad headers, bad addresses, bad letters
        raise TransportError(f"This mail cannot be sent: {error}", permanent=True) from error
    except (OSError, smtplib.SMTPException) as error:
        detail = str(error) or type(error).__name__
        raise TransportError(f"No answer from the mail server: {detail}", permanent=False) from error


def compose(outgoing: Outgoing) -> EmailMultiAlternatives:
    """Return the mail: plain text and HTML, threaded by incident, with a Message-ID that stays the same on a retry."""
    headline, _, rest = outgoing.text.partition("\n")
    context = {
        "outgoing": outgoing,
        "incident": outgoing.incident,
        "is_page": outgoing.kind == Delivery.Kind.PAGE,
        "headline": headline,
        "paragraphs": [part for part in rest.split("\n\n") if part.strip()],
        "site_url": settings.SITE_URL,
    }
    mail = EmailMultiAlternatives(
        subject=outgoing.subject,
        body=render_to_string("mail/message.txt", context),
        to=[outgoing.address],
        headers=_headers(outgoing),
    )
    mail.attach_alternative(render_to_string("mail/message.html", context), "text/html")
    return mail


def message_id(key: str) -> str:
    """Return the Message-ID for a dedupe key: receivers can tell a repetition from a second message by it."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{_domain()}>"


def _headers(outgoing: Outgoing) -> dict[str, str]:
    headers = {
        "Message-ID": message_id(outgoing.key),
        "X-Allclear-Delivery": outgoing.key,
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    if outgoing.incident:
        headers["References"] = headers["In-Reply-To"] = f"<incident-{outgoing.incident.number}@{_domain()}>"
    if outgoing.kind == Delivery.Kind.PAGE:
        headers |= {"Importance": "high", "X-Priority": "1"}
    return headers


def _domain() -> str:
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def _refused(code: int, answer: bytes | str) -> TransportError:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return TransportError(f"The mail server answered {code} {text}".strip(), permanent=code >= 500)


@contextlib.contextmanager
def _time_limit(connection: BaseEmailBackend) -> Iterator[BaseEmailBackend]:
    """Break off a conversation that is drawn out step by step, each just within its own limit."""
    watchdog = threading.Timer(WHOLE_CONVERSATION_SECONDS, _break_off, [connection])
    watchdog.daemon = True
    watchdog.start()
    try:
        yield connection
    finally:
        watchdog.cancel()


def _break_off(connection: Any) -> None:
    line = getattr(getattr(connection, "connection", None), "sock", None)
    with contextlib.suppress(OSError):
        if line is not None:
            line.shutdown(socket.SHUT_RDWR)
