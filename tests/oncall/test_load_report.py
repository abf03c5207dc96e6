"""How much of being on call each person carries. Hours and nights were counted by hand."""

import csv
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client

from accounts.models import BusinessCalendar, User
from oncall.load import burden, is_night, join
from oncall.models import Schedule
from tests import builders
from tests.builders import NOON

LONDON, TOKYO = ZoneInfo("Europe/London"), ZoneInfo("Asia/Tokyo")
HOUR = timedelta(hours=1)


def utc(day: int, hour: int = 0, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def test_a_week_from_monday_nine_has_seven_nights_and_a_weekend() -> None:
    found = burden([(utc(16, 9), utc(23, 9))], LONDON)
    assert (found.time, found.nights, found.night_time) == (168 * HOUR, 7, 56 * HOUR)
    assert (found.weekend_days, found.weekend_time, found.short_rests) == (2, 48 * HOUR, 0)


def test_the_night_in_which_clocks_go_forward_has_seven_hours() -> None:
    found = burden([(utc(28, 12), utc(29, 12))], LONDON)
    assert (found.time, found.nights, found.night_time) == (24 * HOUR, 1, 7 * HOUR)


def test_the_night_in_which_clocks_go_back_has_nine_hours() -> None:
    found = burden([(utc(24, 12, month=10), utc(25, 12, month=10))], LONDON)
    assert (found.nights, found.night_time) == (1, 9 * HOUR)


def test_a_weekend_with_a_clock_change_is_an_hour_shorter() -> None:
    assert burden([(utc(23, 9), utc(30, 8))], LONDON).weekend_time == 47 * HOUR


def test_nights_are_those_of_where_the_person_sleeps() -> None:
    office_hours_in_london = [(utc(25, 9), utc(25, 17))]  # 18:00 to 02:00 in Tokyo
    assert burden(office_hours_in_london, LONDON).nights == 0
    assert burden(office_hours_in_london, TOKYO).night_time == 4 * HOUR


def test_two_parts_of_one_night_are_one_night() -> None:
    found = burden([(utc(25, 22), utc(25, 23)), (utc(26, 4), utc(26, 5))], LONDON)
    assert (found.nights, found.night_time) == (1, 2 * HOUR)


def test_a_rest_under_eleven_hours_counts_and_one_of_eleven_does_not() -> None:
    days = [(utc(23, 9), utc(23, 21)), (utc(24, 7), utc(24, 17)), (utc(25, 4), utc(25, 9))]
    assert burden(days, LONDON).short_rests == 1


def test_a_holiday_counts_when_any_part_of_it_was_worked() -> None:
    good_friday = date(2026, 4, 3)
    assert burden([(utc(3, 20, month=4), utc(4, 3, month=4))], LONDON, [good_friday]).holidays == 1
    assert burden([(utc(4, 0, month=4), utc(4, 3, month=4))], LONDON, [good_friday]).holidays == 0


def test_hours_on_two_schedules_at_once_are_carried_once() -> None:
    assert join([(utc(1), utc(2)), (utc(1, 12), utc(3)), (utc(3), utc(4)), (utc(6), utc(6))]) == [
        (utc(1), utc(4))
    ]


def test_a_night_is_from_ten_to_six() -> None:
    assert [is_night(utc(25, hour), LONDON) for hour in (21, 22, 3, 6)] == [False, True, True, False]


# ---- The page ----


@pytest.fixture
def platform(alice: User, bob: User) -> Schedule:
    calendar = BusinessCalendar.objects.create(
        name="Office", country="GB", subdivision="ENG", is_default=True
    )
    team = builders.team("Platform", calendar=calendar)
    User.objects.update(time_zone="Europe/London")
    return builders.rota("Platform", alice, bob, team=team)


@pytest.fixture
def daves(client: Client, dave: User) -> Client:
    with time_machine.travel(NOON, tick=False):
        client.force_login(dave)
    return client


def get(client: Client, url: str, status: int = 200) -> Any:
    with time_machine.travel(NOON, tick=False):
        response = client.get(url)
    assert response.status_code == status
    return response


CUSTOM = "period=custom&start=2026-03-30&end=2026-04-12"


def rows(client: Client, query: str) -> dict[str, dict[str, str]]:
    answer = get(client, f"/on-call/load.csv?{query}")
    assert answer["Content-Type"].startswith("text/csv")
    return {row["person"]: row for row in csv.DictReader(StringIO(answer.content.decode()))}


def test_the_report_counts_hours_nights_weekends_holidays_and_pages(
    daves: Client, platform: Schedule, alice: User, bob: User
) -> None:
    """Bob has Monday 30 March 09:00 to Monday 6 April 09:00, with Good Friday; Alice what is before and after.

    Easter Monday is the 6th: both have a part of it.
    """
    builders.page_for(bob, created_at=utc(1, 2, month=4))  # 03:00 in London
    builders.page_for(bob, created_at=utc(1, 14, month=4))
    builders.page_for(bob, created_at=utc(20, 14, month=5))  # after the period
    found = rows(daves, CUSTOM)
    # 168 h from Monday to Monday; seven nights; Saturday and Sunday.
    assert found["Bob"] == {
        "person": "Bob", "hours": "168.0", "share_percent": "50", "nights": "7", "night_hours": "56.0",
        "weekend_days": "2", "weekend_hours": "48.0", "holidays": "2", "pages": "2", "night_pages": "1",
        "rests_under_11_hours": "0",
    }  # fmt: skip
    # 9 h at the start and, until Sunday midnight, six days and 15 h.
    assert found["Alice"]["hours"] == "168.0"
    assert found["Alice"]["holidays"] == "1"
    assert found["Alice"]["nights"] == "8"  # six whole ones, the end of the first and the start of the last


def test_a_drills_pages_wake_nobody_in_the_report(daves: Client, platform: Schedule, bob: User) -> None:
    incident = builders.bare_incident(is_drill=True)
    builders.page_for(bob, incident, created_at=utc(1, 2, month=4))
    assert rows(daves, CUSTOM)["Bob"]["pages"] == "0"


def test_the_page_shows_shares_and_says_when_nobody_was_there(daves: Client, alice: User) -> None:
    builders.rota("Platform", alice, None)
    page = " ".join(get(daves, f"/on-call/load/?{CUSTOM}").content.decode().split())
    assert "100 %" in page
    assert "nobody for 168.0 h" in page
    assert 'aria-label="Share of Alice"' in page


def test_a_name_that_a_spreadsheet_would_take_for_a_formula_is_quoted(
    daves: Client, platform: Schedule, bob: User
) -> None:
    User.objects.filter(pk=bob.pk).update(name='=HYPERLINK("http://evil.example")')
    assert '\'=HYPERLINK("http://evil.example")' in rows(daves, CUSTOM)


def test_thirty_days_are_what_is_shown_without_a_question(daves: Client, platform: Schedule) -> None:
    assert "24 Feb 2026 – 25 Mar 2026" in get(daves, "/on-call/load/").content.decode()
    assert "26 Dec 2025 – 25 Mar 2026" in get(daves, "/on-call/load/?period=90").content.decode()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("period=ever", "Choose 30, 90 or custom."),
        ("period=custom&start=x", "Write a date like 2026-03-01."),
        ("period=custom&start=2026-03-02&end=2026-03-01", "The last day is before the first."),
        ("period=custom&start=2024-01-01&end=2026-03-01", "Ask for a year at most."),
        ("period=custom&start=1066-10-14&end=1066-10-15", "Choose days between the years 2000 and 2099."),
        ("schedule=nope", "There is no such schedule."),
    ],
)
def test_days_that_make_no_sense_are_said_beside_their_field(
    daves: Client, query: str, sentence: str
) -> None:
    assert sentence in get(daves, f"/on-call/load/?{query}", 400).content.decode()
    assert sentence in get(daves, f"/on-call/load.csv?{query}", 400).content.decode()


def test_an_empty_installation_says_what_the_report_is_for(daves: Client) -> None:
    assert "Nobody was on call in these days" in get(daves, "/on-call/load/").content.decode()


def test_the_report_asks_as_often_for_ten_schedules_as_for_one(
    daves: Client, alice: User, bob: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(10):
        builders.rota(f"Rota {number}", alice, bob, team=builders.team(f"Team {number}"))
    get(daves, "/on-call/load/")
    with django_assert_max_num_queries(20):
        get(daves, "/on-call/load/?period=90")
