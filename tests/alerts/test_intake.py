"""The plain JSON intake: what a sender may say, and what becomes of it (R14, R17)."""

import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client

from accounts.actor import SYSTEM, Actor
from accounts.models import User
from alerts import actions, intake
from alerts.models import Alert, AlertSource
from common import clock
from common.errors import Invalid
from communications.models import Delivery
from escalation.models import Page
from incidents import actions as incident_actions
from incidents.models import Component, EventKind, Incident
from tests import builders

KEY = "a-key-of-the-test"


@pytest.fixture
def source(db: None) -> AlertSource:
    made, _ = actions.create_source(by=SYSTEM, name="Grafana", key=KEY)
    return made


def send(client: Client, body: Any, key: str = KEY) -> Any:
    content = body if isinstance(body, (bytes, str)) else json.dumps(body)
    return client.post(f"/api/v1/alerts/{key}", content, content_type="application/json")


def test_an_alert_opens_an_incident_and_the_answer_names_it(client: Client, source: AlertSource) -> None:
    answer = send(client, {"title": "5xx at 38 %", "severity": "critical", "dedup_key": "5xx"})
    assert answer.status_code == 202
    incident = Incident.objects.get()
    assert answer.json()["incident"] == incident.reference
    assert answer.json()["outcome"] == "opened"
    assert (incident.title, incident.severity, incident.source) == ("5xx at 38 %", 1, "alert")
    assert incident.declared_by_label == "Grafana"
    kinds = set(incident.events.values_list("kind", flat=True))
    assert {EventKind.DECLARED, EventKind.ALERT} <= kinds


def test_the_same_key_twice_is_one_alert_with_count_two(client: Client, source: AlertSource) -> None:
    send(client, {"title": "Disk full", "dedup_key": "disk"})
    again = send(client, {"title": "Disk full", "dedup_key": "disk"})
    assert (again.status_code, again.json()["outcome"], again.json()["count"]) == (202, "repeated", 2)
    assert Alert.objects.count() == Incident.objects.count() == 1


def test_without_a_key_the_same_title_and_component_are_one_alert(
    client: Client, source: AlertSource
) -> None:
    send(client, {"summary": "Disk full", "service": "db"})
    assert send(client, {"title": "Disk full", "component": "db"}).json()["outcome"] == "repeated"
    assert send(client, {"title": "Disk full", "component": "web"}).json()["outcome"] == "opened"


def test_resolve_ends_the_alert_and_the_next_trigger_opens_anew(client: Client, source: AlertSource) -> None:
    send(client, {"title": "Disk full", "dedup_key": "disk"})
    ended = send(client, {"dedup_key": "disk", "action": "resolve"})
    assert ended.json()["outcome"] == "resolved"
    assert send(client, {"title": "Disk full", "dedup_key": "disk"}).json()["outcome"] == "opened"
    assert Alert.objects.filter(dedup_key="disk").count() == 2


def test_resolve_before_trigger_is_accepted_and_ignored(client: Client, source: AlertSource) -> None:
    answer = send(client, {"dedup_key": "never-seen", "status": "ok"})
    assert (answer.status_code, answer.json()["outcome"]) == (202, "ignored")
    assert not Alert.objects.exists()


def test_an_unknown_severity_and_component_are_mapped_and_said(client: Client, source: AlertSource) -> None:
    answer = send(client, {"title": "Odd", "severity": "purple", "component": "nowhere"})
    assert answer.status_code == 202
    assert answer.json()["severity"] == "SEV-2"
    assert "“purple” is unknown" in answer.json()["note"]
    assert "“nowhere” is unknown" in answer.json()["note"]


def test_a_known_component_brings_its_team(client: Client, source: AlertSource) -> None:
    team = builders.team("Data")
    Component.objects.create(name="Warehouse", slug="warehouse", team=team)
    send(client, {"title": "Slow", "labels": {"component": "WAREHOUSE"}})
    assert Incident.objects.get().team == team


def test_a_repeat_after_the_incident_was_resolved_pages_again(client: Client, source: AlertSource) -> None:
    send(client, {"title": "Slow", "severity": 3, "dedup_key": "slow"})
    by = Actor.of(builders.alice())
    incident_actions.resolve(by=by, incident=Incident.objects.get())
    again = send(client, {"title": "Slow", "severity": 3, "dedup_key": "slow"})
    assert again.json()["outcome"] == "opened"
    assert Incident.objects.count() == 2


