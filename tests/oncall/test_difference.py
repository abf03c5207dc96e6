"""What a change does to who is on call, as a difference of shifts."""

from datetime import UTC, datetime, timedelta

from oncall.rota import Difference, Shift, difference

MONDAY = datetime(2026, 3, 23, 9, tzinfo=UTC)
DAY = timedelta(days=1)
ALICE, BOB, CAROL = 1, 2, 3


def shift(who: int | None, start: int, end: int, source: str = "layer Primary") -> Shift:
    """From one day of the week to another, counted from Monday 09:00."""
    return Shift(MONDAY + start * DAY, MONDAY + end * DAY, who, source)


def change(start: int, end: int, before: tuple[int, ...], after: tuple[int, ...]) -> Difference:
    return Difference(MONDAY + start * DAY, MONDAY + end * DAY, before, after)


def test_the_same_people_are_no_difference_whatever_the_reason() -> None:
    before = [shift(ALICE, 0, 7)]
    after = [shift(ALICE, 0, 2), shift(ALICE, 2, 3, "override"), shift(ALICE, 3, 7)]
    assert difference(before, after) == []


def test_a_replacement_is_one_change_from_one_person_to_another() -> None:
    after = [shift(BOB, 0, 1), shift(CAROL, 1, 2, "override"), shift(BOB, 2, 7)]
    assert difference([shift(BOB, 0, 7)], after) == [change(1, 2, (BOB,), (CAROL,))]


def test_a_replacement_across_a_hand_off_is_a_change_for_each_of_the_two() -> None:
    before = [shift(ALICE, 0, 2), shift(BOB, 2, 7)]
    after = [shift(ALICE, 0, 1), shift(CAROL, 1, 3, "override"), shift(BOB, 3, 7)]
    assert difference(before, after) == [change(1, 2, (ALICE,), (CAROL,)), change(2, 3, (BOB,), (CAROL,))]


def test_what_is_taken_away_makes_a_gap_and_what_fills_one_closes_it() -> None:
    made = difference([shift(ALICE, 0, 7)], [shift(ALICE, 0, 5), shift(None, 5, 7, "")])
    assert made == [change(5, 7, (ALICE,), ())]
    assert made[0].makes_gap
    closed = difference([shift(None, 0, 7, "")], [shift(ALICE, 0, 7, "override")])
    assert closed == [change(0, 7, (), (ALICE,))]
    assert closed[0].closes_gap


def test_somebody_added_stands_beside_who_was_there() -> None:
    after = [shift(ALICE, 0, 7), shift(BOB, 1, 2, "override")]
    assert difference([shift(ALICE, 0, 7)], after) == [change(1, 2, (ALICE,), (ALICE, BOB))]


def test_parts_that_touch_with_the_same_people_are_one() -> None:
    before = [shift(ALICE, 0, 1), shift(ALICE, 1, 7, "layer Other")]
    assert difference(before, [shift(BOB, 0, 7)]) == [change(0, 7, (ALICE,), (BOB,))]
