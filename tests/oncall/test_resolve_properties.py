"""The pure function that says who is on call: properties of any schedule, also against a slow naive oracle."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oncall.rota import Fixed, Given, Layer, Member, Override, ScheduleSpec, Window, resolve
from tests.oncall.oracle import on_call_at
from tests.oncall.rotas import ALICE, BOB, CAROL, DAVE, LONG_AGO

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
def some_spans(draw: Callable[..., Any]) -> Given:
    return Given(draw(people), *spans(draw))


@st.composite
def fixed_schedules(draw: Callable[..., Any]) -> Fixed:
    start, end = spans(draw)
    return Fixed(start, end, tuple(draw(st.lists(some_spans(), max_size=3))))


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
        mode=draw(st.sampled_from(["rotate", "rotate", "rotate", "everyone", "calendar"])),
        unit=unit,
        interval=draw(st.integers(5, 40) if unit == "hour" else st.integers(1, 3)),
        handoff=draw(wall_times),
        windows=tuple(
            draw(st.lists(st.builds(Window, st.integers(0, 6), wall_times, wall_times), max_size=3))
        ),
        worked_shifts_only=draw(st.booleans()),
        holidays=draw(st.sampled_from(["as_usual", "as_usual", "off", "only"])),
        shifts=tuple(draw(st.lists(some_spans(), max_size=3))),
    )


@st.composite
def some_overrides(draw: Callable[..., Any]) -> Override:
    start, end = spans(draw)
    kind = draw(st.sampled_from(["replace", "add", "remove"]))
    origin = draw(st.sampled_from(["override", "swap", "taken"]))
    return Override(kind, draw(people), start, end, draw(st.none() | people), origin=origin)


schedules = st.builds(
    ScheduleSpec,
    st.sampled_from(ZONES).map(ZoneInfo),
    st.lists(some_layers(), min_size=1, max_size=3).map(tuple),
    st.lists(some_overrides(), max_size=4).map(tuple),
    st.lists(fixed_schedules(), max_size=2).map(tuple),
    st.frozensets(st.dates(date(2025, 12, 30), date(2027, 3, 1)), max_size=30),
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


@a_few
@given(schedules, st.data())
def test_resolving_a_joined_interval_is_joining_what_its_parts_resolve_to(
    spec: ScheduleSpec, data: st.DataObject
) -> None:
    start, end = spans(data.draw)
    cuts = sorted(
        start + (end - start) * (x / 1000) for x in data.draw(st.sets(st.integers(1, 999), max_size=4))
    )
    edges = [start, *cuts, end]
    joined: list[list[Any]] = []
    for a, b in pairwise(edges):
        for shift in resolve(spec, a, b):
            same = [
                row for row in joined if row[1] == shift.start and row[2:] == [shift.user_id, shift.source]
            ]
            if same:
                same[0][1] = shift.end
            else:
                joined.append([shift.start, shift.end, shift.user_id, shift.source])
    whole = [[s.start, s.end, s.user_id, s.source] for s in resolve(spec, start, end)]
    assert sorted(joined, key=str) == sorted(whole, key=str)


# ---- one rotation ----

simple_layers = st.builds(
    Layer,
    name=st.just("Primary"),
    anchor=st.dates(date(2025, 12, 1), date(2026, 12, 31)),
    effective_from=st.just(LONG_AGO),
    members=st.integers(1, 6).map(lambda n: tuple(Member(person) for person in range(1, n + 1))),
    unit=st.sampled_from(["day", "week", "month"]),
    interval=st.integers(1, 3),
    handoff=wall_times,
)
zones = st.sampled_from(ZONES).map(ZoneInfo)


@a_few
@given(some_layers(), zones, st.data())
def test_a_rotation_has_one_person_at_a_time_and_everybody_only_once(
    layer: Layer, zone: ZoneInfo, data: st.DataObject
) -> None:
    start, end = spans(data.draw)
    shifts = resolve(ScheduleSpec(zone, (layer,)), start, end)
    if layer.mode == "rotate":
        assert all(a.end <= b.start for a, b in pairwise(shifts))
    for user in {s.user_id for s in shifts}:
        own = [s for s in shifts if s.user_id == user]
        assert all(a.end <= b.start for a, b in pairwise(own))


@a_few
@given(simple_layers, zones, st.data())
def test_hand_offs_keep_their_wall_time_but_where_the_clocks_skip_it(
    layer: Layer, zone: ZoneInfo, data: st.DataObject
) -> None:
    start, _ = spans(data.draw)
    shifts = resolve(ScheduleSpec(zone, (layer,)), start, start + timedelta(days=400))
    for shift in shifts[1:]:
        shown = shift.start.astimezone(zone)
        if shown.time() == layer.handoff:
            assert shown.fold == 0  # what comes twice is the first
            continue
        day_before, instant = shown.date() - timedelta(days=1), shift.start - timedelta(seconds=1)
        skipped = instant.astimezone(zone).replace(tzinfo=None), shown.replace(tzinfo=None)
        wished = [datetime.combine(day, layer.handoff) for day in (day_before, shown.date())]
        assert any(skipped[0] < wish < skipped[1] for wish in wished)


@a_few
@given(simple_layers, zones, instants)
def test_over_a_long_span_turns_differ_by_at_most_one(layer: Layer, zone: ZoneInfo, start: datetime) -> None:
    shifts = resolve(ScheduleSpec(zone, (layer,)), start, start + timedelta(days=3 * 365))
    turns = [s.user_id for s in shifts[1:-1]]
    counts = [turns.count(member.user_id) for member in layer.members]
    assert max(counts) - min(counts) <= 1
    order = [member.user_id for member in layer.members]
    assert all(order[(order.index(a) + 1) % len(order)] == b for a, b in pairwise(turns))
