"""The pure function that says who is on call: answers checked by hand."""

import time as timer
from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from oncall.rota import Fixed, Given, Member, Override, ScheduleSpec, Shift, Window, gaps, resolve, who
from oncall.rota.spec import OverrideKind
from tests.oncall.rotas import ALICE, BOB, CAROL, DAVE, KATHMANDU, LORD_HOWE, NEW_YORK, at, layer, plain, rota

# ---- hand-offs and clocks ----


def test_a_weekly_rotation_hands_off_at_nine_local_time_in_winter_and_summer() -> None:
    shifts = resolve(rota(layer(ALICE, BOB)), at("2026-03-23 00:00"), at("2026-04-08 00:00"))
    assert plain(shifts) == [
        ("03-23 00:00", "03-23 09:00", BOB),
        ("03-23 09:00", "03-30 08:00", ALICE),  # the clocks went forward on the 29th: an hour shorter
        ("03-30 08:00", "04-06 08:00", BOB),
        ("04-06 08:00", "04-08 00:00", ALICE),
    ]
    assert shifts[1].end - shifts[1].start == timedelta(days=7, hours=-1)


def test_the_autumn_week_is_an_hour_longer() -> None:
    spec = rota(layer(ALICE, BOB, anchor=date(2026, 10, 19)))
    shift = resolve(spec, at("2026-10-19 08:00"), at("2026-10-26 09:00"))[0]
    assert (shift.user_id, shift.end - shift.start) == (ALICE, timedelta(days=7, hours=1))


def test_a_hand_off_at_a_repeated_wall_time_happens_at_its_first_occurrence() -> None:
    daily = layer(ALICE, BOB, unit="day", handoff=time(1, 30), anchor=date(2026, 10, 24))
    shifts = resolve(rota(daily), at("2026-10-24 00:30"), at("2026-10-26 01:30"))
    assert plain(shifts) == [
        ("10-24 00:30", "10-25 00:30", ALICE),  # 01:30 BST, not the second 01:30 (GMT) an hour later
        ("10-25 00:30", "10-26 01:30", BOB),
    ]


def test_a_hand_off_at_a_wall_time_that_does_not_exist_happens_right_after_the_gap() -> None:
    daily = layer(ALICE, BOB, unit="day", handoff=time(2, 30), anchor=date(2026, 3, 7))
    shifts = resolve(rota(daily, zone=NEW_YORK), at("2026-03-07 07:30"), at("2026-03-09 06:30"))
    assert plain(shifts) == [
        ("03-07 07:30", "03-08 07:00", ALICE),  # 02:00 EST is 03:00 EDT
        ("03-08 07:00", "03-09 06:30", BOB),
    ]


def test_lord_howe_changes_its_clocks_by_half_an_hour() -> None:
    daily = layer(ALICE, BOB, unit="day", handoff=time(2, 15), anchor=date(2026, 10, 3))
    shifts = resolve(rota(daily, zone=LORD_HOWE), at("2026-10-02 15:45"), at("2026-10-04 15:15"))
    assert plain(shifts) == [
        ("10-02 15:45", "10-03 15:30", ALICE),  # 02:00-02:30 is skipped: hand-off at 02:30 (+11:00)
        ("10-03 15:30", "10-04 15:15", BOB),
    ]


def test_kathmandu_is_five_hours_and_forty_five_minutes_ahead() -> None:
    shifts = resolve(rota(layer(ALICE, BOB), zone=KATHMANDU), at("2026-03-23 03:15"), at("2026-03-30 03:15"))
    assert plain(shifts) == [("03-23 03:15", "03-30 03:15", ALICE)]


def test_twelve_hour_turns_keep_their_wall_times_across_a_clock_change() -> None:
    halves = layer(ALICE, BOB, unit="hour", interval=12, anchor=date(2026, 3, 28))
    shifts = resolve(rota(halves), at("2026-03-28 09:00"), at("2026-03-29 20:00"))
    assert plain(shifts) == [
        ("03-28 09:00", "03-28 21:00", ALICE),
        ("03-28 21:00", "03-29 08:00", BOB),
        ("03-29 08:00", "03-29 20:00", ALICE),
    ]