def test_alerts_move_with_a_merge(client: Client, source: AlertSource) -> None:
    first = send(client, {"title": "A", "dedup_key": "a"}).json()["incident"]
    send(client, {"title": "B", "dedup_key": "b"})
    one, two = Incident.objects.order_by("number")
    incident_actions.merge(by=Actor.of(builders.alice()), incident=two, into=one, reason="same cause")
    assert set(Alert.objects.values_list("incident__number", flat=True)) == {one.number}
    assert send(client, {"title": "B", "dedup_key": "b"}).json()["incident"] == first


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{not json", "not JSON"),
        (b"[1, 2]", "has to be a JSON object"),
        (b"\xff\xfe", "not UTF-8"),
        (b'{"title": ' + b'{"a":' * 60 + b"1" + b"}" * 60 + b"}", "nested deeper"),
        (b"[" * 100_000, "nested deeper"),
        (b"", "not JSON"),
        (b'{"severity": "critical"}', "Say what is wrong"),
        (b'{"title": "  \\u0000\\u202e "}', "Say what is wrong"),
    ],
)
def test_what_cannot_be_read_gets_a_sentence(
    client: Client, source: AlertSource, body: bytes, words: str
) -> None:
    answer = send(client, body)
    assert answer.status_code == 400
    assert words in answer.json()["errors"][0]["detail"]
    assert not Alert.objects.exists()


def test_a_body_of_one_megabyte_is_refused_as_too_large(client: Client, source: AlertSource) -> None:
    answer = send(client, {"title": "x", "description": "y" * 1_000_000})
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize("key", ["wrong", "a-key-of-the-tes", KEY + "x"])
def test_a_wrong_key_is_401_and_leaves_nothing(client: Client, source: AlertSource, key: str) -> None:
    assert send(client, {"title": "x"}, key=key).status_code == 401
    assert not Alert.objects.exists()


def test_a_source_that_is_switched_off_is_401(client: Client, source: AlertSource) -> None:
    AlertSource.objects.update(is_active=False)
    assert send(client, {"title": "x"}).status_code == 401


def test_get_is_not_allowed(client: Client, source: AlertSource) -> None:
    assert client.get(f"/api/v1/alerts/{KEY}").status_code == 405


def test_hostile_text_is_kept_as_text_and_cleaned(client: Client, source: AlertSource) -> None:
    title = "<script>alert(1)</script>\u202e\x00 مرحبا 🔥"
    answer = send(client, {"title": title, "labels": {"a\x00": "\ud800"}, "n": 10**40, "f": 1e400})
    assert answer.status_code == 202
    assert Incident.objects.get().title == "<script>alert(1)</script> مرحبا 🔥"


def test_the_key_is_not_stored(client: Client, source: AlertSource) -> None:
    assert KEY not in str(AlertSource.objects.values().get())


def test_a_repeat_costs_few_queries(
    client: Client, source: AlertSource, django_assert_max_num_queries: Any
) -> None:
    send(client, {"title": "Disk full", "dedup_key": "disk"})
    with django_assert_max_num_queries(3):  # the source, the alert, its count
        answer = send(client, {"title": "Disk full", "dedup_key": "disk"})
    assert answer.json()["incident"] == Incident.objects.get().reference


@pytest.mark.django_db(transaction=True)
def test_two_first_alerts_at_the_same_instant_open_one_incident() -> None:
    actions.create_source(by=SYSTEM, name="Grafana", key=KEY)
    start, answers = threading.Barrier(6), []

    def fire() -> None:
        try:
            start.wait()
            answers.append(send(Client(), {"title": "Disk full", "dedup_key": "disk"}).json())
        finally:
            connection.close()

    threads = [threading.Thread(target=fire) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer["outcome"] for answer in answers) == ["opened"] + ["repeated"] * 5
    assert Alert.objects.get().count == 6
    assert Incident.objects.count() == 1


