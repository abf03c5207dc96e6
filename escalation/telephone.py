"""Answers by telephone: a short message that is sent back, or a key that is pressed during a call.

Both come from the telephone service, which signs them (``communications.transports.twilio``). Who answers is known by
the number: it was verified by a code; for a call, by the page that the call was about.
"""

import re

from accounts import reach
from accounts.actor import Actor, Via
from common.errors import DomainError
from escalation import actions
from escalation.models import Page
from incidents.models import ACTIVE_STATUSES

_TAKE = {"1", "ack", "acknowledge", "yes", "y", "ok"}
_DECLINE = {"2", "decline", "no", "n", "cant"}
_NUMBER = re.compile(r"\binc-?([0-9]{1,9})\b", re.IGNORECASE)
HELP = "Reply 1 to take a page, 2 if you can't. With several, name it: 1 INC-42."


def reply(number: str, text: str, *, key: str) -> str:
    """Carry out what somebody wrote back and return the sentence to send them. The same ``key`` does it once.

    It is about their newest page that waits for an answer, or that of the incident it names.
    """
    people = reach.people_with_number(number)
    if not people:
        return "Allclear does not know this number. Verify it under “How you are reached”."
    waiting = Page.objects.filter(
        user__in=people, state=Page.State.OPEN, needs_answer=True, incident__status__in=ACTIVE_STATUSES
    )
    if named := _NUMBER.search(text):
        waiting = waiting.filter(incident__number=int(named[1]))
    pages = list(waiting.select_related("incident", "user").order_by("-pk"))
    if not pages:
        return "No page waits for your answer. Sign in to see what is going on."
    verb = _verb(_NUMBER.sub("", text))
    if not verb:
        return HELP
    others = {page.incident_id for page in pages} - {pages[0].incident_id}
    more = f" {len(others)} more wait{'s' if len(others) == 1 else ''} for your answer." if others else ""
    return f"{answer(pages[0], take=verb == 'take', via='sms', key=key)}{more}"


def answer(page: Page, *, take: bool, via: Via, key: str) -> str:
    """Acknowledge a page for the person it was sent to, or decline it; return what came of it in a sentence."""
    if page.user is None:
        return "What you were called about is gone."
    by = Actor.of(page.user, via=via)
    incident = page.incident
    try:
        if take:
            actions.acknowledge(by=by, idempotency_key=key, incident=incident, page=page)
        else:
            actions.decline(by=by, idempotency_key=key, page=page)
    except DomainError as error:
        return error.sentence
    if take:
        return f"You have {incident.reference}. Thank you."
    return f"The next person is asked about {incident.reference}. Thank you for saying so."


def _verb(text: str) -> str:
    """Return "take", "decline", or "" for words that are neither."""
    words = re.sub(r"[^a-z0-9 ]", "", text.lower().replace("'", "")).split()
    first = words[0] if words else ""
    if first in _TAKE or words[:3] == ["i", "have", "it"]:
        return "take"
    return "decline" if first in _DECLINE else ""