def test_an_hourly_turn_inside_the_skipped_hour_does_not_happen() -> None:
    hourly = layer(ALICE, BOB, CAROL, unit="hour", anchor=date(2026, 3, 29), handoff=time(0))
    shifts = resolve(rota(hourly), at("2026-03-29 00:00"), at("2026-03-29 03:00"))
    assert plain(shifts) == [
        ("03-29 00:00", "03-29 01:00", ALICE),
        ("03-29 01:00", "03-29 02:00", CAROL),
        ("03-29 02:00", "03-29 03:00", ALICE),
    ]


def test_a_monthly_rotation_from_the_31st_uses_the_last_day_of_shorter_months() -> None:
    monthly = layer(ALICE, BOB, unit="month", anchor=date(2026, 1, 31), handoff=time(0))
    shifts = resolve(rota(monthly, zone=ZoneInfo("UTC")), at("2026-01-31 00:00"), at("2026-05-01 00:00"))
    assert [f"{s.start:%m-%d}" for s in shifts] == ["01-31", "02-28", "03-31", "04-30"]


def test_a_rotation_works_before_its_anchor_too() -> None:
    assert who(rota(layer(ALICE, BOB, CAROL)), at("2026-03-16 12:00"))[0].user_id == CAROL


# ---- who is in the rotation ----


def test_a_turn_of_nobody_is_a_gap() -> None:
    shifts = resolve(rota(layer(ALICE, None)), at("2026-03-23 09:00"), at("2026-04-06 08:00"))
    assert plain(shifts) == [
        ("03-23 09:00", "03-30 08:00", ALICE),
        ("03-30 08:00", "04-06 08:00", None),
    ]


@pytest.mark.parametrize(
    "spec", [rota(), rota(layer()), rota(layer(None))], ids=["no layer", "empty", "nobody"]
)
def test_a_schedule_with_nobody_on_it_is_one_gap(spec: ScheduleSpec) -> None:
    start, end = at("2026-03-01 00:00"), at("2026-04-01 00:00")
    assert resolve(spec, start, end) == [Shift(start, end, None)]
    assert who(spec, start) == []


def test_a_rotation_of_one_person_is_one_shift() -> None:
    start, end = at("2026-03-01 00:00"), at("2026-05-01 00:00")
    assert plain(resolve(rota(layer(ALICE)), start, end)) == [("03-01 00:00", "05-01 00:00", ALICE)]


def test_somebody_who_joins_changes_nothing_before_and_takes_their_place_in_the_order() -> None:
    before = layer(ALICE, CAROL)
    joined = (Member(ALICE), Member(BOB, since=at("2026-03-25 12:00")), Member(CAROL))
    after = layer(members=joined)
    past = at("2026-01-01 00:00"), at("2026-03-25 12:00")
    assert resolve(rota(before), *past) == resolve(rota(after), *past)
    turns = resolve(rota(after), at("2026-03-25 12:00"), at("2026-04-20 08:00"))
    assert [s.user_id for s in turns] == [ALICE, BOB, CAROL, ALICE]


def test_somebody_who_leaves_during_their_turn_is_followed_by_the_next() -> None:
    members = (Member(ALICE, until=at("2026-03-25 12:00")), Member(BOB), Member(CAROL))
    shifts = resolve(rota(layer(members=members)), at("2026-03-23 09:00"), at("2026-04-13 08:00"))
    assert plain(shifts) == [
        ("03-23 09:00", "03-25 12:00", ALICE),
        ("03-25 12:00", "04-06 08:00", BOB),  # the rest of Alice's turn, then their own
        ("04-06 08:00", "04-13 08:00", CAROL),
    ]


def test_a_layer_counts_only_while_it_is_effective() -> None:
    only = layer(ALICE, effective_from=at("2026-03-24 00:00"), effective_until=at("2026-03-26 00:00"))
    assert plain(resolve(rota(only), at("2026-03-23 00:00"), at("2026-03-27 00:00"))) == [
        ("03-23 00:00", "03-24 00:00", None),
        ("03-24 00:00", "03-26 00:00", ALICE),
        ("03-26 00:00", "03-27 00:00", None),
    ]


# ---- layers ----


