"""/health: 503 while a page could be missed, also when the database is gone."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from common import clock
from communications.outbox import Message, enqueue
from escalation.pager import heartbeats


@contextmanager
def lost_database() -> Iterator[None]:
    """Makes every query fail as it does when the server is gone."""

    def fail(*args: Any) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    with connection.execute_wrapper(fail):
        yield


@pytest.mark.django_db
def test_it_is_unwell_before_a_clock_has_run(client: Client) -> None:
    answer = client.get("/health")
    assert answer.status_code == 503
    body = answer.json()
    assert (body["status"], body["checks"]["database"]["status"]) == ("failing", "ok")
    assert body["checks"]["clock"]["status"] == "failing"
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_it_is_well_while_clock_and_queue_work(client: Client) -> None:
    heartbeats.beat(heartbeats.CLOCK, clock.now())
    heartbeats.beat(heartbeats.QUEUE, clock.now())
    answer = client.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert set(answer.json()["checks"]) >= {"database", "queue", "clock", "deliveries"}


@pytest.mark.django_db
def test_an_overdue_page_makes_it_unwell(client: Client, bob: User) -> None:
    heartbeats.beat(heartbeats.CLOCK, clock.now())
    due = clock.now() - timedelta(seconds=30)
    message = Message("[SEV-1] INC-1 Webhooks down", "Webhooks return 500.")
    enqueue(kind="page", topic="page:1", dedupe_key="page:1", user=bob, message=message, now=due)
    answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.json()["checks"]["deliveries"]["overdue_seconds"] >= 30


@pytest.mark.django_db
def test_it_speaks_when_the_database_cannot(client: Client, bob: User) -> None:
    client.force_login(bob)  # a session cookie must not lead into the database
    with lost_database():
        answer = client.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (503, "failing")
    assert "server closed" not in answer.content.decode()


@pytest.mark.django_db
def test_it_answers_whatever_the_host_is_called(client: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/health", headers={"Host": "10.0.0.7:8000"}).status_code in {200, 503}


@pytest.mark.django_db
def test_it_only_reads(client: Client) -> None:
    assert client.post("/health").status_code == 405
    assert client.head("/health").content == b""


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/me/", "/api/v1/me"])
def test_any_other_page_answers_503_and_when_to_come_back(client: Client, bob: User, path: str) -> None:
    client.force_login(bob)
    client.raise_request_exception = False
    with lost_database():
        answer = client.get(path)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "server closed" not in answer.content.decode()
