"""Business-hours arithmetic; the known answers are semantics.md's examples and hand-checked ones."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.businesstime import (
    ALWAYS,
    Calendar,
    NeverOpen,
    add_business,
    business_between,
    is_open,
    next_business_day,
    next_monthly_review,
    next_open,
    next_weekly_review,
    to_utc,
)

LONDON = ZoneInfo("Europe/London")
OFFICE = Calendar(LONDON, {day: ((time(9), time(17)),) for day in range(5)})
LUNCH = Calendar(LONDON, {day: ((time(9), time(12)), (time(13), time(17))) for day in range(5)})
CLOSED = Calendar(LONDON, {})


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_four_business_hours_from_friday_afternoon_end_on_monday_after_the_clock_change() -> None:
    # Declared Fri 27 Mar 2026 16:30 GMT; the clocks change on Sunday; Mon 12:30 BST is 11:30Z.
    assert add_business(OFFICE, utc("2026-03-27 16:30"), timedelta(hours=4)) == utc("2026-03-30 11:30")


def test_next_day_and_its_closing_from_friday_are_monday() -> None:
    assert next_business_day(OFFICE, utc("2026-03-27 16:30")) == (
        utc("2026-03-30 08:00"),
        utc("2026-03-30 16:00"),
    )


def test_business_hours_at_night_on_saturday_means_monday_morning() -> None:
    assert next_open(OFFICE, utc("2026-03-28 03:00")) == utc("2026-03-30 08:00")


def test_next_day_counts_local_dates_not_hours() -> None:
    # 00:30 on Tuesday is "Tuesday": the next business day is Wednesday, although Tuesday has not opened yet.
    assert next_business_day(OFFICE, utc("2026-03-24 00:30"))[0] == utc("2026-03-25 09:00")


def test_open_time_pauses_over_lunch_and_night() -> None:
    assert add_business(LUNCH, utc("2026-03-25 11:00"), timedelta(hours=2)) == utc("2026-03-25 14:00")
    assert add_business(LUNCH, utc("2026-03-25 16:30"), timedelta(hours=1)) == utc("2026-03-26 09:30")
    assert not is_open(LUNCH, utc("2026-03-25 12:30"))
    assert is_open(LUNCH, utc("2026-03-25 13:00"))
    assert not is_open(LUNCH, utc("2026-03-25 17:00"))


def test_an_exception_replaces_the_days_hours() -> None:
    half_day = date(2026, 3, 25)
    calendar = Calendar(LONDON, OFFICE.weekly, {half_day: ((time(9), time(12)),), date(2026, 3, 26): ()})
    assert add_business(calendar, utc("2026-03-25 11:00"), timedelta(hours=2)) == utc("2026-03-27 10:00")


def test_a_calendar_that_never_opens_says_so() -> None:
    with pytest.raises(NeverOpen):
        next_open(CLOSED, utc("2026-03-25 11:00"))
    with pytest.raises(NeverOpen):
        add_business(CLOSED, utc("2026-03-25 11:00"), timedelta(minutes=1))


def test_a_repeated_wall_time_is_its_first_as_a_start_and_its_last_as_an_end() -> None:
    autumn = date(2026, 10, 25)
    assert to_utc(autumn, time(1, 30), LONDON) == utc("2026-10-25 00:30")
    assert to_utc(autumn, time(1, 30), LONDON, end=True) == utc("2026-10-25 01:30")


@pytest.mark.parametrize(
    ("zone", "day", "wall", "expected"),
    [
        ("Europe/London", date(2026, 3, 29), time(1, 30), "2026-03-29 01:00"),
        ("America/New_York", date(2026, 3, 8), time(2, 15), "2026-03-08 07:00"),
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 10), "2026-10-03 15:30"),
        ("America/Santiago", date(2026, 9, 6), time(0, 30), "2026-09-06 04:00"),
        ("Asia/Kathmandu", date(2026, 3, 29), time(1, 30), "2026-03-28 19:45"),
    ],
)
def test_a_wall_time_that_does_not_exist_is_the_first_instant_after_the_gap(
    zone: str, day: date, wall: time, expected: str
) -> None:
    assert to_utc(day, wall, ZoneInfo(zone)) == utc(expected)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("2026-03-25 12:00", "2026-03-30 09:00"),  # Wednesday: Monday 10:00 BST
        ("2026-03-30 07:59", "2026-03-30 09:00"),  # Monday 08:59 BST, a minute before the cut-off
        ("2026-03-30 08:01", "2026-04-06 09:00"),  # after the cut-off: the week after
    ],
)
def test_the_weekly_review(asked: str, expected: str) -> None:
    assert next_weekly_review(OFFICE, utc(asked)) == utc(expected)


def test_a_weekly_review_on_a_holiday_moves_to_the_next_business_day() -> None:
    easter_monday = Calendar(LONDON, OFFICE.weekly, {date(2026, 4, 6): ()})
    assert next_weekly_review(easter_monday, utc("2026-04-01 12:00")) == utc("2026-04-07 09:00")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("2026-03-25 12:00", "2026-04-01 09:00"),
        ("2026-05-01 08:30", "2026-06-01 09:00"),
        ("2026-07-30 12:00", "2026-08-03 09:00"),
    ],
)
def test_the_monthly_review_is_on_the_first_business_day(asked: str, expected: str) -> None:
    assert next_monthly_review(OFFICE, utc(asked)) == utc(expected)


instants = st.datetimes(
    min_value=datetime.fromisoformat("2025-01-01"),
    max_value=datetime.fromisoformat("2027-12-31"),
    timezones=st.just(UTC),
)
zones = st.sampled_from(["UTC", "Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])


@given(start=instants, minutes=st.integers(1, 6000), zone=zones)
def test_what_is_added_is_what_lies_between(start: datetime, minutes: int, zone: str) -> None:
    calendar = Calendar(ZoneInfo(zone), OFFICE.weekly)
    amount = timedelta(minutes=minutes)
    assert business_between(calendar, start, add_business(calendar, start, amount)) == amount


@given(start=instants, hours=st.integers(0, 2000))
def test_an_always_open_calendar_is_the_wall_clock(start: datetime, hours: int) -> None:
    assert add_business(ALWAYS, start, timedelta(hours=hours)) == start + timedelta(hours=hours)


@given(start=instants, zone=zones)
def test_the_next_opening_is_open_and_not_before(start: datetime, zone: str) -> None:
    calendar = Calendar(ZoneInfo(zone), OFFICE.weekly)
    opening = next_open(calendar, start)
    assert opening >= start
    assert is_open(calendar, opening)