def test_a_higher_layer_wins_and_its_holes_show_the_lower_one() -> None:
    top = layer(BOB, None, unit="day", name="Top", priority=2)
    bottom = layer(ALICE, name="Bottom", priority=1)
    shifts = resolve(rota(bottom, top), at("2026-03-23 09:00"), at("2026-03-25 09:00"))
    assert [(s.user_id, s.source) for s in shifts] == [(BOB, "layer Top"), (ALICE, "layer Bottom")]


def test_layers_of_equal_priority_are_on_call_together() -> None:
    spec = rota(layer(ALICE, name="One"), layer(BOB, name="Two"))
    assert [s.user_id for s in who(spec, at("2026-03-24 00:00"))] == [ALICE, BOB]


def test_a_person_in_two_layers_is_on_call_once() -> None:
    spec = rota(layer(ALICE, name="One"), layer(ALICE, name="Two"))
    assert [s.source for s in who(spec, at("2026-03-24 00:00"))] == ["layer One"]


def test_everyone_is_on_call_at_once_as_long_as_they_are_members() -> None:
    members = (Member(ALICE), Member(BOB, until=at("2026-03-24 00:00")), Member(None))
    spec = rota(layer(members=members, mode="everyone"))
    assert {s.user_id for s in who(spec, at("2026-03-23 12:00"))} == {ALICE, BOB}
    assert [s.user_id for s in who(spec, at("2026-03-24 00:00"))] == [ALICE]


NIGHTS = tuple(Window(day, time(22), time(6)) for day in range(5))


def test_a_window_that_ends_before_it_starts_lasts_into_the_next_day() -> None:
    shifts = resolve(rota(layer(ALICE, windows=NIGHTS)), at("2026-04-03 12:00"), at("2026-04-06 12:00"))
    assert plain(shifts) == [
        ("04-03 12:00", "04-03 21:00", None),
        ("04-03 21:00", "04-04 05:00", ALICE),  # Friday night
        ("04-04 05:00", "04-06 12:00", None),
    ]


def test_a_window_over_a_clock_change_is_an_hour_shorter() -> None:
    sunday = (Window(6, time(0), time(6)),)
    shift = resolve(rota(layer(ALICE, windows=sunday)), at("2026-03-29 00:00"), at("2026-03-29 12:00"))[0]
    assert shift.end - shift.start == timedelta(hours=5)


def test_a_window_that_ends_at_a_repeated_time_lasts_to_its_second_occurrence() -> None:
    sunday = (Window(6, time(0), time(1, 30)),)
    shifts = resolve(rota(layer(ALICE, windows=sunday)), at("2026-10-24 23:00"), at("2026-10-25 12:00"))
    assert plain(shifts)[0] == ("10-24 23:00", "10-25 01:30", ALICE)


WORKING_DAYS = tuple(Window(day, time(9), time(17)) for day in range(5))


def test_a_daily_rotation_over_working_days_can_count_only_worked_shifts() -> None:
    daily: dict[str, Any] = {"unit": "day", "handoff": time(0), "windows": WORKING_DAYS}
    three_weeks = at("2026-04-06 00:00"), at("2026-04-27 00:00")

    def by_day(spec: ScheduleSpec) -> list[int]:
        return [s.user_id for s in resolve(spec, *three_weeks) if s.user_id]

    counted = by_day(rota(layer(ALICE, BOB, CAROL, worked_shifts_only=True, **daily)))
    assert counted == [BOB, CAROL, ALICE] * 5  # ten days after the anchor: nobody's turn falls on a weekend
    plainly = by_day(rota(layer(ALICE, BOB, CAROL, **daily)))
    assert plainly[:10] == [CAROL, ALICE, BOB, CAROL, ALICE, ALICE, BOB, CAROL, ALICE, BOB]


# ---- overrides ----


def replaced(kind: OverrideKind, user: int, **more: Any) -> Override:
    return Override(kind, user, at("2026-03-24 00:00"), at("2026-03-25 00:00"), **more)


def test_an_override_beats_the_rota() -> None:
    spec = rota(layer(ALICE, BOB), overrides=(replaced("replace", DAVE, reason="dentist"),))
    shifts = resolve(spec, at("2026-03-23 12:00"), at("2026-03-26 00:00"))
    assert plain(shifts) == [
        ("03-23 12:00", "03-24 00:00", ALICE),
        ("03-24 00:00", "03-25 00:00", DAVE),
        ("03-25 00:00", "03-26 00:00", ALICE),
    ]
    assert shifts[1].source == "override: dentist"


