"""The delivery ledger: what is promised to whoever is paged, whatever goes wrong on the way."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail, signing
from django.db import transaction
from django_q.models import OrmQ
from pytest_django import Settings

from accounts.models import User
from common import clock as app_clock
from communications import outbox
from communications.models import Attempt, Delivery, Notification
from communications.outbox import Message
from incidents.models import EventKind, Incident, Responder
from tests import builders
from tests.builders import NOON
from tests.support.smtp_sink import ACCEPT, SmtpSink, refuse

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

HEARD: list[int] = []


def hear(delivery: Delivery) -> None:
    """Stands at the end of settings.PAGE_FAILED_HANDLER."""
    HEARD.append(delivery.pk)


def explode(delivery: Delivery) -> None:
    raise RuntimeError("a broken listener")


@pytest.fixture(autouse=True)
def listening(settings: Settings) -> None:
    HEARD.clear()
    settings.PAGE_FAILED_HANDLER = "tests.communications.test_outbox.hear"


def page(user: User, incident: Incident | None = None, key: str = "page:1", **fields: Any) -> list[Delivery]:
    message = fields.pop("message", Message("[SEV-1] INC-1 Webhooks down", "Webhooks return 500."))
    return outbox.enqueue(
        kind=Delivery.Kind.PAGE,
        topic="page:1",
        dedupe_key=key,
        user=user,
        message=message,
        incident=incident,
        now=app_clock.now(),
        **fields,
    )


def mails_to(user: User) -> Delivery:
    return Delivery.objects.get(user=user, transport=Delivery.EMAIL)


def deliver_due() -> None:
    outbox.deliver(Delivery.objects.waiting().values_list("pk", flat=True))


def test_a_page_goes_to_each_contact_method_and_into_the_application() -> None:
    bob = builders.person("Bob")
    builders.mail_method(bob, "bob@phone.example")
    builders.mail_method(bob, "bob@home.example", position=1)

    deliver_due_of(page(bob))

    assert [message.to for message in mail.outbox] == [["bob@phone.example"], ["bob@home.example"]]
    assert Notification.objects.get().title == "[SEV-1] INC-1 Webhooks down"
    assert set(Delivery.objects.values_list("state", flat=True)) == {"delivered"}


def deliver_due_of(rows: list[Delivery]) -> None:
    outbox.deliver(row.pk for row in rows)


def test_a_person_without_a_method_gets_a_mail_to_the_sign_in_address() -> None:
    bob = builders.person("Bob")

    deliver_due_of(page(bob))

    assert mail.outbox[0].to == [bob.email]


def test_an_inactive_method_is_left_out() -> None:
    bob = builders.person("Bob")
    builders.mail_method(bob, "bob@phone.example")
    old = builders.mail_method(bob, "bob@old.example")
    old.is_active = False
    old.save()

    rows = page(bob)

    assert [row.address for row in rows if row.transport == "email"] == ["bob@phone.example"]


def test_the_same_key_twice_is_one_delivery() -> None:
    bob = builders.person("Bob")

    first, second = page(bob), page(bob)
    deliver_due_of([*first, *second])

    assert len(mail.outbox) == 1
    assert [row.pk for row in first] == [row.pk for row in second]


def test_the_queue_is_woken_in_the_same_transaction_or_not_at_all() -> None:
    bob = builders.person("Bob")

    with transaction.atomic():
        page(bob)
        assert OrmQ.objects.count() == 1
        transaction.set_rollback(True)

    assert not OrmQ.objects.exists()
    assert not Delivery.objects.exists()


def test_a_later_method_waits_for_its_delay(clock: time_machine.Traveller) -> None:
    bob = builders.person("Bob")
    builders.mail_method(bob, "bob@phone.example", delay_minutes=2)
    rows = page(bob)

    deliver_due_of(rows)
    assert mail.outbox == []

    clock.shift(120)
    assert outbox.next_due() == app_clock.now()
    assert outbox.sweep(app_clock.now()) == 1
    assert len(mail.outbox) == 1


def test_what_the_queue_does_not_claim_within_three_seconds_is_swept(clock: time_machine.Traveller) -> None:
    page(builders.person("Bob"))

    clock.shift(2.9)
    assert outbox.sweep(app_clock.now()) == 0
    clock.shift(0.1)
    assert outbox.sweep(app_clock.now()) == 2

    assert len(mail.outbox) == 1
    assert outbox.next_due() is None


def test_a_page_does_not_wait_for_reminders_that_were_due_before_it(clock: time_machine.Traveller) -> None:
    bob, carol = builders.person("Bob"), builders.person("Carol")
    message = Message(subject="Update due", text="Update due", path="/")
    with transaction.atomic():
        for number in range(3):
            outbox.enqueue(
                kind=Delivery.Kind.REMINDER, topic=f"update:{number}", dedupe_key=f"update:{number}", user=carol,
                message=message, now=app_clock.now(),
            )  # fmt: skip
    clock.shift(timedelta(seconds=1))
    page(bob)
    clock.shift(timedelta(seconds=4))

    outbox.sweep(app_clock.now())

    assert mail.outbox[0].to == [bob.email]
    assert len(mail.outbox) == 4


def test_an_acknowledgement_cancels_what_has_not_started() -> None:
    rows = page(builders.person("Bob"))

    assert outbox.cancel("page:1", note="Acknowledged by Alice") == 2
    deliver_due_of(rows)

    assert mail.outbox == []
    assert {(row.state, row.note) for row in Delivery.objects.all()} == {
        ("cancelled", "Acknowledged by Alice")
    }
    assert not Attempt.objects.exists()


def test_a_cancelled_page_on_the_wire_is_not_tried_again(
    clock: time_machine.Traveller, smtp_sink: SmtpSink
) -> None:
    smtp_sink.answer(refuse("451 4.3.0 try later"))
    page(builders.person("Bob"))
    deliver_due()
    assert mails_to(User.objects.get()).state == Delivery.State.QUEUED

    outbox.cancel("page:1", note="Acknowledged")
    clock.shift(60)
    outbox.sweep(app_clock.now())

    assert smtp_sink.mails() == []
    assert mails_to(User.objects.get()).state == Delivery.State.CANCELLED


def test_what_was_acknowledged_while_its_sender_died_is_not_sent_again(clock: time_machine.Traveller) -> None:
    row = died_sending(page(builders.person("Bob")), clock)

    assert outbox.cancel("page:1", note="Acknowledged") == 1  # the in-application row
    clock.shift(9)
    outbox.sweep(app_clock.now())

    row.refresh_from_db()
    assert row.state == Delivery.State.CANCELLED
    assert mail.outbox == []


def died_sending(rows: list[Delivery], clock: time_machine.Traveller) -> Delivery:
    """Leave a mail as a process leaves it that is killed between its attempt's commit and the network."""
    row = next(row for row in rows if row.transport == Delivery.EMAIL)
    now, lease = app_clock.now(), app_clock.now() + timedelta(seconds=8)
    Delivery.objects.filter(pk=row.pk).update(
        state=Delivery.State.CLAIMED, lease_token="gone", lease_until=lease, next_attempt_at=lease,
        attempts=1, first_attempt_at=now,
    )  # fmt: skip
    Attempt.objects.create(delivery=row, number=1, started_at=now)
    return row


