"""Schedules, shifts, overrides and the preview over the API."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from accounts.models import AuditEntry, User
from common import clock
from incidents.models import Component
from oncall.models import Override, Schedule
from tests import builders
from tests.escalation.test_api_paging import Caller

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def rota(alice: User, bob: User) -> Schedule:
    return builders.rota("Platform", alice, bob, team=builders.team("Platform", is_default=True))


def test_schedules_are_listed(rota: Schedule, dave: User) -> None:
    [row] = Caller(dave).get("schedules").json()["results"]
    assert (row["slug"], row["team"], row["time_zone"]) == ("platform", "platform", "Europe/London")
    assert Caller(dave).get("schedules/platform").json()["name"] == "Platform"
    assert Caller(dave).get("schedules/nonsense").status_code == 404
    assert Caller(dave).get("schedules/nonsense/on-call").status_code == 404


def test_who_is_on_call_at_an_instant(rota: Schedule, dave: User) -> None:
    [shift] = Caller(dave).get("schedules/platform/on-call", at="2026-03-25T12:00:00Z").json()
    assert (shift["person"]["name"], shift["end"], shift["is_gap"]) == (
        "Alice",
        "2026-03-30T08:00:00Z",
        False,
    )
    teams = Caller(dave).get("on-call", at="2026-04-01T12:00:00Z").json()
    assert [(row["team"], row["people"][0]["user"]["name"]) for row in teams] == [("platform", "Bob")]


def test_shifts_of_an_interval_with_its_gaps(rota: Schedule, dave: User) -> None:
    rota.layers.update(effective_until="2026-04-01T00:00:00Z")
    found = (
        Caller(dave)
        .get("schedules/platform/shifts", start="2026-03-25T00:00:00Z", end="2026-04-02T00:00:00Z")
        .json()
    )
    assert [(row["start"][5:13], (row["person"] or {}).get("name")) for row in found] == [
        ("03-25T00", "Alice"),
        ("03-30T08", "Bob"),
        ("04-01T00", None),
    ]


@pytest.mark.parametrize(
    ("query", "attr"),
    [
        ({"start": "yesterday"}, "start"),
        ({"start": "2026-03-25T00:00:00"}, "start"),
        ({"start": "2026-03-25T00:00:00Z", "end": "2026-03-24T00:00:00Z"}, "end"),
        ({"start": "2026-03-25T00:00:00Z", "end": "2036-03-24T00:00:00Z"}, "end"),
        ({"start": "0001-01-01T00:00:00Z"}, "start"),
        ({"end": "9999-12-31T23:59:59Z"}, "end"),
    ],
)
def test_an_interval_that_makes_no_sense_is_refused(
    rota: Schedule, dave: User, query: dict[str, str], attr: str
) -> None:
    answer = Caller(dave).get("schedules/platform/shifts", **query)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == attr


def given(user: User, **changes: Any) -> dict[str, Any]:
    now = clock.now()
    return {"user": user.pk, "starts_at": now.isoformat(), "ends_at": (now + 2 * HOUR).isoformat(), **changes}


def test_an_override_beats_the_rota_and_is_in_the_audit_log(rota: Schedule, bob: User, carol: User) -> None:
    answer = Caller(bob).post("schedules/platform/overrides", given(carol, reason="dentist"), key="o1")
    assert answer.status_code == 201
    [shift] = Caller(bob).get("schedules/platform/on-call").json()
    assert (shift["person"]["name"], shift["source_words"]) == ("Carol", "override: dentist")
    assert [row["reason"] for row in Caller(bob).get("schedules/platform/overrides").json()] == ["dentist"]
    assert Caller(bob).post(
        "schedules/platform/overrides", given(carol, reason="dentist") | _same(answer), key="o1"
    ).status_code in (201, 409)
    assert Override.objects.count() == 1
    assert AuditEntry.objects.filter(action="override.added").exists()


def _same(answer: Any) -> dict[str, Any]:
    return {name: answer.json()[name] for name in ("starts_at", "ends_at")}


@pytest.mark.parametrize(
    ("changes", "attr"),
    [
        ({"ends_at": "2020-01-01T00:00:00Z"}, "ends_at"),
        ({"starts_at": "2020-01-01T00:00:00Z"}, "starts_at"),
        ({"ends_at": "2126-01-01T00:00:00Z"}, "ends_at"),
        ({"starts_at": "soon"}, "starts_at"),
        ({"kind": "borrow"}, "kind"),
        ({"user": 999999}, "user"),
        ({"kind": "add", "replaces": 1}, "replaces"),
    ],
)
def test_an_override_that_makes_no_sense_is_refused(
    rota: Schedule, bob: User, changes: dict[str, Any], attr: str
) -> None:
    if "replaces" in changes:
        changes = {**changes, "replaces": bob.pk}
    answer = Caller(bob).post("schedules/platform/overrides", given(bob) | changes)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == attr
    assert not Override.objects.exists()


def test_nobody_is_put_on_call_who_cannot_sign_in(rota: Schedule, bob: User, carol: User) -> None:
    User.objects.filter(pk=carol.pk).update(is_active=False)
    answer = Caller(bob).post("schedules/platform/overrides", given(carol))
    assert answer.json()["errors"][0]["detail"] == "Carol can no longer sign in, so nobody would answer."


def test_who_may_only_look_may_not_override(rota: Schedule, dave: User) -> None:
    assert Caller(dave).post("schedules/platform/overrides", given(dave)).status_code == 403


def test_what_an_override_has_been_stays(rota: Schedule, bob: User, carol: User) -> None:
    made = Caller(bob).post("schedules/platform/overrides", given(carol)).json()
    path = f"schedules/platform/overrides/{made['id']}"
    with time_machine.travel(clock.now() + HOUR):
        later = (clock.now() + HOUR).isoformat()
        assert Caller(bob).post(path, {"starts_at": later}).status_code == 409
        assert Caller(bob).post(path, {"ends_at": (clock.now() + 5 * HOUR).isoformat()}).status_code == 200
        for _ in range(2):
            assert Caller(bob).delete(path).status_code == 204
        override = Override.objects.get()
        assert override.ends_at <= clock.now()
    with time_machine.travel(clock.now() + 2 * HOUR):
        assert Caller(bob).post(path, {"reason": "late"}).status_code == 409


def test_an_override_that_has_not_begun_is_taken_back_whole(rota: Schedule, bob: User, carol: User) -> None:
    tomorrow = clock.now() + 24 * HOUR
    body = given(carol, starts_at=tomorrow.isoformat(), ends_at=(tomorrow + HOUR).isoformat())
    made = Caller(bob).post("schedules/platform/overrides", body).json()
    for _ in range(2):
        assert Caller(bob).delete(f"schedules/platform/overrides/{made['id']}").status_code == 204
    assert not Override.objects.exists()
    assert Caller(bob).post(f"schedules/platform/overrides/{made['id']}", {"reason": "x"}).status_code == 404


def test_the_preview_says_who_will_be_woken(rota: Schedule, alice: User, dave: User) -> None:
    builders.matrix()
    Component.objects.create(name="API", slug="api", team=rota.team)
    plan = (
        Caller(dave).get("escalation/preview", severity=1, components="api", at="2026-03-25T12:00:00Z").json()
    )
    first = plan["steps"][0]
    assert (first["role"], first["people"][0]["user"]["name"], first["offset_seconds"]) == (
        "on_call",
        "Alice",
        0,
    )
    assert first["people"][0]["methods"] == ["mail", "Allclear"]
    assert first["people"][0]["origin"] == "layer"
    assert first["people"][0]["ways"][1] == {
        "way": "mail", "delay_minutes": 0, "at": "2026-03-25T12:00:00Z", "is_held": False,
    }  # fmt: skip
    assert (first["again"]["minutes"], first["again"]["clock"]) == (5, "wall")
    assert first["again"]["rounds"][0] == {"number": 1, "at": "2026-03-25T12:05:00Z", "people": ["Alice"]}
    assert any(row["is_gap"] and row["role"] == "team_lead" for row in plan["steps"])
    assert (plan["team"], plan["is_anybody_paged"], plan["has_gaps"], plan["is_past"]) == (
        "platform",
        True,
        True,
        True,
    )
    assert any("by the rules as they are now" in note for note in plan["notes"])


def test_the_preview_reads_a_wall_time_of_a_zone_and_says_what_a_clock_change_made_of_it(
    rota: Schedule, dave: User
) -> None:
    builders.matrix()
    plan = (
        Caller(dave).get("escalation/preview", severity=1, at="2026-10-25T01:30", zone="Europe/London").json()
    )
    assert (plan["at"], plan["time_zone"]) == ("2026-10-25T00:30:00Z", "Europe/London")
    assert "comes twice" in plan["note"]
    assert plan["steps"][0]["local_at"] == "2026-10-25T01:30:00+01:00"
    assert (
        Caller(dave)
        .get("escalation/preview", severity=1, at="2026-10-25T01:30")
        .json()["at"]
        .endswith("01:30:00Z")
    )


@pytest.mark.parametrize(
    ("query", "attr"),
    [
        ({}, "severity"),
        ({"severity": 7}, "severity"),
        ({"severity": 1, "components": "nonsense"}, "components"),
        ({"severity": 1, "team": "nonsense"}, "team"),
        ({"severity": 1, "at": "soon"}, "at"),
        ({"severity": 1, "at": "9999-12-31T23:59"}, "at"),
        ({"severity": 1, "zone": "Mars/Crater"}, "zone"),
    ],
)
def test_the_preview_names_what_is_wrong(
    rota: Schedule, dave: User, query: dict[str, Any], attr: str
) -> None:
    answer = Caller(dave).get("escalation/preview", **query)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == attr
