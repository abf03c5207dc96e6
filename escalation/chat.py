"""Answers from a chat: the buttons under a page in a Slack direct message. Slack signs what it brings."""

from typing import Any

from accounts.actor import Actor
from accounts.models import ContactMethod
from accounts.write import action
from common import clock
from common.errors import NotFound
from communications import outbox
from communications.models import Delivery
from escalation.access import page_of_token
from escalation.models import Page
from escalation.telephone import answer

TAKE, DECLINE = "acknowledge", "decline"


def press(payload: dict[str, Any]) -> None:
    """Carry out the buttons that somebody pressed, and tell them what came of it by a message. Twice is once.

    Only the person whom the page was sent to can answer it: their verified member ID is what counts.
    """
    member = _text(_dict(payload, "user"), "id")
    for pressed in payload.get("actions") or []:
        name = _text(pressed, "action_id")
        if name not in {TAKE, DECLINE}:
            continue
        try:
            page = page_of_token(_text(pressed, "value"))
        except NotFound:
            continue
        if method := _method(page, member):
            key = f"slack:{_text(pressed, 'action_ts')[:40]}:{page.pk}"
            said = answer(page, take=name == TAKE, via="slack", key=key)
            _confirm(by=Actor.of(method.user, via="slack"), method=method, said=said, key=key)


def _method(page: Page, member: str) -> ContactMethod | None:
    own = ContactMethod.objects.usable().filter(kind=ContactMethod.Kind.SLACK, user=page.user, address=member)
    return own.select_related("user").first() if member else None


@action
def _confirm(*, by: Actor, method: ContactMethod, said: str, key: str) -> None:
    outbox.enqueue_method(
        kind=Delivery.Kind.NOTICE,
        topic=key,
        dedupe_key=key,
        method=method,
        message=outbox.Message(said, ""),
        now=clock.now(),
    )


def _dict(found: Any, name: str) -> Any:
    return found.get(name) if isinstance(found, dict) else None


def _text(found: Any, name: str) -> str:
    value = _dict(found, name)
    return value if isinstance(value, str) else ""