def test_a_dead_senders_claim_runs_out_after_eight_seconds(clock: time_machine.Traveller) -> None:
    row = died_sending(page(builders.person("Bob")), clock)

    clock.shift(7.9)
    outbox.sweep(app_clock.now())
    assert mail.outbox == []
    clock.shift(0.1)
    outbox.sweep(app_clock.now())

    assert len(mail.outbox) == 1
    assert [(a.number, a.outcome) for a in row.attempt_log.all()] == [(1, "started"), (2, "delivered")]


def test_a_busy_server_is_asked_again_after_two_seconds_and_then_four(
    clock: time_machine.Traveller, smtp_sink: SmtpSink
) -> None:
    smtp_sink.answer(refuse("451 4.3.0 try later"), refuse("421 4.3.2 busy"), then=ACCEPT)
    bob = builders.person("Bob")
    page(bob)

    deliver_due()
    first = mails_to(bob)
    clock.move_to(first.next_attempt_at)
    outbox.sweep(app_clock.now())
    second = mails_to(bob)
    clock.move_to(second.next_attempt_at)
    outbox.sweep(app_clock.now())

    assert 1.5 <= (first.next_attempt_at - NOON).total_seconds() <= 2.5
    assert 3 <= (second.next_attempt_at - first.next_attempt_at).total_seconds() <= 5
    assert len(smtp_sink.mails()) == 1
    assert mails_to(bob).state == Delivery.State.DELIVERED


