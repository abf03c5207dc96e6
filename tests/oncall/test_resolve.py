"""The pure function that says who is on call: hand-checked answers, then properties against a slow naive oracle."""

import time as timer
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oncall.rota import Layer, Member, Override, ScheduleSpec, Shift, Window, gaps, resolve, who
from oncall.rota.spec import OverrideKind
from tests.oncall.oracle import on_call_at

ALICE, BOB, CAROL, DAVE = 1, 2, 3, 4
LONDON, NEW_YORK = ZoneInfo("Europe/London"), ZoneInfo("America/New_York")
LORD_HOWE, KATHMANDU = ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Kathmandu")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    """Return a UTC instant from "2026-03-29 01:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def layer(*people: int | None, **changes: Any) -> Layer:
    values: dict[str, Any] = {
        "name": "Primary",
        "anchor": date(2026, 3, 23),
        "effective_from": LONG_AGO,
        "members": tuple(Member(person) for person in people),
    }
    return Layer(**(values | changes))


def rota(*layers: Layer, zone: ZoneInfo = LONDON, overrides: tuple[Override, ...] = ()) -> ScheduleSpec:
    return ScheduleSpec(zone, layers, overrides)


def plain(shifts: list[Shift]) -> list[tuple[str, str, int | None]]:
    return [(f"{s.start:%m-%d %H:%M}", f"{s.end:%m-%d %H:%M}", s.user_id) for s in shifts]


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


# ---- properties ----

ZONES = [
    "UTC", "Europe/London", "Europe/Berlin", "America/New_York", "America/Los_Angeles", "America/Sao_Paulo",
    "America/St_Johns", "America/Santiago", "Africa/Cairo", "Africa/Casablanca", "Asia/Kathmandu",
    "Asia/Kolkata", "Asia/Tehran", "Asia/Tokyo", "Asia/Gaza", "Australia/Lord_Howe", "Australia/Sydney",
    "Pacific/Apia", "Pacific/Chatham", "Pacific/Kiritimati",
]  # fmt: skip
instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(  # noqa: DTZ001
    lambda naive: naive.replace(second=0, microsecond=0, tzinfo=UTC)
)
people = st.sampled_from([ALICE, BOB, CAROL, DAVE])
wall_times = st.times().map(lambda t: t.replace(second=0, microsecond=0))


def spans(draw: Callable[..., Any]) -> tuple[datetime, datetime]:
    start = draw(instants)
    return start, start + timedelta(minutes=draw(st.integers(1, 60 * 24 * 40)))


@st.composite
def member_places(draw: Callable[..., Any]) -> Member:
    since, until = draw(st.none() | instants), draw(st.none() | instants)
    return Member(draw(st.none() | people), since, until)


@st.composite
def some_layers(draw: Callable[..., Any]) -> Layer:
    unit = draw(st.sampled_from(["hour", "day", "week", "month"]))
    return Layer(
        name=draw(st.sampled_from(["One", "Two"])),
        anchor=draw(st.dates(date(2025, 12, 1), date(2026, 12, 31))),
        effective_from=draw(st.just(LONG_AGO + timedelta(days=2100)) | instants),
        effective_until=draw(st.none() | instants),
        members=tuple(draw(st.lists(member_places(), max_size=4))),
        priority=draw(st.integers(0, 2)),
        mode=draw(st.sampled_from(["rotate", "rotate", "rotate", "everyone"])),
        unit=unit,
        interval=draw(st.integers(5, 40) if unit == "hour" else st.integers(1, 3)),
        handoff=draw(wall_times),
        windows=tuple(
            draw(st.lists(st.builds(Window, st.integers(0, 6), wall_times, wall_times), max_size=3))
        ),
        worked_shifts_only=draw(st.booleans()),
    )


@st.composite
def some_overrides(draw: Callable[..., Any]) -> Override:
    start, end = spans(draw)
    kind = draw(st.sampled_from(["replace", "add", "remove"]))
    return Override(kind, draw(people), start, end, draw(st.none() | people))


schedules = st.builds(
    ScheduleSpec,
    st.sampled_from(ZONES).map(ZoneInfo),
    st.lists(some_layers(), min_size=1, max_size=3).map(tuple),
    st.lists(some_overrides(), max_size=3).map(tuple),
)
a_few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@a_few
@given(schedules, st.data())
def test_at_every_instant_the_shifts_say_what_a_naive_walk_through_all_turns_says(
    spec: ScheduleSpec, data: st.DataObject
) -> None:
    start, end = spans(data.draw)
    shifts = resolve(spec, start, end)
    edges = [s.start for s in shifts[:6]] + [s.end - timedelta(seconds=1) for s in shifts[:6]]
    for instant in edges + data.draw(st.lists(st.integers(0, 10**6), max_size=5).map(
        lambda xs: [start + (end - start) * (x / 10**6) for x in xs]
    )):  # fmt: skip
        if start <= instant < end:
            running = {s.user_id for s in shifts if s.start <= instant < s.end}
            assert running - {None} == on_call_at(spec, instant)


@a_few
@given(schedules, st.data())
def test_shifts_cover_the_interval_and_gaps_and_people_never_overlap(
    spec: ScheduleSpec, data: st.DataObject
) -> None:
    start, end = spans(data.draw)
    shifts = resolve(spec, start, end)
    assert all(start <= s.start < s.end <= end for s in shifts)
    for user in {s.user_id for s in shifts}:
        own = [s for s in shifts if s.user_id == user]
        assert all(a.end <= b.start for a, b in pairwise(own))
    covered = start
    for shift in shifts:
        assert shift.start <= covered
        covered = max(covered, shift.end)
    assert covered == end
    for gap in (s for s in shifts if s.user_id is None):
        assert not [s for s in shifts if s is not gap and s.start < gap.end and gap.start < s.end]


@a_few
@given(schedules, st.data())
def test_what_is_asked_for_does_not_change_the_answer(spec: ScheduleSpec, data: st.DataObject) -> None:
    start, end = spans(data.draw)
    middle = start + (end - start) / 2
    whole = resolve(spec, start, end)
    tail = [(max(s.start, middle), s.end, s.user_id, s.source) for s in whole if s.end > middle]
    assert sorted(tail, key=str) == sorted(
        ((s.start, s.end, s.user_id, s.source) for s in resolve(spec, middle, end)), key=str
    )
