"""What a paged person reads, half awake: what is wrong first, then why it is them."""

from datetime import timedelta

from common import instants
from communications.outbox import Message
from escalation.models import Page
from incidents.models import Incident
from oncall.models import EscalationRole

SALT = "escalation.page"
LATE_SECONDS = 5
# Why somebody has it whom nobody asked. Their page is the record of it: nothing was sent.
SAID_SO = "Said so without being paged"
OTHER_ROLES = {"expert": "Subject Matter Expert", "direct": "the person asked for"}


def role_words(role: str) -> str:
    """Return a role as people say it; also "expert" and "direct", which stand outside the matrix."""
    return OTHER_ROLES.get(role) or EscalationRole(role).label


def page_message(page: Page, incident: Incident, *, prefix: str = "") -> Message:
    """Return the message of a page. Its link is signed when it is sent and leads to the page's own answer form."""
    subject = f"[{incident.get_severity_display()}] {incident.reference} {incident.title}"
    return Message(
        subject=f"{prefix} {subject}".strip(),
        text="\n".join(_lines(page, incident)),
        path="/p/{token}/",
        sign=(SALT, str(page.pk)),
    )


def _lines(page: Page, incident: Incident) -> list[str]:
    zone = page.user.zone if page.user else None
    since = f", since {instants.both(incident.started_at, zone)}" if zone else ""
    lines = [incident.title, f"{incident.get_severity_display()}{since}.", ""]
    if page.reason == SAID_SO:
        lines.append("You said that you have it.")
    else:
        lines.append(f"You are paged as {role_words(page.role)}: {page.reason}.")
    if page.late_seconds > LATE_SECONDS:
        lines.append(f"This page is {late_words(page.late_seconds)}.")
    if incident.description:
        lines += ["", incident.description[:600]]
    if incident.bridge_url:
        lines += ["", f"Call: {incident.bridge_url}"]
    return lines


def late_words(seconds: int) -> str:
    """Return "late by 6 min"."""
    return f"late by {instants.duration(timedelta(seconds=seconds))}"


def quiet_message(incident: Incident, text: str) -> Message:
    """Return a notice that asks for nothing, such as that the severity went down."""
    subject = f"[{incident.get_severity_display()}] {incident.reference} {incident.title}"
    return Message(subject=subject, text=text, path=incident.get_absolute_url())


def names(people: list[str]) -> str:
    """Return "Ben", "Ben and Lee", "Ben, Lee and Ana"."""
    return " and ".join(filter(None, [", ".join(people[:-1]), people[-1]])) if people else "nobody"