def test_after_thirty_minutes_it_has_failed_and_the_pager_hears_of_it(
    clock: time_machine.Traveller, smtp_sink: SmtpSink
) -> None:
    smtp_sink.answer(then=refuse("451 4.3.0 try later"))
    bob, incident = builders.person("Bob"), builders.bare_incident()
    page(bob, incident)
    deliver_due()
    while (row := mails_to(bob)).state == Delivery.State.QUEUED:
        clock.move_to(row.next_attempt_at)
        outbox.sweep(app_clock.now())

    assert row.state == Delivery.State.FAILED
    assert timedelta(minutes=29) < app_clock.now() - NOON <= timedelta(minutes=30)
    assert row.pk in HEARD
    event = incident.events.get()
    assert event.kind == EventKind.PAGE_FAILED
    assert event.text == "The page to Bob by mail was not delivered. No contact method is left."


def test_a_refused_address_fails_over_to_the_next_method_at_once(smtp_sink: SmtpSink) -> None:
    smtp_sink.answer(refuse("550 5.1.1 no such user"))
    bob, incident = builders.person("Bob"), builders.bare_incident()
    builders.mail_method(bob, "gone@example.com")
    builders.mail_method(bob, "bob@phone.example", position=1, delay_minutes=10)
    page(bob, incident)

    deliver_due()
    outbox.deliver(Delivery.objects.filter(address="bob@phone.example").values_list("pk", flat=True))

    [arrived] = smtp_sink.mails()
    assert arrived.recipients == ("bob@phone.example",)
    assert HEARD == []
    assert incident.events.get().text.endswith("The next contact method is used.")


def test_what_waited_for_a_deleted_method_goes_to_the_sign_in_address_when_none_is_left() -> None:
    bob, incident = builders.person("Bob"), builders.bare_incident()
    method = builders.mail_method(bob, "bob@phone.example")
    page(bob, incident)

    method.delete()
    deliver_due()
    deliver_due()

    removed, instead = Delivery.objects.filter(user=bob, transport=Delivery.EMAIL).order_by("pk")
    assert removed.last_error == "This contact method was removed."
    assert (instead.address, instead.state) == ("bob@example.org", Delivery.State.DELIVERED)
    assert [sent.to for sent in mail.outbox] == [["bob@example.org"]]
    assert HEARD == []


def test_when_the_sign_in_address_fails_too_the_pager_hears_of_it_once(smtp_sink: SmtpSink) -> None:
    bob, incident = builders.person("Bob"), builders.bare_incident()
    builders.mail_method(bob, "bob@phone.example")
    smtp_sink.answer(then=refuse("550 5.1.1 no such user"))
    page(bob, incident)
    for _ in range(3):
        deliver_due()
    rows = Delivery.objects.filter(user=bob, transport=Delivery.EMAIL)
    assert [(row.address, row.state) for row in rows.order_by("pk")] == [
        ("bob@phone.example", Delivery.State.FAILED),
        ("bob@example.org", Delivery.State.FAILED),
    ]
    assert len(HEARD) == 1


def test_a_person_who_left_gets_nothing() -> None:
    bob = builders.person("Bob")
    page(bob)
    bob.is_active = False
    bob.save()

    deliver_due()

    assert mail.outbox == []
    assert mails_to(bob).state == Delivery.State.FAILED


def test_a_broken_listener_does_not_keep_a_failure_from_being_recorded(
    settings: Settings, smtp_sink: SmtpSink
) -> None:
    settings.PAGE_FAILED_HANDLER = "tests.communications.test_outbox.explode"
    smtp_sink.answer(refuse("550 5.1.1 no such user"))
    bob, incident = builders.person("Bob"), builders.bare_incident()
    page(bob, incident)

    deliver_due()

    assert mails_to(bob).state == Delivery.State.FAILED
    assert incident.events.count() == 1