def test_a_watched_alert_reopens_the_observed_incident_and_pages_its_commander(
    client: Client, source: AlertSource, alice: User
) -> None:
    by, noon = Actor.of(alice), datetime(2026, 3, 25, 12, 0, tzinfo=UTC)
    with time_machine.travel(noon, tick=False) as time:
        incident = incident_actions.declare(by=by, title="Down", severity=1)
        incident_actions.take_role(by=by, incident=incident, role="commander")
        incident_actions.resolve(by=by, incident=incident)
        expires = noon + timedelta(hours=24)
        incident_actions.set_watch(by=by, incident=incident, labels={"service": "web"}, expires_at=expires)
        time.shift(timedelta(hours=20))
        other = send(client, {"title": "5xx", "labels": {"service": "api"}})
        answer = send(client, {"title": "5xx again", "labels": {"service": "web", "zone": "b"}})
    assert other.json()["outcome"] == "opened"
    assert (answer.json()["outcome"], answer.json()["incident"]) == ("attached", incident.reference)
    incident.refresh_from_db()
    assert (incident.status, incident.reopen_count) == ("investigating", 1)
    page = Page.objects.get(incident=incident, user=alice, role="direct")
    assert page.needs_answer
    assert Delivery.objects.filter(topic=f"page:{page.pk}").exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_worse_repeats_at_the_same_instant_the_worst_counts() -> None:
    actions.create_source(by=SYSTEM, name="Grafana", key=KEY)
    send(Client(), {"title": "Disk", "severity": "low", "dedup_key": "disk"})
    start = threading.Barrier(4)

    def fire(severity: str) -> None:
        try:
            start.wait()
            send(Client(), {"title": "Disk", "severity": severity, "dedup_key": "disk"})
        finally:
            connection.close()

    threads = [threading.Thread(target=fire, args=[s]) for s in ("warning", "critical", "high", "critical")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    alert = Alert.objects.get()
    assert (alert.severity, alert.count, Incident.objects.get().severity) == (1, 5, 1)


def test_an_alert_that_gets_worse_raises_its_incident(client: Client, source: AlertSource) -> None:
    send(client, {"title": "Disk", "severity": "low", "dedup_key": "disk"})
    answer = send(client, {"title": "Disk", "severity": "critical", "dedup_key": "disk"})
    assert (answer.json()["outcome"], answer.json()["severity"]) == ("repeated", "SEV-1")
    incident = Incident.objects.get()
    assert (incident.severity, incident.peak_severity) == (1, 1)
    send(client, {"title": "Disk", "severity": "low", "dedup_key": "disk"})
    assert Incident.objects.get().severity == 1  # only people lower it


def test_a_watched_alert_long_after_declares_anew(client: Client, source: AlertSource, alice: User) -> None:
    by, noon = Actor.of(alice), datetime(2026, 3, 25, 12, 0, tzinfo=UTC)
    with time_machine.travel(noon, tick=False) as time:
        incident = incident_actions.declare(by=by, title="Slow", severity=3)
        week = noon + timedelta(days=7)
        incident_actions.set_watch(by=by, incident=incident, labels={"service": "web"}, expires_at=week)
        incident_actions.resolve(by=by, incident=incident)
        time.shift(timedelta(hours=30))
        answer = send(client, {"title": "5xx", "severity": "critical", "labels": {"service": "web"}})
    assert (answer.status_code, answer.json()["outcome"]) == (202, "opened")
    assert Incident.objects.count() == 2


def test_a_watched_alert_raises_a_mild_incident(client: Client, source: AlertSource, alice: User) -> None:
    by = Actor.of(alice)
    incident = incident_actions.declare(by=by, title="Slow", severity=4)
    soon = clock.now() + timedelta(days=1)
    incident_actions.set_watch(by=by, incident=incident, labels={"service": "web"}, expires_at=soon)
    incident_actions.resolve(by=by, incident=incident)
    answer = send(client, {"title": "5xx", "severity": "critical", "labels": {"service": "web"}})
    assert answer.json()["outcome"] == "attached"
    incident.refresh_from_db()
    assert (incident.status, incident.severity) == ("investigating", 1)


def test_a_watched_alert_without_a_commander_to_page_declares_anew(
    client: Client, source: AlertSource, alice: User
) -> None:
    by, soon = Actor.of(alice), clock.now() + timedelta(days=1)
    incident = incident_actions.declare(by=by, title="Slow", severity=3)
    incident_actions.set_watch(by=by, incident=incident, labels={"service": "web"}, expires_at=soon)
    assert send(client, {"title": "A", "labels": {"service": "web"}}).json()["outcome"] == "opened"
    incident_actions.take_role(by=by, incident=incident, role="commander")
    assert send(client, {"title": "B", "labels": {"service": "web"}}).json()["outcome"] == "attached"


@pytest.mark.parametrize(
    ("text", "level"),
    [("SEV-1", 1), ("sev2", 2), ("P3", 3), ("5", 4), ("critical", 1), ("Error", 2), ("warning", 3), ("info", 4),
     ("", None), ("purple", None), ("0", None), ("-1", None), ("SEV-9", None)],
)  # fmt: skip
def test_severity_words(text: str, level: int | None) -> None:
    assert intake.severity_of(text) == level


def test_a_payload_without_anything_to_say_is_refused() -> None:
    with pytest.raises(Invalid):
        intake.normalise({"labels": {"a": "b"}})
