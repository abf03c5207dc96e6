"""Pages, timers, the matrix and the agenda over the API; each button of the browser has its twin."""

from typing import Any

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.models import Team, User
from escalation.models import AgendaItem, Page
from incidents import actions
from incidents.models import Event, EventKind, Incident
from tests import builders
from tests.builders import NOON

pytestmark = pytest.mark.django_db


class Caller:
    """A program with an API key of somebody's."""

    def __init__(self, user: User, *scopes: str) -> None:
        self.headers = {"Authorization": f"Bearer {builders.api_key(user, *scopes)}"}

    def get(self, path: str, **query: Any) -> Any:
        return Client().get(f"/api/v1/{path}", query, headers=self.headers)

    def post(self, path: str, data: dict[str, Any] | None = None, key: str = "") -> Any:
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        return Client().post(f"/api/v1/{path}", data or {}, content_type="application/json", headers=headers)

    def delete(self, path: str) -> Any:
        return Client().delete(f"/api/v1/{path}", headers=self.headers)


@pytest.fixture
def incident(alice: User, bob: User, carol: User) -> Incident:
    builders.matrix()
    team: Team = builders.team("Platform", is_default=True)
    builders.fills("on_call", builders.rota("Platform", bob), team)
    builders.fills("on_call", carol, team, position=1)
    builders.fills("team_lead", alice)
    return actions.declare(by=Actor.of(alice), title="Webhooks down", severity=1)


def test_pages_are_listed_and_filtered(incident: Incident, bob: User, carol: User) -> None:
    found = Caller(bob).get("pages", incident=incident.number, state="open", mine="true").json()
    assert [(row["incident"], row["user"]["name"], row["state"]) for row in found["results"]] == [
        (incident.reference, "Bob", "open")
    ]
    assert Caller(carol).get("pages", mine="true").json()["count"] == 0


def test_ones_own_page_is_acknowledged_once(incident: Incident, bob: User) -> None:
    page = Page.objects.get(user=bob)
    for _ in range(2):
        answer = Caller(bob).post(f"pages/{page.pk}/acknowledge")
        assert (answer.status_code, answer.json()["state"]) == (200, "acknowledged")
    assert Event.objects.filter(incident=incident, kind=EventKind.ACKNOWLEDGED).count() == 1


def test_ones_own_page_is_declined_with_a_reason(incident: Incident, bob: User, carol: User) -> None:
    page = Page.objects.get(user=bob)
    answer = Caller(bob).post(f"pages/{page.pk}/decline", {"reason": "on a train"}, key="k1").json()
    assert (answer["state"], answer["note"]) == ("declined", "on a train")
    assert Page.objects.filter(user=carol).exists()


def test_somebody_elses_page_is_not_there(incident: Incident, alice: User, bob: User) -> None:
    page = Page.objects.get(user=bob)
    for what in ("acknowledge", "decline"):
        answer = Caller(alice).post(f"pages/{page.pk}/{what}")
        assert answer.status_code == 404
        assert answer.json()["errors"][0]["code"] == "not_found"


def test_an_incident_is_acknowledged_escalated_and_people_are_paged_and_released(
    incident: Incident, alice: User, bob: User, erin: User
) -> None:
    caller, base = Caller(bob), f"incidents/{incident.reference}"
    assert caller.post(f"{base}/acknowledge").json()["acknowledged_by"]["name"] == "Bob"
    assert caller.post(f"{base}/escalate", {"role": "team_lead"}).status_code == 200
    assert Page.objects.filter(user=alice, role="team_lead").exists()
    paged = caller.post(f"{base}/page", {"user": erin.pk, "reason": "knows the certificates"}, key="once")
    assert (paged.status_code, paged.json()["role"]) == (201, "direct")
    again = caller.post(f"{base}/page", {"user": erin.pk, "reason": "knows the certificates"}, key="once")
    assert again.json()["id"] == paged.json()["id"]
    assert caller.post(f"{base}/release", {"user": bob.pk}).status_code == 200


@pytest.mark.parametrize(
    ("what", "data", "attr"),
    [
        ("escalate", {"role": "janitor"}, "role"),
        ("page", {"user": 999999, "reason": "x"}, "user"),
        ("page", {"reason": "x"}, "user"),
        ("page", {"user": "bob", "reason": "x"}, "user"),
        ("release", {}, "user"),
    ],
)
def test_what_is_wrong_is_named(
    incident: Incident, bob: User, what: str, data: dict[str, Any], attr: str
) -> None:
    answer = Caller(bob).post(f"incidents/{incident.reference}/{what}", data)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == attr


def test_who_may_only_look_may_not_page(incident: Incident, dave: User) -> None:
    assert Caller(dave).get("pages").status_code == 200
    assert (
        Caller(dave).post(f"incidents/{incident.reference}/escalate", {"role": "manager"}).status_code == 403
    )
    assert Caller(dave).post(f"incidents/{incident.reference}/acknowledge").status_code == 403


def test_a_key_that_may_only_read_may_not_write(incident: Incident, bob: User) -> None:
    assert Caller(bob, "read").post(f"incidents/{incident.reference}/acknowledge").status_code == 403


def test_private_incidents_are_nowhere(incident: Incident, bob: User, carol: User) -> None:
    Incident.objects.filter(pk=incident.pk).update(is_private=True)
    AgendaItem.objects.create(incident=incident, review="weekly_review", role="manager", review_at=NOON)
    caller = Caller(carol)
    assert [caller.get(path).json()["count"] for path in ("pages", "escalation/timers", "agenda")] == [
        0,
        0,
        0,
    ]
    assert caller.post(f"incidents/{incident.reference}/acknowledge").status_code == 404


def test_timers_and_the_matrix_can_be_read(incident: Incident, bob: User) -> None:
    timers = Caller(bob).get("escalation/timers", incident=incident.number, state="armed").json()["results"]
    assert {"team_lead", "executive"} <= {row["role"] for row in timers}
    rules = Caller(bob).get("escalation/rules", severity=1).json()["results"]
    assert {row["role"]: row["words"] for row in rules}["team_lead"] == "15 min"


def test_an_agenda_item_is_discussed_once(incident: Incident, bob: User) -> None:
    item = AgendaItem.objects.create(
        incident=incident, review="weekly_review", role="manager", review_at=NOON
    )
    discussed = Caller(bob).post(f"agenda/{item.pk}/discuss").json()
    first = discussed["discussed_at"]
    assert first
    assert discussed["discussed_by"]["name"] == "Bob"
    assert Caller(bob).post(f"agenda/{item.pk}/discuss").json()["discussed_at"] == first
    assert Caller(bob).post("agenda/999999/discuss").status_code == 404


@pytest.mark.parametrize(
    "path", ["pages", "escalation/timers", "escalation/rules", "agenda", "on-call", "schedules"]
)
def test_strangers_get_401(db: None, path: str) -> None:
    assert Client().get(f"/api/v1/{path}").status_code == 401
