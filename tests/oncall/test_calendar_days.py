"""The days of the calendar where the clocks change. Each answer was checked against the zone's rules by hand."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from oncall.calendar.days import local_days, place
from oncall.calendar.frame import Frame

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("zone", "day", "hours", "words"),
    [
        ("Europe/London", date(2026, 3, 29), 23, "clocks go forward 01:00 → 02:00"),
        ("Europe/London", date(2026, 10, 25), 25, "clocks go back 02:00 → 01:00"),
        ("America/New_York", date(2026, 3, 8), 23, "clocks go forward 02:00 → 03:00"),
        ("Europe/Berlin", date(2026, 10, 25), 25, "clocks go back 03:00 → 02:00"),
        ("Asia/Beirut", date(2026, 3, 29), 23, "clocks go forward 00:00 → 01:00"),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5, "clocks go back 02:00 → 01:30"),
    ],
)
def test_a_day_on_which_the_clocks_change_says_so_and_is_as_long_as_it_is(
    zone: str, day: date, hours: float, words: str
) -> None:
    (found,) = local_days(ZoneInfo(zone), day, 1)
    assert found.end - found.start == hours * HOUR
    assert found.change is not None
    assert found.change.words == words


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "Europe/London"])
def test_other_days_have_24_hours_and_no_change(zone: str) -> None:
    for found in local_days(ZoneInfo(zone), date(2026, 6, 1), 30):
        assert (found.end - found.start, found.change) == (24 * HOUR, None)


def test_what_ends_and_what_begins_at_an_instant_meet() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    nine = datetime(2026, 3, 25, 8, tzinfo=UTC)  # 09:00 CET
    assert place(berlin, date(2026, 3, 25), nine, 24) == 9
    assert place(berlin, date(2026, 3, 24), nine, 8) == 8 + 3


@pytest.mark.parametrize(
    ("view", "first", "count", "title", "before", "after"),
    [
        ("month", date(2026, 3, 1), 31, "March 2026", date(2026, 2, 1), date(2026, 4, 1)),
        ("week", date(2026, 3, 23), 7, "23 – 29 Mar 2026", date(2026, 3, 18), date(2026, 4, 1)),
        ("day", date(2026, 3, 25), 1, "Wednesday 25 March 2026", date(2026, 3, 24), date(2026, 3, 26)),
    ],
)
def test_a_view_covers_its_days_and_leads_to_its_neighbours(
    view: str, first: date, count: int, title: str, before: date, after: date
) -> None:
    frame = Frame(view, date(2026, 3, 25), None)
    assert (frame.first, frame.count, frame.title) == (first, count, title)
    assert (frame.previous, frame.next) == (before, after)


def test_december_leads_to_january_and_a_leap_year_has_its_day() -> None:
    assert Frame("month", date(2026, 12, 31), None).next == date(2027, 1, 1)
    assert Frame("month", date(2028, 2, 10), None).count == 29


@pytest.mark.parametrize("day", [date(2000, 1, 1), date(2099, 12, 31)])
@pytest.mark.parametrize("view", ["month", "week", "day"])
def test_the_calendar_ends_where_its_links_do(view: str, day: date) -> None:
    frame = Frame(view, day, None)
    assert date(2000, 1, 1) <= frame.previous
    assert frame.next <= date(2099, 12, 31)


def test_the_stylesheet_has_a_place_for_each_column() -> None:
    from pathlib import Path

    text = (Path(__file__).parents[2] / "static/css/pages/oncall-grid.css").read_text()
    widest = max(Frame(view, date(2026, 3, 1), None).columns for view in ("month", "week", "day"))
    assert f".at-{widest} " in text
    assert f".to-{widest + 1} " in text
