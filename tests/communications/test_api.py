"""Updates, notifications and deliveries over the API."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from common import clock as app_clock
from communications import outbox, updates
from communications.models import Delivery, Notification, Update
from communications.outbox import Message
from incidents.models import Incident
from tests.builders import NOON, api_key, bare_incident, office_hours, person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock")]
WORDS = {"impact": "Customers get no webhooks.", "actions": "Rolling back v812."}
UPDATES = "/api/v1/incidents/INC-1/updates"


@pytest.fixture
def incident(clock: object) -> Incident:
    office_hours(is_default=True)
    made = bare_incident()
    updates.start(made, NOON)
    return made


@pytest.fixture
def carol(db: None) -> User:
    return person("Carol")


class Api:
    """Calls the API with a person's key."""

    def __init__(self, user: User, *scopes: str) -> None:
        self.headers = {"Authorization": f"Bearer {api_key(user, *scopes)}"}

    def get(self, path: str) -> Any:
        return Client().get(path, headers=self.headers)

    def post(self, path: str, data: object = None, **headers: str) -> Any:
        return Client().post(path, data or {}, "application/json", headers=self.headers | headers)


def test_an_update_is_published_and_listed(carol: User, incident: Incident) -> None:
    api = Api(carol)

    answer = api.post(UPDATES, WORDS | {"eta": "30 min"})

    assert answer.status_code == 201
    assert answer.json()["text"].startswith("🚨 INCIDENT UPDATE - INC-1 - ")
    assert answer.json()["next_due_at"] == "2026-03-25T12:15:00Z"
    listed = api.get(UPDATES).json()
    assert [row["number"] for row in listed["results"]] == [1]


def test_the_same_idempotency_key_is_one_update(carol: User, incident: Incident) -> None:
    api = Api(carol)

    first = api.post(UPDATES, WORDS, **{"Idempotency-Key": "k"}).json()
    second = api.post(UPDATES, WORDS, **{"Idempotency-Key": "k"}).json()
    other = api.post(UPDATES, WORDS | {"impact": "Other"}, **{"Idempotency-Key": "k"})

    assert first == second
    assert other.status_code == 409
    assert Update.objects.count() == 1


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"impact": "x"}, "actions"),
        ({"impact": " ", "actions": "y"}, "impact"),
        ({**WORDS, "next_due_at": "yesterday"}, "next_due_at"),
        ({**WORDS, "next_due_at": "2020-01-01T00:00:00Z"}, "next_due_at"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(
    data: object, field: str, carol: User, incident: Incident
) -> None:
    answer = Api(carol).post(UPDATES, data)

    assert answer.status_code == 400
    assert [error["attr"] for error in answer.json()["errors"]] == [field]


def test_no_change_preview_and_another_time_have_their_endpoints(carol: User, incident: Incident) -> None:
    api, later = Api(carol), NOON + timedelta(hours=1)

    preview = api.post(f"{UPDATES}/preview", WORDS)
    assert "Rolling back" in preview.json()["text"]
    assert not Update.objects.exists()
    assert api.post(f"{UPDATES}/no-change").json()["is_no_change"] is True
    moved = api.post(f"{UPDATES}/next", {"next_due_at": later.isoformat()})
    assert moved.json() == {"incident": "INC-1", "next_due_at": later.isoformat()}


def test_who_may_only_look_publishes_nothing(incident: Incident, carol: User) -> None:
    assert Api(person("Dave", "viewer")).post(UPDATES, WORDS).status_code == 403
    assert Api(carol, "read").post(UPDATES, WORDS).status_code == 403
    assert Client().get(UPDATES).status_code == 401


def test_a_private_incidents_updates_and_deliveries_are_not_there(carol: User, clock: object) -> None:
    secret = bare_incident(is_private=True)
    outbox.enqueue(
        kind=Delivery.Kind.NOTICE, topic="t", dedupe_key="k", user=person("Bob"), now=app_clock.now(),
        incident=secret, message=Message("Leak", "Leak."),
    )  # fmt: skip
    api = Api(carol)

    assert api.get("/api/v1/incidents/INC-1/updates").status_code == 404
    assert api.get("/api/v1/deliveries").json()["results"] == []
    assert api.get(f"/api/v1/deliveries/{Delivery.objects.first().pk}").status_code == 404  # type: ignore[union-attr]
    assert api.get("/api/v1/deliveries?incident=INC-1").status_code == 404


def test_deliveries_show_their_attempts_but_no_address(carol: User, incident: Incident) -> None:
    rows = outbox.enqueue(
        kind=Delivery.Kind.PAGE, topic="page:1", dedupe_key="page:1", user=carol, now=app_clock.now(),
        incident=incident, message=Message("Down", "Down."),
    )  # fmt: skip
    outbox.deliver(row.pk for row in rows)

    answer = Api(carol).get("/api/v1/deliveries?topic=page:1&transport=email")

    [row] = answer.json()["results"]
    assert row["state"] == "delivered"
    assert [attempt["outcome"] for attempt in row["attempt_log"]] == ["delivered"]
    assert carol.email not in answer.content.decode()


def test_notifications_are_listed_and_read(carol: User, incident: Incident) -> None:
    for number in range(3):
        Notification.objects.create(
            user=carol, kind="notice", title=f"number {number}", dedupe_key=str(number), created_at=NOON
        )
    api = Api(carol)
    [newest, *_] = api.get("/api/v1/notifications?unread=true").json()["results"]

    read = api.post(f"/api/v1/notifications/{newest['id']}/read")
    rest = api.post("/api/v1/notifications/read", {"up_to": newest["id"]})

    assert read.json()["read_at"] == "2026-03-25T12:00:00Z"
    assert rest.json() == {"unread": 0}
    assert Api(person("Bob")).post(f"/api/v1/notifications/{newest['id']}/read").status_code == 404


def test_the_list_of_deliveries_has_a_fixed_number_of_queries(
    carol: User, incident: Incident, django_assert_max_num_queries: Any
) -> None:
    for number in range(20):
        outbox.enqueue(
            kind=Delivery.Kind.NOTICE, topic="t", dedupe_key=f"k{number}", user=carol, now=app_clock.now(),
            incident=incident, message=Message("Hello", "There."),
        )  # fmt: skip
    api = Api(carol)

    with django_assert_max_num_queries(10):
        api.get("/api/v1/deliveries")
