"""The mail that a development installation would have sent: read from the files of Django's file backend."""

import email
import email.policy
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings

SHOWN = 50
_END = b"\n" + b"-" * 79


@dataclass(frozen=True, slots=True)
class DemoMail:
    """One mail, as its reader would see it."""

    to: str
    subject: str
    text: str
    link: str
    sent_at: datetime


def mails() -> list[DemoMail]:
    """Return the newest mails, newest first; none when mail goes to a real server."""
    folder = Path(getattr(settings, "EMAIL_FILE_PATH", None) or "")
    if not settings.EMAIL_BACKEND.endswith("filebased.EmailBackend") or not folder.is_dir():
        return []
    files = sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime, reverse=True)
    return [mail for file in files[:SHOWN] for mail in _read(file)]


def _read(file: Path) -> list[DemoMail]:
    when = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    parts = [part.lstrip(b"\n") for part in file.read_bytes().split(_END)]
    return [_parse(part, when) for part in parts if part.strip()]


def _parse(raw: bytes, when: datetime) -> DemoMail:
    message = email.message_from_bytes(raw, _class=EmailMessage, policy=email.policy.default)
    body = message.get_body(("plain",))
    text = str(body.get_content()) if body else ""
    links = [word for word in text.split() if re.match(re.escape(settings.SITE_URL) + "/.", word)]
    # Only the path: the reader may have come by another name of this machine.
    link = links[0].removeprefix(settings.SITE_URL) if links else ""
    return DemoMail(str(message["To"]), str(message["Subject"]), text.strip(), link, when)
