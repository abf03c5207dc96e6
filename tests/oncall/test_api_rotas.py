"""Schedules, layers and fixed schedules over the API: what an admin does in the settings."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from accounts.models import User
from oncall.models import FixedSchedule, Layer, Schedule
from tests import builders
from tests.builders import NOON
from tests.escalation.test_api_paging import Caller

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def noon() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def rota(alice: User, bob: User) -> Schedule:
    return builders.rota("Platform", alice, bob, team=builders.team("Platform", is_default=True))


@pytest.fixture
def admin(erin: User) -> Caller:
    return Caller(erin)


def errors(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 400, answer.json()
    return [(error["attr"], error["detail"]) for error in answer.json()["errors"]]


def test_a_schedule_is_made_and_given_a_layer(admin: Caller, alice: User, bob: User) -> None:
    builders.team("Data")
    answer = admin.post("schedules", {"name": "Data", "team": "data", "time_zone": "Europe/Berlin"}, key="s1")
    assert (answer.status_code, answer.json()["slug"], answer.json()["team"]) == (201, "data", "data")
    members = [{"user": alice.pk}, {"user": None}, {"user": bob.pk, "since": (NOON + DAY).isoformat()}]
    body = {"name": "Nights", "unit": "day", "members": members,
            "windows": [{"weekday": 2, "starts": "22:00", "ends": "06:00"}]}  # fmt: skip
    for _ in range(2):
        layer = admin.post("schedules/data/layers", body, key="l1")
        assert layer.status_code == 201
    assert Layer.objects.count() == 1
    assert [(row["user"] or {}).get("name") for row in layer.json()["members"]] == ["Alice", None, "Bob"]
    assert layer.json()["notes"][0].startswith(
        "Nobody is on call in Data from Wed 25 Mar 13:00 to Wed 25 Mar 22:00"
    )
    [listed] = admin.get("schedules/data/layers").json()
    assert (listed["windows"][0]["weekday"], listed["anchor_date"]) == (2, "2026-03-25")


@pytest.mark.parametrize(
    ("body", "attr", "sentence"),
    [
        ({"time_zone": "Mars"}, "time_zone", "“Mars” is not a time zone. Use a name like Europe/London."),
        ({"name": "Platform"}, "name", "There is already a schedule of this name."),
        ({"slug": "platform"}, "slug", "There is already a schedule with this slug."),
        ({"name": "夜勤"}, "slug", "Give a slug of letters, digits and hyphens: it is part of addresses."),
        ({"name": "\u200b"}, "name", "Give the schedule a name."),
        ({"team": "nonsense"}, "team", "Object with slug=nonsense does not exist."),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(
    admin: Caller, rota: Schedule, body: dict[str, str], attr: str, sentence: str
) -> None:
    answer = admin.post("schedules", {"name": "Data", "time_zone": "UTC", **body})
    assert errors(answer) == [(attr, sentence)]
    assert Schedule.objects.count() == 1


def test_a_schedule_with_a_history_keeps_its_zone(admin: Caller, rota: Schedule) -> None:
    [(attr, sentence)] = errors(admin.post("schedules/platform", {"time_zone": "UTC"}))
    assert (attr, "wall time of Europe/London" in sentence) == ("time_zone", True)
    assert admin.post("schedules/platform", {"name": "Core", "team": None}).json()["name"] == "Core"
    Layer.objects.update(effective_from=NOON + DAY)
    assert admin.post("schedules/platform", {"time_zone": "UTC"}).json()["time_zone"] == "UTC"


def test_a_layer_that_has_begun_is_succeeded_and_keeps_what_was_not_named(
    admin: Caller, rota: Schedule, carol: User
) -> None:
    old = rota.layers.get()
    new = admin.post(f"schedules/platform/layers/{old.pk}", {"priority": 3}).json()
    assert (new["succeeds"], new["priority"], len(new["members"]), new["notes"]) == (old.pk, 3, 2, [])
    changed = admin.post(f"schedules/platform/layers/{old.pk}", {"priority": 4})
    assert (changed.status_code, changed.json()["errors"][0]["detail"]) == (
        409, "This layer has ended: what was on call is history."
    )  # fmt: skip
    later = admin.post(
        f"schedules/platform/layers/{new['id']}",
        {"members": [{"user": carol.pk}], "at": (NOON + DAY).isoformat()},
    ).json()
    assert later["effective_from"] == "2026-03-26T12:00:00Z"
    assert later["notes"] == ["Primary: only Carol takes turns, so nobody relieves them."]


def test_a_layer_that_makes_no_sense_is_refused_beside_its_field(admin: Caller, rota: Schedule) -> None:
    layer = f"schedules/platform/layers/{rota.layers.get().pk}"
    for body, attr in (
        ({"interval": 0}, "interval"),
        ({"holidays": "off"}, "holidays"),
        ({"feed": 99}, "feed"),
        ({"mode": "calendar"}, "feed"),
        ({"effective_until": "2020-01-01T00:00:00Z"}, "effective_until"),
        ({"anchor_date": "9999-12-31"}, "anchor_date"),
    ):
        assert errors(admin.post(layer, body))[0][0] == attr
    assert rota.layers.get().effective_until is None


def test_a_layer_is_closed_and_closing_it_twice_is_once(admin: Caller, rota: Schedule) -> None:
    path = f"schedules/platform/layers/{rota.layers.get().pk}"
    for _ in range(2):
        assert admin.delete(path).status_code == 204
    assert rota.layers.get().effective_until == NOON
    assert admin.get("schedules/platform/layers").json() == []
    assert admin.get(path).json()["effective_until"] == "2026-03-25T12:00:00Z"
    assert admin.get("schedules/platform/layers/999").status_code == 404


def test_a_fixed_schedule_is_written_changed_and_taken_back(
    admin: Caller, rota: Schedule, carol: User
) -> None:
    span = {"starts_at": (NOON + DAY).isoformat(), "ends_at": (NOON + 3 * DAY).isoformat()}
    made = admin.post("schedules/platform/fixed", {**span, "reason": "launch", "shifts": []})
    assert made.status_code == 201
    assert "from Thu 26 Mar 12:00 to Sat 28 Mar 12:00" in made.json()["notes"][0]
    path = f"schedules/platform/fixed/{made.json()['id']}"
    changed = admin.post(path, {"shifts": [{"user": carol.pk, **span}]}).json()
    assert (changed["notes"], changed["shifts"][0]["user"]["name"]) == ([], "Carol")
    assert [row["reason"] for row in admin.get("schedules/platform/fixed").json()] == ["launch"]
    assert errors(admin.post("schedules/platform/fixed", {**span, "shifts": []}))[0][0] == "starts_at"
    for _ in range(2):
        assert admin.delete(path).status_code == 204
    assert not FixedSchedule.objects.exists()
    assert admin.post(path, {"shifts": []}).status_code == 404


def test_responders_only_look(rota: Schedule, bob: User) -> None:
    layer = rota.layers.get().pk
    caller = Caller(bob)
    assert caller.get("schedules/platform/layers").status_code == 200
    for path in ("schedules", "schedules/platform", "schedules/platform/layers", f"schedules/platform/layers/{layer}",
                 "schedules/platform/fixed"):  # fmt: skip
        assert caller.post(path, {}).status_code == 403
    assert caller.delete(f"schedules/platform/layers/{layer}").status_code == 403
