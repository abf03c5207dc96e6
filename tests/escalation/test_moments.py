"""Instants as people write them, on days with a clock change too."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from escalation import moments
from tests.builders import NOON

LONDON, LORD_HOWE = ZoneInfo("Europe/London"), ZoneInfo("Australia/Lord_Howe")
TWICE, NEVER = "2026-10-25T01:30", "2026-03-29T01:30"


def test_a_wall_time_is_that_of_its_zone() -> None:
    moment = moments.read("2026-07-01T03:00", LONDON)
    assert (moment.instant, moment.note, moment.other) == (datetime(2026, 7, 1, 2, tzinfo=UTC), "", None)


@pytest.mark.parametrize(
    "text",
    ["2026-07-01T03:00+01:00", "2026-07-01T03:00 01:00", "2026-07-01 02:00Z", " 2026-07-01T02:00:00Z "],
)
def test_an_offset_counts_more_than_the_zone_also_where_its_plus_became_a_space(text: str) -> None:
    assert moments.read(text, LORD_HOWE).instant == datetime(2026, 7, 1, 2, tzinfo=UTC)


def test_a_wall_time_that_its_day_skips_is_the_first_instant_after_and_says_so() -> None:
    moment = moments.read(NEVER, LONDON)
    assert moment.instant == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert moment.note == (
        "01:30 does not exist on Sun 29 Mar 2026 in Europe/London: the clocks go forward. "
        "This is the first instant after, 02:00 BST."
    )


def test_a_wall_time_that_comes_twice_is_the_first_and_says_so_and_which_is_the_other() -> None:
    moment = moments.read(TWICE, LONDON)
    assert moment.instant == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert moment.other == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert moment.note == (
        "01:30 comes twice on Sun 25 Oct 2026 in Europe/London: the clocks go back. This is the first, 01:30 BST."
    )


def test_half_an_hour_can_be_skipped_too() -> None:
    assert moments.read("2026-10-04T02:15", LORD_HOWE).instant == datetime(2026, 10, 3, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "tomorrow",
        "2026-13-45T99:00",
        "2026-02-30T03:00",
        "20260328",
        "03:00",
        "",
        "2026-03-28\0",
    ],
)
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="Write a date and a time like"):
        moments.read(text, LONDON)


@pytest.mark.parametrize(
    "text",
    [
        "9999-12-31T23:59",
        "9999-12-31T23:59:59.999999-12:00",
        "0001-01-01T00:00+12:00",
        "1999-12-31T23:59Z",
        "2100-01-01T00:01Z",
    ],
)
def test_a_year_that_no_calendar_covers_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="between the years 2000 and 2100"):
        moments.read(text, ZoneInfo("America/Los_Angeles"))


@pytest.mark.parametrize(
    ("name", "local"),
    [
        ("now", "Wed 25 Mar 2026 12:00"),
        ("night", "Thu 26 Mar 2026 03:00"),
        ("saturday", "Sat 28 Mar 2026 12:00"),
        ("christmas", "Fri 25 Dec 2026 12:00"),
    ],
)
def test_what_is_picked_is_the_next_one_by_the_zones_wall_clock(name: str, local: str) -> None:
    assert f"{moments.picked(name, NOON, LONDON).astimezone(LONDON):%a %d %b %Y %H:%M}" == local


def test_what_is_picked_is_never_past() -> None:
    noon_on_christmas = datetime(2026, 12, 25, 12, tzinfo=UTC)
    assert moments.picked("christmas", noon_on_christmas, LONDON).year == 2027
    saturday = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert moments.picked("saturday", saturday, LONDON) == datetime(2026, 4, 4, 11, tzinfo=UTC)
