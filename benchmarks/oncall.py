"""On-call: a year of a large rota resolved, beside dateutil; and the page of many rotas."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time
from itertools import cycle, pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from dateutil import rrule
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import User
from benchmarks.pages import visit
from benchmarks.table import Row
from common.businesstime import to_utc
from oncall.models import Layer as StoredLayer
from oncall.models import LayerMember, Schedule
from oncall.models import Override as StoredOverride
from oncall.rota import Given, Layer, Member, Override, ScheduleSpec, Window, resolve

ZONE = ZoneInfo("Europe/London")
START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
MONDAY = date(2025, 12, 29)
TIMES = 7
DAY = timedelta(days=1)
FREQUENCIES: dict[str, Literal[1, 2, 3, 4]] = {
    "hour": rrule.HOURLY,
    "day": rrule.DAILY,
    "week": rrule.WEEKLY,
    "month": rrule.MONTHLY,
}


def measure() -> list[Row]:
    """Return the time of a resolved year and its ratio to dateutil's, and of the page of five and of fifty rotas."""
    return [*_year(), *_many_overrides(), *_pages()]


def _year() -> list[Row]:
    spec = _large_rota()
    shifts = resolve(spec, START, END)
    if resolve(_by_rrule(spec), START, END) != shifts:
        raise RuntimeError("dateutil's turns are others")
    own = _best(lambda: resolve(spec, START, END))
    theirs = _best(lambda: resolve(_by_rrule(spec), START, END))
    what = "a year of 4 layers, 20 people, 200 overrides"
    return [
        Row(
            what,
            f"{own:.0f} ms",
            f"{len(shifts):,} shifts; {own / theirs:.2f} × the same with dateutil's turns",
        ),
        Row("the same with turns from dateutil.rrule", f"{theirs:.0f} ms"),
    ]


def _large_rota() -> ScheduleSpec:
    """Return four layers of twenty people: weeks, working days, nights in halves, and months behind all of them."""
    nights = tuple(Window(day, wall_time(22), wall_time(6)) for day in range(7))
    working_days = tuple(Window(day, wall_time(9), wall_time(17)) for day in range(5))
    layers = (
        _layer("Nights", priority=3, unit="hour", interval=12, windows=nights),
        _layer("Office", priority=2, unit="day", windows=working_days),
        _layer("Week", priority=1),
        _layer("Month", unit="month"),
    )
    overrides = tuple(
        Override(
            "replace" if number % 3 else "add",
            1 + number * 7 % 20,
            START + number * timedelta(hours=43),
            START + number * timedelta(hours=43) + timedelta(hours=10),
        )
        for number in range(200)
    )
    return ScheduleSpec(ZONE, layers, overrides)


def _layer(name: str, **fields: object) -> Layer:
    people = tuple(Member(number) for number in range(1, 21))
    made = Layer(name=name, anchor=MONDAY, effective_from=datetime(2025, 1, 1, tzinfo=UTC), members=people)
    return replace(made, **fields)  # type: ignore[arg-type]


def _by_rrule(spec: ScheduleSpec) -> ScheduleSpec:
    """Return the schedule with each rotation's turns written down, one by one, as dateutil finds them."""
    written = (replace(layer, mode="calendar", shifts=tuple(_turns(layer))) for layer in spec.layers)
    return replace(spec, layers=tuple(written))


def _turns(layer: Layer) -> Iterator[Given]:
    first = datetime.combine(layer.anchor, layer.handoff)
    rule = rrule.rrule(
        FREQUENCIES[layer.unit],
        interval=layer.interval,
        dtstart=first,
        until=datetime(2027, 3, 1),  # noqa: DTZ001
    )
    handoffs = (to_utc(wall.date(), wall.time(), ZONE) for wall in rule)
    for (begin, finish), member in zip(pairwise(handoffs), cycle(layer.members), strict=False):
        yield Given(member.user_id or 0, begin, finish)


def _many_overrides() -> list[Row]:
    spec = _large_rota()
    many = tuple(
        Override("replace", 1 + number % 20, START + number * DAY / 20, START + (number + 30) * DAY / 20)
        for number in range(10_000)
    )
    spec = replace(spec, overrides=many)
    week = _best(lambda: resolve(spec, START + 100 * DAY, START + 107 * DAY))
    return [Row("a week of that rota with 10,000 overrides", f"{week:.0f} ms")]


def _best(work: Callable[[], object]) -> float:
    """Return the best of some times, in milliseconds: what else the machine does is no part of it."""
    times = []
    for _ in range(TIMES):
        begin = time.perf_counter()
        work()
        times.append((time.perf_counter() - begin) * 1000)
    return min(times)


def _pages() -> list[Row]:
    client = Client(HTTP_HOST=settings.ALLOWED_HOSTS[0])
    client.force_login(User.objects.get(username="alice"))
    rows, first = [], 0.0
    for count in (5, 50):
        _grow_to(count)
        queries, milliseconds = visit(client, "/on-call/")
        growth = f"{milliseconds / first:.1f} × the smallest" if first else ""
        first = first or milliseconds
        rows.append(
            Row(f"on-call page, {count} schedules", f"{milliseconds:.0f} ms, {queries} queries", growth)
        )
    return rows


def _grow_to(count: int) -> None:
    """Add weekly rotas with an override each until there are this many."""
    people, now = list(User.objects.filter(is_active=True)), timezone.now()
    for number in range(Schedule.objects.count(), count):
        schedule = Schedule.objects.create(
            name=f"Rota {number}", slug=f"rota-{number}", time_zone="Europe/London"
        )
        layer = StoredLayer.objects.create(
            schedule=schedule, anchor_date=MONDAY, effective_from=now - timedelta(weeks=50)
        )
        LayerMember.objects.bulk_create(
            LayerMember(layer=layer, user=user, position=place) for place, user in enumerate(people)
        )
        StoredOverride.objects.create(
            schedule=schedule, user=people[0], starts_at=now + DAY, ends_at=now + 2 * DAY
        )
