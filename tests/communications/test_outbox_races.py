"""Several senders at once, and senders that die: on SQLite as on PostgreSQL nothing is doubled and nothing is lost."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, connections
from pytest_django import Settings

from accounts import codes, methods
from accounts.actor import Actor
from accounts.models import ContactCode
from common import clock
from common.errors import Invalid, TooMany
from communications import outbox
from communications.models import Attempt, Delivery
from communications.outbox import Message
from tests import builders
from tests.builders import person
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).parents[2]


def page(key: str = "page:1") -> Delivery:
    """Return the mail of a page that is due now."""
    name = f"Bob {key[5:]}"
    rows = outbox.enqueue(
        kind=Delivery.Kind.PAGE,
        topic=key,
        dedupe_key=key,
        user=person(name),
        message=Message("Down", "Down."),
        now=clock.now() - timedelta(seconds=5),
    )
    return next(row for row in rows if row.transport == Delivery.EMAIL)


def together(*works: Callable[[], object]) -> None:
    """Run these at the same moment, each with a connection of its own."""
    start = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        try:
            start.wait(timeout=10)
            work()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)


def test_six_senders_at_once_send_it_once(smtp_sink: SmtpSink) -> None:
    row = page()

    together(*[lambda: outbox.deliver([row.pk])] * 6)

    assert len(smtp_sink.mails()) == 1
    assert Attempt.objects.filter(delivery=row).count() == 1


def test_two_batches_and_a_sweep_over_the_same_rows_send_each_once(smtp_sink: SmtpSink) -> None:
    rows = [page(f"page:{number}").pk for number in range(12)]

    together(
        lambda: outbox.deliver_on_threads(rows, threads=4),
        lambda: outbox.deliver_on_threads(rows[::-1], threads=4),
        lambda: outbox.sweep(clock.now()),
    )

    keys = [str(arrived.message["X-Allclear-Delivery"]) for arrived in smtp_sink.mails()]
    assert len(keys) == len(set(keys)) == 12


def test_the_clocks_own_threads_deliver_what_the_queue_left(smtp_sink: SmtpSink, settings: Settings) -> None:
    settings.DELIVERY_THREADS = 2
    rows = [page("page:1"), page("page:2")]

    while Delivery.objects.waiting().exists():
        outbox.sweep(clock.now())

    assert len(smtp_sink.mails()) == 2
    assert {row.attempt_log.get().outcome for row in rows} == {"delivered"}


def test_acknowledging_and_sending_at_once_ends_in_one_or_the_other(smtp_sink: SmtpSink) -> None:
    for number in range(5):
        row = page(f"page:{number}")
        smtp_sink.mails.clear()

        together(
            lambda row=row: outbox.deliver([row.pk]),  # type: ignore[misc]
            lambda number=number: outbox.cancel(f"page:{number}", note="Acknowledged"),  # type: ignore[misc]
        )

        row.refresh_from_db()
        assert (row.state, len(smtp_sink.mails())) in {("delivered", 1), ("cancelled", 0)}


@pytest.mark.parametrize(
    ("place", "received_before", "received_in_all"),
    [
        ("deliver.claimed", 0, 1),
        ("deliver.started", 0, 1),
        ("deliver.sent", 1, 2),  # nobody can know that it arrived: again, with the same key
        ("deliver.settled", 1, 1),
    ],
)
def test_a_sender_that_dies_anywhere_loses_nothing(
    place: str, received_before: int, received_in_all: int, smtp_sink: SmtpSink
) -> None:
    row = page()

    died = send_in_another_process(row, smtp_sink, place)
    assert died.returncode == 137, died.stderr
    assert len(smtp_sink.mails()) == received_before

    # Eight seconds later.
    Delivery.objects.filter(pk=row.pk, state="claimed").update(
        next_attempt_at=clock.now(), lease_until=clock.now()
    )
    outbox.sweep(clock.now())

    row.refresh_from_db()
    assert row.state == Delivery.State.DELIVERED
    assert len(smtp_sink.mails()) == received_in_all
    assert len({arrived.message["Message-ID"] for arrived in smtp_sink.mails()}) == 1
    assert received_in_all <= row.attempts


def send_in_another_process(row: Delivery, sink: SmtpSink, place: str) -> "subprocess.CompletedProcess[str]":
    """Deliver the row in a process that ends without unwinding at this crash point."""
    program = f"import django; django.setup(); from communications import outbox; outbox.deliver([{row.pk}])"
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": database_url(),
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": sink.host,
        "EMAIL_PORT": str(sink.port),
        "ALLCLEAR_CRASH_AT": place,
    }
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )


def database_url() -> str:
    """Return the address of the database of this test."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    place = f"{database['HOST']}:{database['PORT']}" if database["PORT"] else database["HOST"]
    return f"postgres://{database['USER']}:{database['PASSWORD']}@{place}/{database['NAME']}"


def test_twenty_wrong_codes_at_once_are_five_tries() -> None:
    bob = person("Bob")
    method = methods.add_contact_method(by=Actor.of(bob), user=bob, kind="email", address="bob@phone.example")
    code = ContactCode.objects.get()
    wrong = f"{(int(codes.digits(code)) + 1) % 1_000_000:06}"

    def enter() -> None:
        with pytest.raises(Invalid):
            methods.verify_contact_method(by=Actor.of(bob), method=method, code=wrong)

    together(*[enter] * 20)
    assert ContactCode.objects.get().tries == codes.TRIES
    with pytest.raises(Invalid, match="Five wrong codes"):
        methods.verify_contact_method(by=Actor.of(bob), method=method, code=codes.digits(code))


def test_six_requests_for_a_code_at_once_send_one() -> None:
    bob = person("Bob")
    method = builders.method(bob, "email", "bob@phone.example", verified_at=None)
    refused = []

    def ask() -> None:
        try:
            methods.send_code(by=Actor.of(bob), method=method)
        except TooMany as error:
            refused.append(error)

    together(*[ask] * 6)
    assert len(refused) == 5
    assert ContactCode.objects.count() == Delivery.objects.filter(kind="code").count() == 1
