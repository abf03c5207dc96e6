"""Schedules in the settings: what may be changed, what is said about it, and that history stays."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import AuditEntry, User
from oncall.models import Layer, Override, RoleTarget, Schedule
from tests import builders
from tests.builders import NOON

pytestmark = pytest.mark.django_db
INLINES = ("layers", "overrides", "fixed_schedules", "shadows")


@pytest.fixture(autouse=True)
def noon() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def admin(client: Client) -> User:
    ada = builders.person("Ada", "admin", is_staff=True, is_superuser=True)
    client.force_login(ada)
    return ada


@pytest.fixture
def rota(admin: User, alice: User, bob: User) -> Schedule:
    return builders.rota("Platform", alice, bob)


def split(name: str, when: Any) -> dict[str, str]:
    return (
        {f"{name}_0": f"{when:%Y-%m-%d}", f"{name}_1": f"{when:%H:%M:%S}"}
        if when
        else {f"{name}_0": "", f"{name}_1": ""}
    )


def layer_form(layer: Layer | None = None, members: tuple[Any, ...] = (), **changes: Any) -> dict[str, Any]:
    """What the browser sends for a layer's page; ``members`` are (stored member or None, fields)."""
    given: dict[str, Any] = {
        "name": "Primary", "priority": 0, "mode": "rotate", "holidays": "as_usual",
        "unit": "week", "interval": 1, "handoff_time": "09:00",
        "anchor_date": layer.anchor_date if layer else date(2026, 3, 23),
        **split("effective_from", layer.effective_from if layer else NOON),
        **split("effective_until", layer.effective_until if layer else None),
        "members-TOTAL_FORMS": len(members), "members-INITIAL_FORMS": sum(m is not None for m, _ in members),
        "windows-TOTAL_FORMS": 0, "windows-INITIAL_FORMS": 0,
    }  # fmt: skip
    for index, (member, fields) in enumerate(members):
        row = {"id": member.pk if member else "", "position": index, **fields}
        given |= {f"members-{index}-{name}": value for name, value in row.items()}
    return given | changes


def said(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_a_schedules_page_shows_now_and_the_next_four_weeks(client: Client, rota: Schedule) -> None:
    page = said(client.get(f"/admin/oncall/schedule/{rota.pk}/change/"))
    assert 'class="schedule-preview"' in page
    assert "Mon 30 Mar 09:00" in page
    assert "layer Primary" in page
    assert " style=" not in page


def test_a_new_schedule_says_what_to_do_next(client: Client, admin: User) -> None:
    empty = {f"{name}-{kind}_FORMS": 0 for name in INLINES for kind in ("TOTAL", "INITIAL")}
    given = {"name": "Data", "slug": "data", "time_zone": "Europe/Berlin", **empty}
    page = said(client.post("/admin/oncall/schedule/add/", given, follow=True))
    assert "Nobody is on call in Data from" in page
    assert Schedule.objects.get().name == "Data"


def test_an_unknown_zone_is_refused_in_words(client: Client, admin: User) -> None:
    empty = {f"{name}-{kind}_FORMS": 0 for name in INLINES for kind in ("TOTAL", "INITIAL")}
    page = said(
        client.post("/admin/oncall/schedule/add/", {"name": "X", "slug": "x", "time_zone": "Mars", **empty})
    )
    assert "is not a time zone" in page


def test_a_new_layer_with_its_people(client: Client, rota: Schedule, alice: User, bob: User) -> None:
    rota.layers.all().delete()
    blank = {"user": "", "position": ""}
    members = (
        (None, {"user": bob.pk, "position": ""}),
        (None, blank),
        (None, {"user": alice.pk, "position": ""}),
    )
    given = layer_form(members=members, schedule=rota.pk)
    assert client.post("/admin/oncall/layer/add/", given).status_code == 302
    layer = Layer.objects.get()
    assert [m.user for m in layer.members.all()] == [bob, alice]


def test_a_position_without_a_person_is_nobodys_turn(client: Client, rota: Schedule, bob: User) -> None:
    layer = Layer.objects.get()
    members = ((None, {"user": bob.pk}), (None, {"user": "", "position": 1}))
    client.post(f"/admin/oncall/layer/{layer.pk}/change/", layer_form(layer, members))
    assert [m.user for m in Layer.objects.latest("pk").members.all()][-2:] == [bob, None]


def test_a_started_layer_is_succeeded_and_the_browser_lands_on_the_successor(
    client: Client, rota: Schedule, alice: User, bob: User, carol: User
) -> None:
    layer = Layer.objects.get()
    stored = list(layer.members.all())
    members = (*((m, {"user": m.user_id}) for m in stored), (None, {"user": carol.pk}))
    response = client.post(f"/admin/oncall/layer/{layer.pk}/change/", layer_form(layer, members), follow=True)
    new = Layer.objects.latest("pk")
    assert response.redirect_chain[-1][0] == f"/admin/oncall/layer/{new.pk}/change/"
    assert "had begun: it was closed" in said(response)
    assert (new.succeeds, [str(m.user) for m in new.members.all()]) == (layer, ["Alice", "Bob", "Carol"])
    layer.refresh_from_db()
    assert layer.effective_until == NOON
    assert [m.user for m in layer.members.all()] == [alice, bob]
    assert AuditEntry.objects.filter(action="layer.changed").exists()


def test_saving_without_a_change_changes_nothing(client: Client, rota: Schedule) -> None:
    layer = Layer.objects.get()
    members = tuple((m, {"user": m.user_id}) for m in layer.members.all())
    assert (
        client.post(f"/admin/oncall/layer/{layer.pk}/change/", layer_form(layer, members)).status_code == 302
    )
    assert Layer.objects.count() == 1


def test_a_layers_end_is_set_without_a_successor(client: Client, rota: Schedule) -> None:
    layer = Layer.objects.get()
    members = tuple((m, {"user": m.user_id}) for m in layer.members.all())
    end = NOON + timedelta(days=3)
    given = layer_form(layer, members, **split("effective_until", end))
    page = said(client.post(f"/admin/oncall/layer/{layer.pk}/change/", given, follow=True))
    assert Layer.objects.get().effective_until == end
    assert "Nobody is on call in Platform from Sat 28 Mar 12:00" in page


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            split("effective_from", NOON - timedelta(days=3)),
            "This layer has begun: its beginning is history.",
        ),
        (split("effective_until", NOON - timedelta(days=3)), "what was on call is history"),
        ({"interval": "0"}, "Choose between 1 and 365."),
        ({"interval": "-1"}, "greater than or equal to 0"),
        ({"anchor_date": "yesterday"}, "Enter a valid date."),
    ],
)
def test_what_makes_no_sense_stands_beside_its_field(
    client: Client, rota: Schedule, changes: dict[str, Any], sentence: str
) -> None:
    layer = Layer.objects.get()
    members = tuple((m, {"user": m.user_id}) for m in layer.members.all())
    response = client.post(f"/admin/oncall/layer/{layer.pk}/change/", layer_form(layer, members, **changes))
    assert response.status_code == 200
    assert sentence in said(response)
    assert Layer.objects.count() == 1


