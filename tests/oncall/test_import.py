"""What other systems' APIs return, saved as JSON, becomes schedules: rehearsed, done once, and never doubled.

The files in tests/oncall/imports/ were written by hand after the documented shapes of each API.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.models import User
from oncall.models import ForeignCalendar, ImportedObject, Layer, LayerMember, Override, RoleTarget, Schedule
from oncall.rota import load_spec, resolve
from tests import builders
from tests.builders import NOON

pytestmark = pytest.mark.django_db
FILES = Path(__file__).parent / "imports"
DAY = timedelta(days=1)
PAGERDUTY = ("pagerduty-users", "pagerduty-schedule", "pagerduty-policies")
OPSGENIE = ("opsgenie-schedules", "opsgenie-overrides", "opsgenie-escalations")
GRAFANA = ("grafana-users", "grafana-schedules", "grafana-shifts", "grafana-policies")
ALL = {"pagerduty": PAGERDUTY, "opsgenie": OPSGENIE, "grafana-oncall": GRAFANA, "goalert": ("goalert",)}


@pytest.fixture(autouse=True)
def at_noon(alice: User, bob: User, carol: User) -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


def run(system: str, *options: str, files: tuple[str, ...] | list[Path] | None = None) -> str:
    paths = files if isinstance(files, list) else [FILES / f"{name}.json" for name in files or ALL[system]]
    out = StringIO()
    call_command("import_oncall", "--from", system, *options, *map(str, paths), stdout=out)
    return out.getvalue()


def who(name: str, at: str) -> list[str]:
    """Who is on call by a schedule at an instant, by name."""
    instant = datetime.fromisoformat(at)
    spec = load_spec(Schedule.objects.get(name=name), instant, instant + DAY)
    found = [shift for shift in resolve(spec, instant, instant + DAY) if shift.start == instant]
    names = dict(User.objects.values_list("pk", "name"))
    return sorted(names[shift.user_id] for shift in found if shift.user_id is not None)


def count() -> tuple[int, ...]:
    return tuple(
        model._default_manager.count() for model in (User, Schedule, Layer, LayerMember, Override, RoleTarget)
    )


@pytest.mark.parametrize("system", ALL)
def test_a_rehearsal_says_what_would_be_done_and_saves_nothing(system: str) -> None:
    before = count()
    said = run(system, "--create-users")
    assert "Would be done:" in said
    assert "created" in said
    assert "Nothing was saved" in said
    assert (count(), ImportedObject.objects.count()) == (before, 0)


@pytest.mark.parametrize("system", ALL)
def test_importing_again_changes_nothing(system: str) -> None:
    builders.team("Platform")
    options = ("--apply", "--create-users", "--team", "platform")
    first = run(system, *options)
    after = count()
    later = NOON + 3 * timedelta(hours=1)
    with time_machine.travel(later, tick=False):
        again = run(system, *options)
    assert "created" in first
    assert "created" not in again
    assert "changed from now on" not in again
    assert count() == after


def test_pagerduty_layers_restrictions_and_overrides() -> None:
    said = run("pagerduty", "--apply", "--create-users")
    zoe = User.objects.get(email="zoe@example.org")
    assert (zoe.time_zone, zoe.is_active, zoe.has_usable_password()) == ("America/New_York", True, False)
    assert who("Platform", "2026-03-25T12:00+00:00") == ["Bob"]  # 63 weeks after 6 January 2025
    assert who("Platform", "2026-03-30T08:00+00:00") == ["Alice"]  # 09:00 in London, in summer
    assert who("Platform", "2026-03-25T23:00+00:00") == ["Zoe"]  # nights are above weeks
    assert who("Platform", "2026-03-26T06:00+00:00") == ["Bob"]
    assert who("Platform", "2026-03-27T23:00+00:00") == ["Bob"]  # an override beats both
    assert Override.objects.count() == 1
    assert "1 of Platform" in said  # the override that is over
    assert not Layer.objects.filter(name="Old").exists()


def test_pagerduty_policy_fills_the_role_of_a_team() -> None:
    team = builders.team("Platform")
    assert "--team SLUG --policy PT20YPA" in run("pagerduty", "--create-users")
    run("pagerduty", "--apply", "--create-users", "--team", "platform", "--policy", "PT20YPA")
    rows = RoleTarget.objects.filter(team=team).order_by("position")
    assert [(row.position, str(row.schedule or row.user)) for row in rows] == [(0, "Platform"), (1, "Alice")]
    assert Schedule.objects.get().team == team
    run("pagerduty", "--apply", "--create-users", "--team", "platform", "--policy", "PT20YPA")
    assert RoleTarget.objects.count() == 2


def test_opsgenie_rotations_with_their_hours() -> None:
    said = run("opsgenie", "--apply")
    assert who("Data", "2026-03-25T12:00+00:00") == ["Alice"]  # 63 weeks after the first of three turns
    assert who("Data", "2026-04-01T12:00+00:00") == ["Bob"]
    assert who("Data", "2026-04-08T12:00+00:00") == []  # the third turn is nobody's
    assert who("Data", "2026-03-25T17:00+00:00") == []
    assert who("Data", "2026-03-26T12:00+00:00") == ["Bob"]
    assert "a team: only people can be on call" in said
    assert "some rotations only" in said
    assert "disabled" in said
    evenings = {bool(who("Data", f"2026-03-{day}T20:00+00:00")) for day in (26, 28)}
    assert evenings == {True, False}  # Carol has every other pair of nights


def test_grafana_shifts_of_every_kind() -> None:
    said = run("grafana-oncall", "--apply")
    assert who("Web", "2026-03-25T12:00+00:00") == ["Alice", "Carol"]
    assert who("Web", "2026-03-30T12:00+00:00") == ["Bob"]
    assert who("Web", "2026-03-27T09:00+00:00") == ["Bob"]  # Mornings, of a higher level
    assert who("Web", "2026-03-28T10:30+00:00") == ["Carol"]
    assert "times that no weekly hours can say" in said
    assert "OLOST" in said
    calendar = ForeignCalendar.objects.get()
    assert (calendar.purpose, calendar.url) == ("shifts", "https://calendar.example/rota.ics")
    assert Layer.objects.get(feed=calendar).schedule.name == "Elsewhere"


def test_goalert_goes_on_from_the_active_person() -> None:
    run("goalert", "--apply")
    assert who("Ops", "2026-03-25T12:00+00:00") == ["Carol"]
    assert who("Ops", "2026-03-30T08:00+00:00") == ["Alice"]
    assert who("Ops", "2026-03-26T10:00+00:00") == ["Bob"]  # instead of Carol
    assert who("Ops", "2026-03-27T10:00+00:00") == []  # Carol is taken off
    assert who("Ops", "2026-03-29T22:00+00:00") == ["Alice", "Carol"]  # Alice's own rule, Sunday to 02:00


def test_a_later_answer_about_the_same_rotation_is_no_change(tmp_path: Path) -> None:
    run("goalert", "--apply")
    data = json.loads((FILES / "goalert.json").read_text())
    [rotation] = data["data"]["rotations"]["nodes"]
    rotation |= {"activeUserIndex": 0, "nextHandoffTimes": ["2026-04-06T08:00:00Z"]}
    later = tmp_path / "later.json"
    later.write_text(json.dumps(data))
    with time_machine.travel(NOON + 7 * DAY, tick=False):
        assert "changed from now on" not in run("goalert", "--apply", files=[later])


def changed(tmp_path: Path, **changes: Any) -> list[Path]:
    data = json.loads((FILES / "pagerduty-schedule.json").read_text())
    data["schedule"] |= changes
    path = tmp_path / "schedule.json"
    path.write_text(json.dumps(data))
    return [FILES / "pagerduty-users.json", path]


def test_a_layer_that_changed_there_is_succeeded_here(tmp_path: Path) -> None:
    run("pagerduty", "--apply", "--create-users")
    layers = json.loads((FILES / "pagerduty-schedule.json").read_text())["schedule"]["schedule_layers"]
    layers[1]["users"].reverse()
    with time_machine.travel(NOON + DAY, tick=False):
        said = run("pagerduty", "--apply", "--create-users", files=changed(tmp_path, schedule_layers=layers))
    assert "changed from now on" in said
    assert who("Platform", "2026-03-26T10:00+00:00") == ["Bob"]  # before the change: history
    assert who("Platform", "2026-03-26T13:00+00:00") == ["Alice"]
    assert Layer.objects.filter(name="Weeks").count() == 2


def test_nobody_goes_off_call_silently() -> None:
    before = count()
    with pytest.raises(CommandError, match=r"Zoe <zoe@example\.org>.*Nothing was saved"):
        run("pagerduty", "--apply")
    assert (count(), ImportedObject.objects.count()) == (before, 0)
    said = run("pagerduty", "--apply", "--leave-gaps")
    assert "Zoe <zoe@example.org>" in said
    assert who("Platform", "2026-03-25T23:00+00:00") == ["Bob"]
    builders.person("Zoe")
    assert "changed from now on" in run("pagerduty", "--apply")
    assert who("Platform", "2026-03-25T23:00+00:00") == ["Zoe"]


def test_a_name_that_is_taken_gets_the_systems_beside_it(alice: User) -> None:
    builders.rota("Platform", alice)
    run("pagerduty", "--apply", "--create-users")
    assert sorted(Schedule.objects.values_list("name", flat=True)) == ["Platform", "Platform (PagerDuty)"]


def test_what_was_removed_here_is_left_alone() -> None:
    run("pagerduty", "--apply", "--create-users")
    Schedule.objects.all().delete()
    assert "removed here since: left alone" in run("pagerduty", "--apply", "--create-users")
    assert Schedule.objects.count() == 0


@pytest.mark.parametrize(
    ("system", "content", "sentence"),
    [
        ("pagerduty", "not json", "is not JSON"),
        ("pagerduty", "[]", "holds no object"),
        ("pagerduty", "[" * 100_000, "is not JSON"),
        ("pagerduty", '{"incidents": []}', "no answer of PagerDuty's REST API v2"),
        ("pagerduty", '{"schedules": [{"id": "P1", "name": "x", "time_zone": "UTC"}]}', "save GET /schedules/P1"),
        ("pagerduty", '{"users": [{"id": "P1"}]}', "another version"),
        ("pagerduty", '{"users": "many"}', "another version"),
        ("pagerduty", '{"error": {"message": "Not Found", "code": 2100}}', "holds an error of PagerDuty: Not Found"),
        ("opsgenie", '{"message": "Key format is not valid!"}', "no answer of Opsgenie's REST API v2"),
        ("opsgenie", '{"data": [{"id": "1", "name": "x", "timezone": "UTC"}]}', "expand=rotation"),
        ("grafana-oncall", '{"detail": "Invalid token."}', "no answer of Grafana OnCall's HTTP API v1"),
        ("grafana-oncall", '{"results": [{"id": "1"}]}', "no answer of Grafana OnCall's HTTP API v1"),
        ("goalert", '{"errors": [{"message": "unauthorized"}], "data": null}', "holds an error of GoAlert"),
        ("goalert", '{"data": {"alerts": {"nodes": []}}}', "no answer of GoAlert's GraphQL"),
        ("goalert", '{"data": {"schedules": {"nodes": [{"id": "1", "name": "x", "timeZone": "UTC"}]}}}', "targets"),
    ],
)  # fmt: skip
def test_a_file_of_another_kind_is_refused_with_a_sentence(
    tmp_path: Path, system: str, content: str, sentence: str
) -> None:
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(CommandError, match="Nothing was saved") as caught:
        run(system, "--apply", files=[path])
    assert sentence in str(caught.value)
    assert ImportedObject.objects.count() == 0


def test_a_file_that_is_not_there_and_a_team_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        run("pagerduty", files=[tmp_path / "none.json"])
    with pytest.raises(CommandError, match="There is no team nonsense"):
        run("pagerduty", "--team", "nonsense")


def test_a_zone_that_does_not_exist_and_turns_of_odd_length_are_reported(tmp_path: Path) -> None:
    assert "is not a time zone" in run("pagerduty", files=changed(tmp_path, time_zone="Moon/Base"))
    layers = json.loads((FILES / "pagerduty-schedule.json").read_text())["schedule"]["schedule_layers"]
    layers[0]["rotation_turn_length_seconds"] = 5400
    assert "no whole hours" in run("pagerduty", files=changed(tmp_path, schedule_layers=layers))


def test_a_page_that_is_missing_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "users.json"
    path.write_text(json.dumps({"users": [], "more": True}))
    assert "another page" in run("pagerduty", files=[path])


def test_an_import_that_fails_in_the_middle_saves_nothing(tmp_path: Path) -> None:
    layers = json.loads((FILES / "pagerduty-schedule.json").read_text())["schedule"]["schedule_layers"]
    layers[0]["rotation_virtual_start"] = "yesterday"
    before = count()
    with pytest.raises(CommandError, match="another version"):
        run("pagerduty", "--apply", "--create-users", files=changed(tmp_path, schedule_layers=layers))
    assert count() == before


def test_what_has_begun_stays_as_it_was() -> None:
    run("pagerduty", "--apply", "--create-users")
    assert set(Layer.objects.values_list("effective_from", flat=True)) == {NOON}
    assert min(Override.objects.values_list("starts_at", flat=True)) == datetime(2026, 3, 27, 9, tzinfo=UTC)