@pytest.mark.parametrize(
    ("override", "people"),
    [
        (replaced("replace", DAVE, replaces=ALICE), {DAVE, BOB}),
        (replaced("replace", DAVE, replaces=CAROL), {ALICE, BOB}),
        (replaced("add", DAVE), {ALICE, BOB, DAVE}),
        (replaced("add", ALICE), {ALICE, BOB}),
        (replaced("remove", BOB), {ALICE}),
        (replaced("remove", DAVE), {ALICE, BOB}),
    ],
    ids=["one of two", "somebody else", "one more", "already there", "one less", "not there anyway"],
)
def test_an_override_changes_only_what_it_says(override: Override, people: set[int]) -> None:
    spec = rota(layer(ALICE, name="One"), layer(BOB, name="Two"), overrides=(override,))
    assert {s.user_id for s in who(spec, at("2026-03-24 12:00"))} == people


def test_the_newer_of_two_overrides_decides() -> None:
    spec = rota(layer(ALICE), overrides=(replaced("replace", BOB), replaced("replace", CAROL)))
    assert [s.user_id for s in who(spec, at("2026-03-24 12:00"))] == [CAROL]


def test_removing_the_only_person_leaves_a_gap() -> None:
    spec = rota(layer(ALICE), overrides=(replaced("remove", ALICE),))
    found = gaps(spec, at("2026-03-23 12:00"), at("2026-03-26 00:00"))
    assert plain(found) == [("03-24 00:00", "03-25 00:00", None)]


def test_an_override_fills_a_gap() -> None:
    spec = rota(overrides=(replaced("replace", DAVE),))
    assert [s.user_id for s in who(spec, at("2026-03-24 12:00"))] == [DAVE]


# ---- the interval ----


def test_an_empty_or_reversed_interval_has_no_shifts() -> None:
    instant = at("2026-03-24 12:00")
    assert resolve(rota(layer(ALICE)), instant, instant) == []
    assert resolve(rota(layer(ALICE)), instant, instant - timedelta(days=1)) == []


def test_the_cost_is_that_of_the_interval_and_not_of_the_years_before_it() -> None:
    old = rota(layer(ALICE, BOB, unit="hour", anchor=date(1990, 1, 1), effective_from=at("1990-01-01 00:00")))
    began = timer.perf_counter()
    shifts = resolve(old, at("2026-03-24 00:00"), at("2026-03-25 00:00"))
    assert len(shifts) == 24
    assert timer.perf_counter() - began < 0.1


# ---- swaps ----


def test_a_swap_stands_below_overrides_whichever_was_made_first() -> None:
    swap, override = replaced("replace", BOB, replaces=ALICE, origin="swap"), replaced("replace", CAROL)
    for order in ((swap, override), (override, swap)):
        [shift] = who(rota(layer(ALICE), overrides=order), at("2026-03-24 12:00"))
        assert (shift.user_id, shift.source) == (CAROL, "override")


def test_a_swap_takes_only_the_part_of_whom_it_names() -> None:
    swap = replaced("replace", DAVE, replaces=ALICE, origin="swap", reason="cinema")
    together = rota(layer(ALICE, name="One"), layer(BOB, name="Two"), overrides=(swap,))
    shifts = who(together, at("2026-03-24 12:00"))
    assert [(s.user_id, s.source) for s in shifts] == [(DAVE, "swap: cinema"), (BOB, "layer Two")]
    assert [s.user_id for s in who(rota(layer(CAROL), overrides=(swap,)), at("2026-03-24 12:00"))] == [CAROL]


def test_whoever_takes_the_pager_has_it_before_older_overrides() -> None:
    taken = replaced("replace", DAVE, origin="taken")
    spec = rota(layer(ALICE), overrides=(replaced("replace", BOB), taken))
    assert [(s.user_id, s.source) for s in who(spec, at("2026-03-24 12:00"))] == [(DAVE, "pager taken")]


# ---- fixed schedules ----


def fixed(*people: tuple[int, str, str], **more: Any) -> Fixed:
    shifts = tuple(Given(person, at(f"2026-{start}"), at(f"2026-{end}")) for person, start, end in people)
    return Fixed(at("2026-03-24 00:00"), at("2026-03-26 00:00"), shifts, **more)