def test_somebody_cannot_leave_before_they_join(client: Client, rota: Schedule, bob: User) -> None:
    layer = Layer.objects.get()
    fields = {"user": bob.pk, **split("since", NOON), **split("until", NOON - timedelta(days=1))}
    response = client.post(f"/admin/oncall/layer/{layer.pk}/change/", layer_form(layer, ((None, fields),)))
    assert "The person would leave before they join." in said(response)


def test_a_rotation_with_nobody_in_it_warns_of_the_gap(client: Client, rota: Schedule) -> None:
    layer = Layer.objects.get()
    members = tuple((m, {"user": "", "DELETE": "on"}) for m in layer.members.all())
    page = said(
        client.post(f"/admin/oncall/layer/{layer.pk}/change/", layer_form(layer, members), follow=True)
    )
    assert "Nobody is on call in Platform from Wed 25 Mar 12:00" in page


def test_a_hand_off_on_a_skipped_hour_is_explained(client: Client, rota: Schedule) -> None:
    layer = Layer.objects.get()
    members = tuple((m, {"user": m.user_id}) for m in layer.members.all())
    given = layer_form(layer, members, unit="day", handoff_time="01:30")
    page = said(client.post(f"/admin/oncall/layer/{layer.pk}/change/", given, follow=True))
    assert (
        "Sun 29 Mar 2026, 01:30 does not exist: the clocks go forward, and the pager changes hands at 02:00 BST"
        in page
    )
    assert "Sun 25 Oct 2026, 01:30 comes twice: the pager changes hands the first time (01:30 BST)" in page


def test_a_layer_that_has_ended_can_only_be_read(client: Client, rota: Schedule) -> None:
    layer = Layer.objects.get()
    Layer.objects.update(effective_until=NOON - timedelta(days=1))
    assert client.get(f"/admin/oncall/layer/{layer.pk}/change/").status_code == 200
    assert client.post(f"/admin/oncall/layer/{layer.pk}/change/", layer_form(layer)).status_code == 403


def test_history_cannot_be_deleted(client: Client, rota: Schedule) -> None:
    layer = Layer.objects.get()
    assert client.post(f"/admin/oncall/layer/{layer.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.post(f"/admin/oncall/schedule/{rota.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Layer.objects.exists()


def override_form(rota: Schedule, user: User, **changes: Any) -> dict[str, Any]:
    given = {"schedule": rota.pk, "kind": "replace", "user": user.pk, "reason": "dentist",
             **split("starts_at", NOON), **split("ends_at", NOON + timedelta(hours=4))}  # fmt: skip
    return given | changes


def test_an_override_is_added_with_its_author(
    client: Client, rota: Schedule, admin: User, carol: User
) -> None:
    assert client.post("/admin/oncall/override/add/", override_form(rota, carol)).status_code == 302
    override = Override.objects.get()
    assert (override.user, override.created_by) == (carol, admin)
    page = said(client.get(f"/admin/oncall/schedule/{rota.pk}/change/"))
    assert "override: dentist" in page


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (split("ends_at", NOON - timedelta(hours=1)), "The override would end before it begins."),
        (split("starts_at", NOON - timedelta(days=1)), "what was on call is history"),
        (split("ends_at", NOON + timedelta(days=400)), "An override lasts a year at most."),
    ],
)
def test_an_override_that_makes_no_sense_is_refused(
    client: Client, rota: Schedule, carol: User, changes: dict[str, Any], sentence: str
) -> None:
    response = client.post("/admin/oncall/override/add/", override_form(rota, carol, **changes))
    assert response.status_code == 200
    assert sentence in said(response)


def test_a_running_override_ends_now_instead_of_vanishing(
    client: Client, rota: Schedule, carol: User
) -> None:
    client.post("/admin/oncall/override/add/", override_form(rota, carol))
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        client.post(f"/admin/oncall/override/{Override.objects.get().pk}/delete/", {"post": "yes"})
    assert Override.objects.get().ends_at == NOON + timedelta(hours=1)


def test_a_role_needs_exactly_one_to_fill_it(client: Client, admin: User, rota: Schedule) -> None:
    given = {"role": "on_call", "position": 0, "user": admin.pk, "schedule": rota.pk}
    response = client.post("/admin/oncall/roletarget/add/", given)
    assert "Choose exactly one of person, schedule and whole team." in said(response)
    assert not RoleTarget.objects.exists()
