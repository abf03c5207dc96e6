"""Every kind of timing, checked against semantics.md's worked examples."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from common.businesstime import Calendar
from escalation.duetimes import RuleSpec, due_at

OFFICE = ((time(9), time(17)),)
LONDON = Calendar(ZoneInfo("Europe/London"), dict.fromkeys(range(5), OFFICE))
NEVER = Calendar(ZoneInfo("UTC"), {})

# Fri 27 Mar 2026 16:30 in London; the clocks change on Sunday.
FRIDAY = datetime(2026, 3, 27, 16, 30, tzinfo=UTC)
SATURDAY_NIGHT = datetime(2026, 3, 28, 3, 0, tzinfo=UTC)
CHANGE_NIGHT = datetime(2026, 3, 29, 0, 50, tzinfo=UTC)


def rule(timing: str, minutes: int = 0, clock: str = "wall") -> RuleSpec:
    return RuleSpec(role="on_call", severity=1, timing=timing, delay_minutes=minutes, clock=clock)


@pytest.mark.parametrize(
    ("cell", "t0", "due"),
    [
        (rule("immediate"), SATURDAY_NIGHT, SATURDAY_NIGHT),
        (rule("after", 15), CHANGE_NIGHT, datetime(2026, 3, 29, 1, 5, tzinfo=UTC)),
        (rule("after", 240), FRIDAY, datetime(2026, 3, 27, 20, 30, tzinfo=UTC)),
        (rule("after", 240, "business"), FRIDAY, datetime(2026, 3, 30, 11, 30, tzinfo=UTC)),
        (rule("business_hours"), FRIDAY, FRIDAY),
        (rule("business_hours"), SATURDAY_NIGHT, datetime(2026, 3, 30, 8, 0, tzinfo=UTC)),
        (rule("next_day"), FRIDAY, datetime(2026, 3, 30, 8, 0, tzinfo=UTC)),
        (rule("weekly_review"), FRIDAY, datetime(2026, 3, 30, 9, 0, tzinfo=UTC)),
        (rule("monthly_review"), FRIDAY, datetime(2026, 4, 1, 9, 0, tzinfo=UTC)),
    ],
    ids=lambda value: value.words if isinstance(value, RuleSpec) else f"{value:%a-%H%M}",
)
def test_a_cell_comes_due_as_the_examples_say(cell: RuleSpec, t0: datetime, due: datetime) -> None:
    assert due_at(cell, t0, LONDON) == due


def test_a_review_whose_agenda_has_closed_is_the_next_one() -> None:
    cut_off = datetime(2026, 3, 30, 8, 0, tzinfo=UTC)
    assert due_at(rule("weekly_review"), cut_off, LONDON) == datetime(2026, 3, 30, 9, 0, tzinfo=UTC)
    late = cut_off + timedelta(minutes=1)
    assert due_at(rule("weekly_review"), late, LONDON) == datetime(2026, 4, 6, 9, 0, tzinfo=UTC)


def test_a_review_on_a_holiday_moves_to_the_next_business_day() -> None:
    holiday = Calendar(LONDON.zone, LONDON.weekly, {date(2026, 4, 6): ()})
    after_cut_off = datetime(2026, 3, 30, 8, 30, tzinfo=UTC)
    due = due_at(rule("weekly_review"), after_cut_off, holiday)
    assert due == datetime(2026, 4, 7, 9, 0, tzinfo=UTC)


def test_a_calendar_that_never_opens_pages_by_the_wall_clock() -> None:
    assert due_at(rule("business_hours"), FRIDAY, NEVER) == FRIDAY
    assert due_at(rule("after", 240, "business"), FRIDAY, NEVER) == FRIDAY + timedelta(hours=4)
    assert due_at(rule("next_day"), FRIDAY, NEVER) == FRIDAY + timedelta(days=1)


def test_an_instant_in_another_zone_gives_the_same_answer_in_utc() -> None:
    local = FRIDAY.astimezone(ZoneInfo("America/New_York"))
    due = due_at(rule("after", 60), local, LONDON)
    assert due == FRIDAY + timedelta(hours=1)
    assert due.tzinfo is UTC


def test_a_cell_survives_its_way_through_json() -> None:
    cell = rule("after", 240, "business")
    assert RuleSpec.from_json({**cell.as_json(), "added_later": 1}) == cell


def test_a_cell_is_printed_as_in_the_matrix() -> None:
    assert [rule("immediate").words, rule("after", 15).words, rule("after", 60).words] == [
        "Immediate",
        "15 min",
        "1 hour",
    ]
    assert rule("after", 240, "business").words == "4 business hours"
    assert rule("after", 90).words == "90 min"
