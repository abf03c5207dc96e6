"""Instants and durations read the way people say them, across zones and clock changes."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from common import instants

LONDON, NEW_YORK = ZoneInfo("Europe/London"), ZoneInfo("America/New_York")
NOW = datetime(
    2026, 3, 29, 2, 12, 7, tzinfo=UTC
)  # an hour and twelve minutes after London's clocks went forward


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"), (40, "40 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"), (4320, "1 h 12 min"),
        (86400, "1 d"), (86400 * 2 + 3 * 3600 + 59, "2 d 3 h"), (-90, "1 min"),
    ],
)  # fmt: skip
def test_a_duration_shows_its_two_largest_units(seconds: int, words: str) -> None:
    assert instants.duration(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=3), "just now"),
        (timedelta(seconds=40), "40 s ago"),
        (timedelta(minutes=4), "4 min ago"),
        (timedelta(hours=3, minutes=50), "3 h ago"),
        (timedelta(days=13), "13 d ago"),
        (timedelta(days=40), "17 Feb 2026"),
        (timedelta(minutes=-9), "in 9 min"),
    ],
)
def test_a_relative_time_uses_one_unit_and_then_the_date(ago: timedelta, words: str) -> None:
    assert instants.relative(NOW - ago, NOW) == words


def test_the_exact_instant_shows_the_zone_and_utc() -> None:
    assert instants.exact(NOW, LONDON) == "Sun 29 Mar 2026, 03:12:07 BST · 02:12:07 UTC"
    assert instants.exact(NOW, ZoneInfo("UTC")) == "Sun 29 Mar 2026, 02:12:07 UTC"


def test_utc_names_its_day_when_it_is_another_one() -> None:
    assert instants.both(NOW, NEW_YORK) == "22:12 EDT · Sun 02:12 UTC"


def test_the_wall_time_names_the_day_unless_it_is_today() -> None:
    local = NOW.astimezone(LONDON)
    assert instants.clock(local, NOW) == "03:12"
    assert instants.clock(local - timedelta(days=3), NOW) == "26 Mar 03:12"
    assert instants.clock(local - timedelta(days=300), NOW) == "2 Jun 2025 03:12"


@pytest.mark.parametrize(
    ("left", "words", "state"),
    [
        (timedelta(minutes=9, seconds=5), "in 09:05", "running"),
        (timedelta(minutes=4, seconds=10), "in 04:10", "soon"),
        (timedelta(0), "in 00:00", "soon"),
        (timedelta(minutes=-2, seconds=-10), "overdue by 02:10", "overdue"),
        (timedelta(hours=1, minutes=12), "in 1 h 12 min", "running"),
        (timedelta(days=-2), "overdue by 2 d", "overdue"),
    ],
)
def test_a_countdown_says_how_it_stands(left: timedelta, words: str, state: str) -> None:
    assert instants.countdown(left) == words
    assert instants.clock_state(left, timedelta(minutes=5)) == state
