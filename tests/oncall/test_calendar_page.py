"""The calendar of on-call, as it comes without JavaScript."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.test import Client

from accounts.models import BusinessCalendar, SpecialDay, User
from oncall.models import Override
from tests import builders
from tests.builders import NOON

pytestmark = pytest.mark.django_db


def shown(client: Client, url: str, status: int = 200) -> str:
    with time_machine.travel(NOON, tick=False):
        response = client.get(url)
    assert response.status_code == status
    return " ".join(response.content.decode().split())


@pytest.fixture
def bobs(client: Client, bob: User) -> Client:
    with time_machine.travel(NOON, tick=False):
        client.force_login(bob)
    return client


def test_each_schedule_has_its_shifts_as_bars_with_names(bobs: Client, alice: User, bob: User) -> None:
    builders.rota("Platform", alice, bob)
    page = shown(bobs, "/on-call/")
    assert "March 2026" in page
    # 22 days of eight parts after the first of March, and 09:00 is three more; 09:00 BST is 08:00, the nearest is 9.
    assert 'class="shift at-180 to-236" title="Alice, Mon 23 Mar 09:00 – Mon 30 Mar 08:00 UTC"' in page


def test_a_gap_is_red_and_in_words(bobs: Client, alice: User) -> None:
    builders.rota("Platform", alice, None)
    page = shown(bobs, "/on-call/?view=week&date=2026-03-30")
    assert "data-gap" in page
    assert "Nobody on call" in page
    assert "Has gaps" in page


def test_the_zone_can_be_mine_the_schedules_or_utc(bobs: Client, alice: User, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(time_zone="Asia/Tokyo")
    builders.rota("Platform", alice, bob)
    assert "Mon 23 Mar 18:00 – Mon 30 Mar 17:00 JST" in shown(bobs, "/on-call/")
    assert "Mon 23 Mar 09:00 GMT – Mon 30 Mar 09:00 BST" in shown(bobs, "/on-call/?zone=schedule")
    assert "Mon 23 Mar 09:00 – Mon 30 Mar 08:00 UTC" in shown(bobs, "/on-call/?zone=utc")


def test_a_day_on_which_the_clocks_change_is_marked_in_the_zone_that_is_shown(
    bobs: Client, alice: User, bob: User
) -> None:
    builders.rota("Platform", alice)
    assert "Sun 29 Mar: clocks go forward 01:00 → 02:00" in shown(bobs, "/on-call/?zone=utc")
    User.objects.filter(pk=bob.pk).update(time_zone="Europe/London")
    page = shown(bobs, "/on-call/?view=week")
    assert "clocks go forward 01:00 → 02:00" in page
    assert "hands off in" not in page


def test_a_public_holiday_and_an_own_day_off_are_marked_with_their_names(bobs: Client, alice: User) -> None:
    calendar = BusinessCalendar.objects.create(
        name="Office", country="GB", subdivision="ENG", is_default=True
    )
    SpecialDay.objects.create(calendar=calendar, date=date(2026, 4, 8), name="Founders’ day")
    builders.rota("Platform", alice)
    page = shown(bobs, "/on-call/?date=2026-04-01")
    assert "Good Friday" in page
    assert "Founders’ day" in page


def test_mine_leaves_out_schedules_that_i_am_not_part_of(bobs: Client, alice: User, bob: User) -> None:
    builders.rota("Platform", alice, bob)
    builders.rota("Data", alice)
    everybody, mine = shown(bobs, "/on-call/"), shown(bobs, "/on-call/?who=mine")
    assert 'id="rota-data"' in everybody
    assert 'id="rota-platform"' in mine
    assert 'id="rota-data"' not in mine


def test_nothing_of_mine_says_so_and_leads_on(bobs: Client, alice: User) -> None:
    builders.rota("Data", alice)
    page = shown(bobs, "/on-call/?who=mine")
    assert "No shift of yours" in page
    assert "Show everybody" in page


def test_one_schedule_can_be_looked_at_alone(bobs: Client, alice: User) -> None:
    builders.rota("Platform", alice)
    builders.rota("Data", alice)
    page = shown(bobs, "/on-call/?schedule=data")
    assert 'id="rota-data"' in page
    assert 'id="rota-platform"' not in page


def test_my_next_shifts_stand_on_top(bobs: Client, alice: User, bob: User) -> None:
    builders.rota("Platform", alice, bob)
    page = shown(bobs, "/on-call/")
    assert page.index("My next shifts") < page.index("Mon 30 Mar 08:00") < page.index("On call now")


def test_an_override_and_a_swap_are_marked_and_lead_to_where_they_are_changed(
    bobs: Client, alice: User, bob: User, carol: User
) -> None:
    schedule = builders.rota("Platform", alice)
    begin = datetime(2026, 3, 26, 9, tzinfo=UTC)
    override = Override.objects.create(
        schedule=schedule, user=carol, starts_at=begin, ends_at=begin.replace(day=27), reason="dentist"
    )
    Override.objects.create(
        schedule=schedule,
        user=bob,
        starts_at=begin.replace(day=28),
        ends_at=begin.replace(day=29),
        origin="swap",
    )
    page = shown(bobs, "/on-call/?view=week")
    assert f"/on-call/platform/override/{override.pk}/?zone=UTC" in page
    assert '<span class="shift-mark">Override</span>' in page
    assert '<span class="shift-mark">Swap</span>' in page
    assert "dentist" in page


def test_what_is_over_is_history_and_leads_nowhere(bobs: Client, alice: User, bob: User) -> None:
    builders.rota("Platform", alice, bob)
    page = shown(bobs, "/on-call/?view=week&date=2026-03-02")
    assert "data-over" in page
    assert "/on-call/platform/override/?start=" not in page


def test_who_may_only_look_is_offered_no_change(client: Client, dave: User, alice: User) -> None:
    with time_machine.travel(NOON, tick=False):
        client.force_login(dave)
    builders.rota("Platform", alice)
    page = shown(client, "/on-call/")
    assert "/override/" not in page
    assert "data-first=" not in page


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("view=year", "Choose month, week or day."),
        ("date=tomorrow", "Write a date like 2026-03-28."),
        ("date=1066-10-14", "Choose a date between the years 2000 and 2099."),
        ("who=them", "Choose mine or all."),
        ("schedule=nope", "There is no such schedule."),
        ("zone=Mars", "Choose local, schedule or utc."),
    ],
)
def test_an_address_that_makes_no_sense_says_what_is_wrong_and_shows_the_rest(
    bobs: Client, alice: User, query: str, sentence: str
) -> None:
    builders.rota("Platform", alice)
    page = shown(bobs, f"/on-call/?{query}", status=400)
    assert sentence in page
    assert 'id="rota-platform"' in page


@pytest.mark.parametrize("day", ["2000-01-01", "2099-12-31", "2026-02-29"])
@pytest.mark.parametrize("view", ["month", "week", "day"])
def test_the_ends_of_the_calendar_are_pages_too(bobs: Client, alice: User, view: str, day: str) -> None:
    builders.rota("Platform", alice)
    shown(bobs, f"/on-call/?view={view}&date={day}", status=400 if day == "2026-02-29" else 200)


def test_a_rotation_by_the_hour_does_not_drown_the_month(bobs: Client, alice: User, bob: User) -> None:
    builders.rota("Platform", alice, bob, unit="hour")
    assert "Too many shifts to draw" in shown(bobs, "/on-call/")
    assert "Too many shifts to draw" not in shown(bobs, "/on-call/?view=day")