def test_a_page_that_is_late_because_we_were_down_is_sent_all_the_same(clock: time_machine.Traveller) -> None:
    page(builders.person("Bob"))
    clock.shift(3600)

    outbox.sweep(app_clock.now())

    assert len(mail.outbox) == 1


def test_a_reminder_that_is_late_because_we_were_down_is_dropped(clock: time_machine.Traveller) -> None:
    outbox.enqueue(
        kind=Delivery.Kind.REMINDER, topic="reminder:1", dedupe_key="reminder:1", user=builders.person("Bob"),
        message=Message("Checkpoint", "Look up."), now=app_clock.now(),
    )  # fmt: skip
    clock.shift(3600)

    outbox.sweep(app_clock.now())

    assert mail.outbox == []
    assert set(Delivery.objects.values_list("state", flat=True)) == {"cancelled"}


def test_a_drill_reaches_only_those_who_take_part() -> None:
    bob, carol = builders.person("Bob"), builders.person("Carol")
    drill = builders.bare_incident(is_drill=True)
    Responder.objects.create(incident=drill, user=bob, joined_at=NOON)

    deliver_due_of([*page(bob, drill), *page(carol, drill, key="page:2")])

    assert [message.to for message in mail.outbox] == [[bob.email]]
    assert mail.outbox[0].subject.startswith("DRILL: ")
    assert mails_to(carol).state == Delivery.State.SUPPRESSED


def test_a_private_incidents_mail_says_nothing_of_its_content() -> None:
    secret = builders.bare_incident("Customer data on a public bucket", is_private=True)
    message = Message("[SEV-1] INC-1 Customer data on a public bucket", "Bucket backups-eu", path="/p/x/")

    deliver_due_of(page(builders.person("Bob"), secret, message=message))

    everything = str(mail.outbox[0].message())
    assert mail.outbox[0].subject == "[SEV-1] INC-1"
    assert "ucket" not in everything


def test_the_link_is_signed_when_it_is_sent_and_no_token_is_at_rest() -> None:
    message = Message("Down", "Down.", path="/p/{token}/", sign=("page", "17"))

    deliver_due_of(page(builders.person("Bob"), message=message))

    [line] = [line for line in mail.outbox[0].body.splitlines() if "/p/" in line]
    token = line.rsplit("/p/")[1].strip("/")
    assert signing.TimestampSigner(salt="page").unsign(token) == "17"
    signature = token.rsplit(":")[-1]
    at_rest = [*Delivery.objects.values_list("payload", flat=True), *Notification.objects.values_list("path")]
    assert signature not in str(at_rest)


def test_a_message_of_a_megabyte_with_control_characters_is_cut_and_cleaned() -> None:
    message = Message("Down\r\nBcc: eve@example.com\x00", "x" * 1_000_000 + "\x00")

    deliver_due_of(page(builders.person("Bob"), message=message))

    assert mail.outbox[0].subject == "Down Bcc: eve@example.com"
    assert mail.outbox[0].bcc == []
    assert len(mail.outbox[0].body) < 25_000


def test_a_plain_address_gets_one_mail_and_nothing_else() -> None:
    outbox.enqueue_address(
        kind=Delivery.Kind.NOTICE, topic="t", dedupe_key="k", address="press@example.com",
        message=Message("Hello", "There."), now=app_clock.now(),
    )  # fmt: skip

    deliver_due()

    assert mail.outbox[0].to == ["press@example.com"]
    assert not Notification.objects.exists()


def test_a_bad_row_does_not_hold_up_the_others(clock: time_machine.Traveller) -> None:
    bob, carol = builders.person("Bob"), builders.person("Carol")
    broken, _ = page(bob)
    Delivery.objects.filter(pk=broken.pk).update(payload={})
    page(carol, key="page:2")
    clock.shift(5)

    outbox.sweep(app_clock.now())

    assert sorted(message.to[0] for message in mail.outbox) == [bob.email, carol.email]
