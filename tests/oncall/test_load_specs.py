"""A stored schedule as the pure function sees it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import BusinessCalendar, SpecialDay, Team, User
from oncall.models import FixedSchedule, FixedShift, ForeignCalendar, ForeignShift, Override, Schedule
from oncall.rota import load_spec, load_specs, resolve
from tests import builders
from tests.builders import NOON

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)


def vendor() -> ForeignCalendar:
    return ForeignCalendar.objects.create(
        purpose="shifts", name="Vendor", url="https://calendar.example/a", due_at=NOON
    )


def answers(rota: Schedule, start: datetime, end: datetime) -> list[tuple[str, str, str]]:
    people = {user.pk: user.name for user in User.objects.all()}
    shifts = resolve(load_spec(rota, start, end), start, end)
    return [(f"{s.start:%a %H:%M}", people.get(s.user_id or 0, "nobody"), s.source) for s in shifts]


def test_swaps_fixed_schedules_and_overrides_come_with_the_schedule(
    alice: User, bob: User, carol: User, dave: User
) -> None:
    rota = builders.rota("Platform", alice)
    fixed = FixedSchedule.objects.create(
        schedule=rota, starts_at=NOON + DAY, ends_at=NOON + 3 * DAY, reason="launch"
    )
    FixedShift.objects.create(fixed_schedule=fixed, user=bob, starts_at=NOON + DAY, ends_at=NOON + 3 * DAY)
    Override.objects.create(
        schedule=rota, user=dave, starts_at=NOON + 2 * DAY, ends_at=NOON + 3 * DAY, origin="taken"
    )
    Override.objects.create(schedule=rota, user=carol, starts_at=NOON, ends_at=NOON + 3 * DAY, origin="swap")
    assert answers(rota, NOON - DAY, NOON + 4 * DAY) == [
        ("Tue 12:00", "Alice", "layer Primary"),
        ("Wed 12:00", "Carol", "swap"),
        ("Fri 12:00", "Dave", "pager taken"),
        ("Sat 12:00", "Alice", "layer Primary"),
    ]
    Override.objects.filter(origin="swap").delete()
    assert answers(rota, NOON + DAY, NOON + 2 * DAY) == [("Thu 12:00", "Bob", "fixed: launch")]


def test_a_foreign_calendar_is_a_layer(alice: User, bob: User) -> None:
    rota, calendar = builders.rota("Platform", alice), vendor()
    ForeignShift.objects.create(calendar=calendar, user=bob, starts_at=NOON, ends_at=NOON + DAY)
    builders.layer(rota, mode="calendar", feed=calendar, name="Vendor", priority=1)
    assert answers(rota, NOON - DAY, NOON + 2 * DAY) == [
        ("Tue 12:00", "Alice", "layer Primary"),
        ("Wed 12:00", "Bob", "layer Vendor"),
        ("Thu 12:00", "Alice", "layer Primary"),
    ]


@pytest.fixture
def london() -> Team:
    calendar = BusinessCalendar.objects.create(name="London", country="GB", subdivision="ENG")
    SpecialDay.objects.create(calendar=calendar, date=date(2026, 3, 27), name="Company day")
    SpecialDay.objects.create(
        calendar=calendar, date=date(2026, 4, 6), name="Half day", opens="09:00", closes="12:00"
    )
    return builders.team("Platform", calendar=calendar)


def test_holidays_are_those_of_the_teams_calendar(london: Team, alice: User, bob: User) -> None:
    rota = builders.rota("Platform", alice, team=london, holidays="off")
    builders.layer(rota, bob, name="Holidays", holidays="only", priority=1)
    start, end = datetime(2026, 3, 26, tzinfo=UTC), datetime(2026, 4, 8, tzinfo=UTC)
    assert answers(rota, start, end) == [
        ("Thu 00:00", "Alice", "layer Primary"),
        ("Fri 00:00", "Bob", "layer Holidays"),  # an own day off
        ("Sat 00:00", "Alice", "layer Primary"),
        ("Thu 23:00", "Bob", "layer Holidays"),  # Good Friday; midnight is an hour ahead
        ("Fri 23:00", "Alice", "layer Primary"),  # Easter Monday has hours of its own, so it is no holiday
    ]


def test_without_a_calendar_no_day_is_a_holiday(alice: User) -> None:
    rota = builders.rota("Platform", alice, holidays="off")
    assert [who for _, who, _ in answers(rota, NOON, NOON + 2 * WEEK)] == ["Alice"]


def test_reading_takes_the_same_queries_for_one_schedule_and_for_many(london: Team, alice: User) -> None:
    calendar = vendor()
    counts = []
    for number in range(6):
        rota = builders.rota(f"Rota {number}", alice, team=london, holidays="off")
        builders.layer(rota, mode="calendar", feed=calendar)
        ForeignShift.objects.create(calendar=calendar, user=alice, starts_at=NOON, ends_at=NOON + DAY)
        FixedSchedule.objects.create(schedule=rota, starts_at=NOON, ends_at=NOON + DAY)
        Override.objects.create(schedule=rota, user=alice, starts_at=NOON, ends_at=NOON + DAY)
        pks = list(Schedule.objects.values_list("pk", flat=True))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert len(load_specs(pks, NOON, NOON + WEEK)) == number + 1
        counts.append(len(queries))
    assert len(set(counts)) == 1


def test_what_lies_outside_the_interval_is_not_read(alice: User, bob: User) -> None:
    rota = builders.rota("Platform", alice)
    Override.objects.bulk_create(
        Override(schedule=rota, user=bob, starts_at=NOON + n * DAY, ends_at=NOON + (n + 1) * DAY)
        for n in range(50)
    )
    assert len(load_spec(rota, NOON + 10 * DAY, NOON + 12 * DAY).overrides) == 2