def test_a_fixed_schedule_stands_instead_of_all_layers_and_its_holes_are_gaps() -> None:
    launch = fixed(
        (CAROL, "03-24 00:00", "03-25 00:00"), (DAVE, "03-25 06:00", "03-27 00:00"), reason="launch"
    )
    spec = rota(layer(ALICE, priority=9), layer(BOB), fixed=(launch,))
    shifts = resolve(spec, at("2026-03-23 12:00"), at("2026-03-27 00:00"))
    assert plain(shifts) == [
        ("03-23 12:00", "03-24 00:00", ALICE),
        ("03-24 00:00", "03-25 00:00", CAROL),
        ("03-25 00:00", "03-25 06:00", None),
        ("03-25 06:00", "03-26 00:00", DAVE),  # the fixed schedule ends before the shift does
        ("03-26 00:00", "03-27 00:00", ALICE),
    ]
    assert shifts[1].source == "fixed: launch"


def test_swaps_and_overrides_stand_on_top_of_a_fixed_schedule() -> None:
    launch = fixed((CAROL, "03-24 00:00", "03-26 00:00"), (BOB, "03-24 00:00", "03-26 00:00"))
    swap = replaced("replace", DAVE, replaces=CAROL, origin="swap")
    spec = rota(layer(ALICE), fixed=(launch,), overrides=(replaced("remove", BOB), swap))
    assert {s.user_id for s in who(spec, at("2026-03-24 12:00"))} == {DAVE}
    assert {s.user_id for s in who(spec, at("2026-03-25 12:00"))} == {BOB, CAROL}


# ---- other calendars, and holidays ----


def test_a_layer_can_say_what_another_calendar_says() -> None:
    spans = (Given(BOB, at("2026-03-24 00:00"), at("2026-03-25 00:00")),)
    foreign = layer(mode="calendar", shifts=spans, name="Vendor", priority=1)
    shifts = resolve(rota(layer(ALICE), foreign), at("2026-03-23 12:00"), at("2026-03-26 00:00"))
    assert [(s.user_id, s.source) for s in shifts] == [
        (ALICE, "layer Primary"), (BOB, "layer Vendor"), (ALICE, "layer Primary")
    ]  # fmt: skip


EASTER = frozenset({date(2026, 4, 3), date(2026, 4, 5), date(2026, 4, 6)})


def test_a_layer_can_leave_holidays_to_another_from_local_midnight_to_midnight() -> None:
    usual, festive = layer(ALICE, holidays="off"), layer(BOB, holidays="only", name="Holidays")
    shifts = resolve(rota(usual, festive, holidays=EASTER), at("2026-04-02 12:00"), at("2026-04-08 00:00"))
    assert plain(shifts) == [
        ("04-02 12:00", "04-02 23:00", ALICE),  # midnight in London, which is an hour ahead
        ("04-02 23:00", "04-03 23:00", BOB),
        ("04-03 23:00", "04-04 23:00", ALICE),
        ("04-04 23:00", "04-06 23:00", BOB),  # Sunday and Monday are one shift
        ("04-06 23:00", "04-08 00:00", ALICE),
    ]


def test_holidays_also_cut_weekly_hours_across_midnight() -> None:
    off = rota(layer(ALICE, windows=NIGHTS, holidays="off"), holidays=EASTER)
    shifts = resolve(off, at("2026-04-02 12:00"), at("2026-04-03 12:00"))
    assert plain(shifts) == [
        ("04-02 12:00", "04-02 21:00", None),
        ("04-02 21:00", "04-02 23:00", ALICE),  # Thursday night, until Good Friday begins
        ("04-02 23:00", "04-03 12:00", None),
    ]


# ---- many ----


def test_ten_thousand_overrides_take_no_more_than_a_moment() -> None:
    start = at("2026-03-23 00:00")
    many = tuple(
        Override(
            "replace", BOB + n % 3, start + n * timedelta(minutes=5), start + (n + 30) * timedelta(minutes=5)
        )
        for n in range(10_000)
    )
    began = timer.perf_counter()
    shifts = resolve(rota(layer(ALICE), overrides=many), start, start + timedelta(days=36))
    assert len(shifts) > 10_000
    assert timer.perf_counter() - began < 2
