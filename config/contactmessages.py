"""What accounts asks of the apps above about contact methods: to carry a test or a code, and who is on call."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts import codes
from accounts.models import ContactCode, ContactMethod, User
from common import instants
from common import webpush as common_webpush
from common.errors import TooMany
from communications import outbox
from communications.models import Delivery
from communications.outbox import Message
from communications.transports import webpush
from oncall.duties import duties_of

PAGE = "/me/reach/"
TESTS, WITHIN = 5, timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the last test of a method. ``is_over`` is false while it may still arrive."""

    at: datetime
    words: str
    is_over: bool
    is_good: bool


def send_test(method: ContactMethod, now: datetime) -> None:
    """Put a test message for this method into the ledger, in the caller's transaction. Raises ``TooMany``."""
    tests = Delivery.objects.filter(kind=Delivery.Kind.TEST, user=method.user_id, created_at__gt=now - WITHIN)
    if tests.count() >= TESTS:
        raise TooMany(f"{TESTS} tests in ten minutes are the most. Wait a little.")
    text = (
        f"Hello {method.user},\n\nthis is how a page would reach you: the same sender, the same way.\n"
        "Make sure that your phone makes a noise for it, at night too.\n"
    )
    topic = _test_topic(method.pk)
    outbox.enqueue_method(
        kind=Delivery.Kind.TEST,
        topic=topic,
        dedupe_key=f"{topic}:{uuid.uuid4().hex}",
        method=method,
        message=Message("This is a test by Allclear", text, path=PAGE),
        now=now,
    )


def send_code(code: ContactCode, now: datetime) -> None:
    """Put a verification code into the ledger, in the caller's transaction; an older one is not sent any more."""
    if code.method is None:
        return
    topic = f"contact-code:{code.method.pk}"
    outbox.cancel(topic, note="A newer code was asked for.")
    text = (
        f"Your Allclear code is {codes.PLACE}.\n\nEnter it within ten minutes under “How you are reached”. "
        "If you did not ask for it, somebody mistyped an address: ignore this message."
    )
    outbox.enqueue_method(
        kind=Delivery.Kind.CODE,
        topic=topic,
        dedupe_key=f"{topic}:{code.pk}",
        method=code.method,
        message=Message("Your Allclear code", text, path=PAGE, code=code.pk),
        now=now,
    )


def outcomes(methods: Iterable[ContactMethod]) -> dict[int, Outcome]:
    """Return what became of the last code or test sent by each method, by the method's key."""
    keys = [method.pk for method in methods]
    kinds = [Delivery.Kind.TEST, Delivery.Kind.CODE]
    rows = Delivery.objects.filter(contact_method__in=keys, kind__in=kinds).order_by("pk")
    return {row.contact_method_id: _outcome(row) for row in rows if row.contact_method_id is not None}


def push_key() -> str:
    """Return this installation's public key for Web Push, as a browser takes it; "" when the setting is no key."""
    try:
        return common_webpush.b64(common_webpush.public_bytes(webpush.sender_key()))
    except ValueError:
        return ""


def duty_words(user: User, now: datetime) -> str:
    """Return in a sentence whether a person is on call now, and until when in their own zone; else ""."""
    ahead = now + timedelta(days=7)
    for duty in duties_of([user], now, ahead).get(user.pk, []):
        if duty.shift.start <= now < duty.shift.end:
            end = f" until {instants.clock(duty.shift.end.astimezone(user.zone), now)}"
            return f"{user} is on call for {duty.schedule}{end if duty.shift.end < ahead else ''}."
    return ""


def _test_topic(pk: int) -> str:
    return f"contact-test:{pk}"


def _outcome(row: Delivery) -> Outcome:
    what = "Test" if row.kind == Delivery.Kind.TEST else "Code"
    at, State = row.finished_at or row.created_at, Delivery.State  # noqa: N806 - the class
    if row.state == State.DELIVERED:
        return Outcome(at, f"{what} delivered", is_over=True, is_good=True)
    if row.state in {State.FAILED, State.CANCELLED}:
        why = row.last_error or row.note or "it was not sent"
        return Outcome(at, f"{what} failed: {why}", is_over=True, is_good=False)
    again = f", will be tried again: {row.last_error}" if row.last_error else ""
    return Outcome(at, f"{what} on its way{again}", is_over=False, is_good=not again)
