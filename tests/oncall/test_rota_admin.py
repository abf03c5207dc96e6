"""Fixed schedules, shadows, holidays and calendars in the settings; and that all of it goes through actions."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry, User
from oncall.models import FixedSchedule, FixedShift, ForeignCalendar, Layer, Override, Schedule, Shadow
from tests import builders
from tests.builders import NOON
from tests.oncall.test_schedule_admin import INLINES, layer_form, override_form, said, split

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
EMPTY = {f"{name}-{kind}_FORMS": 0 for name in INLINES for kind in ("TOTAL", "INITIAL")}


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


def fixed_form(rota: Schedule, *shifts: tuple[User, int, int], **changes: Any) -> dict[str, Any]:
    """What the browser sends; ``shifts`` are (person, first hour, last hour) after noon."""
    given = {"schedule": rota.pk, "reason": "launch", **split("starts_at", NOON), **split("ends_at", NOON + 2 * DAY),
             "shifts-TOTAL_FORMS": len(shifts), "shifts-INITIAL_FORMS": 0}  # fmt: skip
    for index, (user, first, last) in enumerate(shifts):
        given[f"shifts-{index}-user"] = user.pk
        given |= split(f"shifts-{index}-starts_at", NOON + timedelta(hours=first))
        given |= split(f"shifts-{index}-ends_at", NOON + timedelta(hours=last))
    return given | changes


def audited(what: str) -> int:
    return AuditEntry.objects.filter(action=what).count()


def test_a_fixed_schedule_is_written_with_its_shifts(client: Client, rota: Schedule, carol: User) -> None:
    page = said(
        client.post("/admin/oncall/fixedschedule/add/", fixed_form(rota, (carol, 0, 24)), follow=True)
    )
    assert "Nobody is on call in Platform from Thu 26 Mar 12:00 to Fri 27 Mar 12:00" in page
    assert FixedShift.objects.get().user == carol
    assert audited("fixed_schedule.added") == 1
    page = said(client.get(f"/admin/oncall/schedule/{rota.pk}/change/"))
    assert "fixed: launch" in page


def test_of_a_running_one_the_future_changes(client: Client, rota: Schedule, bob: User, carol: User) -> None:
    client.post("/admin/oncall/fixedschedule/add/", fixed_form(rota, (carol, 0, 48)))
    fixed = FixedSchedule.objects.get()
    path = f"/admin/oncall/fixedschedule/{fixed.pk}/"
    with time_machine.travel(NOON + timedelta(hours=6), tick=False):
        given = fixed_form(
            rota, (bob, 0, 48), **{"shifts-INITIAL_FORMS": 1, "shifts-0-id": fixed.shifts.get().pk}
        )
        assert client.post(f"{path}change/", given).status_code == 302
        assert [(s.user.name, s.starts_at, s.ends_at) for s in fixed.shifts.all()] == [
            ("Carol", NOON, NOON + timedelta(hours=6)),
            ("Bob", NOON + timedelta(hours=6), NOON + 2 * DAY),
        ]
        assert client.post(f"{path}delete/", {"post": "yes"}).status_code == 302
    fixed.refresh_from_db()
    assert fixed.ends_at == NOON + timedelta(hours=6)
    assert (audited("fixed_schedule.changed"), audited("fixed_schedule.ended")) == (1, 1)


@pytest.mark.parametrize(
    ("first", "last", "changes", "sentence"),
    [
        (24, 72, {}, "A shift of Carol lies outside the fixed schedule."),
        (24, 24, {}, "The shift would end before it begins."),
        (0, 24, split("ends_at", NOON - DAY), "It would end before it begins."),
        (0, 24, split("starts_at", NOON - DAY), "This start has passed"),
    ],
)
def test_what_makes_no_sense_is_said(
    client: Client, rota: Schedule, carol: User, first: int, last: int, changes: dict[str, Any], sentence: str
) -> None:
    response = client.post(
        "/admin/oncall/fixedschedule/add/", fixed_form(rota, (carol, first, last), **changes)
    )
    assert response.status_code == 200
    assert sentence in said(response)
    assert not FixedSchedule.objects.exists()


def test_two_fixed_schedules_at_once_are_refused_above_the_form(
    client: Client, rota: Schedule, carol: User
) -> None:
    client.post("/admin/oncall/fixedschedule/add/", fixed_form(rota, (carol, 0, 48)))
    page = said(
        client.post("/admin/oncall/fixedschedule/add/", fixed_form(rota, (carol, 0, 48)), follow=True)
    )
    assert "“launch” stands from 2026-03-25 12:00 to 2026-03-27 12:00 UTC" in page
    assert FixedSchedule.objects.count() == 1


def test_a_shadow_is_put_beside_a_rota_and_ended(client: Client, rota: Schedule, carol: User) -> None:
    given = {"schedule": rota.pk, "user": carol.pk, **split("starts_at", NOON), **split("ends_at", None)}
    assert client.post("/admin/oncall/shadow/add/", given).status_code == 302
    shadow = Shadow.objects.get()
    with time_machine.travel(NOON + DAY, tick=False):
        client.post(f"/admin/oncall/shadow/{shadow.pk}/delete/", {"post": "yes"})
    shadow.refresh_from_db()
    assert (shadow.user, shadow.ends_at) == (carol, NOON + DAY)
    assert (audited("shadow.started"), audited("shadow.ended")) == (1, 1)


def test_a_layer_follows_a_calendar_or_an_order_of_people(
    client: Client, rota: Schedule, carol: User
) -> None:
    calendar = ForeignCalendar.objects.create(
        purpose="shifts", name="Vendor", url="https://a.example", due_at=NOON
    )
    given = layer_form(schedule=rota.pk, name="Vendor", mode="calendar")
    assert "Choose the calendar that says who is on call." in said(
        client.post("/admin/oncall/layer/add/", given)
    )
    people = layer_form(
        None, ((None, {"user": carol.pk}),), schedule=rota.pk, mode="calendar", feed=calendar.pk
    )
    assert "leave the order of people empty" in said(client.post("/admin/oncall/layer/add/", people))
    assert client.post("/admin/oncall/layer/add/", {**given, "feed": calendar.pk}).status_code == 302
    assert Layer.objects.latest("pk").feed == calendar
    assert audited("layer.added") == 1


def test_a_layer_without_any_holidays_to_leave_out_is_refused(client: Client, rota: Schedule) -> None:
    page = said(client.post("/admin/oncall/layer/add/", layer_form(schedule=rota.pk, holidays="off")))
    assert "Neither the team nor the organisation has a business calendar" in page


def test_somebody_who_left_is_refused_beside_their_name(client: Client, rota: Schedule, carol: User) -> None:
    User.objects.filter(pk=carol.pk).update(is_active=False)
    given = layer_form(None, ((None, {"user": carol.pk}),), schedule=rota.pk)
    assert "Carol can no longer sign in" in said(client.post("/admin/oncall/layer/add/", given))
    assert rota.layers.count() == 1


def test_the_same_override_twice_is_refused(client: Client, rota: Schedule, carol: User) -> None:
    client.post("/admin/oncall/override/add/", override_form(rota, carol))
    page = said(client.post("/admin/oncall/override/add/", override_form(rota, carol)))
    assert "Carol has the same override from 2026-03-25 12:00 to 2026-03-25 16:00 UTC" in page
    assert Override.objects.count() == 1


def test_ten_thousand_overrides_are_too_many(client: Client, rota: Schedule, carol: User) -> None:
    Override.objects.bulk_create(
        Override(schedule=rota, user=carol, starts_at=NOON + n * DAY, ends_at=NOON + (n + 1) * DAY)
        for n in range(2, 1002)
    )
    page = said(client.post("/admin/oncall/override/add/", override_form(rota, carol)))
    assert "This schedule has 1,000 overrides that are not over." in page
    assert Override.objects.count() == 1000


def test_overrides_that_hide_each_other_are_named(
    client: Client, rota: Schedule, bob: User, carol: User
) -> None:
    client.post("/admin/oncall/override/add/", override_form(rota, carol))
    page = said(client.post("/admin/oncall/override/add/", override_form(rota, bob), follow=True))
    assert "From Wed 25 Mar 12:00 on two overrides stand at once: Bob is on call, Carol is not." in page


def test_a_rota_with_a_history_keeps_its_zone(client: Client, rota: Schedule) -> None:
    path = f"/admin/oncall/schedule/{rota.pk}/change/"
    given = {"name": "Platform", "slug": "platform", "time_zone": "Asia/Tokyo", **EMPTY}
    assert "Its hand-offs have happened at the wall time of Europe/London" in said(client.post(path, given))
    assert client.post(path, {**given, "name": "Core", "time_zone": "Europe/London"}).status_code == 302
    rota.refresh_from_db()
    assert (rota.name, rota.time_zone, audited("schedule.changed")) == ("Core", "Europe/London", 1)


def test_rows_added_on_the_schedules_page_go_through_actions(
    client: Client, rota: Schedule, admin: User, carol: User
) -> None:
    given = {"name": "Platform", "slug": "platform", "time_zone": "Europe/London", **EMPTY,
             "overrides-TOTAL_FORMS": 1, "shadows-TOTAL_FORMS": 1}  # fmt: skip
    given |= {f"overrides-0-{name}": value for name, value in override_form(rota, carol).items()}
    given |= {
        "shadows-0-user": carol.pk,
        **split("shadows-0-starts_at", NOON),
        **split("shadows-0-ends_at", None),
    }
    assert client.post(f"/admin/oncall/schedule/{rota.pk}/change/", given).status_code == 302
    assert Override.objects.get().created_by == admin
    assert (audited("override.added"), audited("shadow.started")) == (1, 1)


def test_a_list_of_many_schedules_takes_no_more_queries(client: Client, rota: Schedule, alice: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert "Alice" in said(client.get("/admin/oncall/schedule/"))
        return len(found)

    one = queries()
    for number in range(5):
        builders.rota(f"Rota {number}", alice, team=builders.team(f"Team {number}"))
    assert queries() == one
