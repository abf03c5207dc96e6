"""The API's twins of the calendar, of the preview of an override, and of the load report."""

from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import User
from oncall.models import Override
from tests import builders
from tests.builders import NOON

pytestmark = pytest.mark.django_db
API = "/api/v1"


def call(client: Client, user: User, path: str, body: dict[str, Any] | None = None) -> Any:
    headers = {"Authorization": f"Bearer {builders.api_key(user)}"}
    with time_machine.travel(NOON, tick=False):
        if body is None:
            return client.get(f"{API}{path}", headers=headers)
        return client.post(f"{API}{path}", body, content_type="application/json", headers=headers)


@pytest.fixture
def ask(client: Client) -> Callable[..., Any]:
    return lambda *arguments: call(client, *arguments)


def test_the_calendar_has_every_schedules_shifts(ask: Any, alice: User, bob: User, carol: User) -> None:
    builders.rota("Platform", alice, bob)
    builders.rota("Data", alice)
    found = ask(carol, "/on-call/calendar?start=2026-03-25T12:00:00Z&end=2026-04-01T12:00:00Z").json()
    assert [lane["schedule"]["slug"] for lane in found] == ["data", "platform"]
    assert [shift["person"]["name"] for shift in found[1]["shifts"]] == ["Alice", "Bob"]
    mine = ask(bob, "/on-call/calendar?who=mine").json()
    assert [lane["schedule"]["slug"] for lane in mine] == ["platform"]
    assert len(ask(bob, "/on-call/calendar?schedule=data").json()) == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [("start=2026-03-25T12:00:00Z&end=2026-03-25T12:00:00Z", "end"), ("end=2027-03-25T12:00:00Z", "end"),
     ("who=them", "who"), ("start=soon", "start")],
)  # fmt: skip
def test_a_question_that_makes_no_sense_names_its_field(ask: Any, bob: User, query: str, field: str) -> None:
    answer = ask(bob, f"/on-call/calendar?{query}")
    assert answer.status_code == 400
    assert field in answer.content.decode()


def test_a_schedule_that_is_not_there_is_not_found(ask: Any, bob: User) -> None:
    assert ask(bob, "/on-call/calendar?schedule=nope").status_code == 404
    assert ask(bob, "/on-call/load?schedule=nope").status_code == 404


def test_a_preview_shows_the_difference_and_saves_nothing(
    ask: Any, alice: User, bob: User, carol: User
) -> None:
    builders.rota("Platform", alice)
    body = {"user": carol.pk, "starts_at": "2026-03-26T00:00:00Z", "ends_at": "2026-03-27T00:00:00Z"}
    found = ask(bob, "/schedules/platform/overrides/preview", body).json()
    (change,) = found["changes"]
    assert [person["name"] for person in change["before"]] == ["Alice"]
    assert [person["name"] for person in change["after"]] == ["Carol"]
    assert (change["start"], change["makes_gap"]) == ("2026-03-26T00:00:00Z", False)
    gap = ask(
        bob, "/schedules/platform/overrides/preview", {**body, "user": alice.pk, "kind": "remove"}
    ).json()
    assert gap["makes_gap"] is True
    assert not Override.objects.exists()


def test_a_preview_of_a_move_is_compared_with_the_override_as_it_is(
    ask: Any, alice: User, bob: User, carol: User
) -> None:
    builders.rota("Platform", alice)
    body = {"user": carol.pk, "starts_at": "2026-03-26T00:00:00Z", "ends_at": "2026-03-27T00:00:00Z"}
    made = ask(bob, "/schedules/platform/overrides", body).json()
    moved = {**body, "ends_at": "2026-03-28T00:00:00Z", "override": made["id"]}
    (change,) = ask(bob, "/schedules/platform/overrides/preview", moved).json()["changes"]
    assert (change["start"], change["end"]) == ("2026-03-27T00:00:00Z", "2026-03-28T00:00:00Z")


def test_a_preview_refuses_what_saving_would_refuse(ask: Any, alice: User, bob: User, dave: User) -> None:
    builders.rota("Platform", alice)
    path = "/schedules/platform/overrides/preview"
    body = {"user": bob.pk, "starts_at": "2026-03-27T00:00:00Z", "ends_at": "2026-03-26T00:00:00Z"}
    assert "end before it begins" in ask(bob, path, body).content.decode()
    assert ask(bob, path, {**body, "override": 999}).status_code == 404
    assert ask(dave, path, body).status_code == 403


def test_the_load_is_there_for_programs(ask: Any, alice: User, bob: User) -> None:
    builders.rota("Platform", alice, bob)
    found = ask(bob, "/on-call/load?start=2026-03-23T09:00:00Z&end=2026-04-06T08:00:00Z").json()
    assert {row["person"]["name"]: row["hours"] for row in found["people"]} == {"Alice": 167.0, "Bob": 168.0}
    assert found["gap_hours"] == 0.0
    assert ask(bob, "/on-call/load?start=2026-03-23T09:00:00Z&end=2026-03-20T09:00:00Z").status_code == 400
