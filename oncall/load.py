"""How much of being on call each person carries. The arithmetic is pure; ``report`` reads the shifts for it.

Nights (22:00 to 06:00), weekends (Saturday and Sunday) and holidays are those of the person's own zone: it is their
sleep. Who is on call for two schedules at once carries those hours once.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.module_loading import import_string

from accounts import calendars
from accounts.models import User
from common.businesstime import to_utc
from oncall.models import Schedule
from oncall.rota import load_specs, resolve

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
NIGHT_BEGINS, NIGHT_ENDS = time(22), time(6)
SATURDAY = 5
REST = timedelta(hours=11)

Span = tuple[datetime, datetime]
PagesBetween = Callable[[datetime, datetime], Iterable[tuple[int, datetime]]]


@dataclass(frozen=True, slots=True)
class Burden:
    """What spans on call amount to. ``nights`` counts nights with any part on call, ``night_time`` their length."""

    time: timedelta
    nights: int
    night_time: timedelta
    weekend_days: int
    weekend_time: timedelta
    holidays: int
    short_rests: int


@dataclass(frozen=True, slots=True)
class PersonLoad:
    """A person's burden in a period. ``share`` is their part of everybody's time, 0 to 1."""

    person: User
    burden: Burden
    pages: int
    night_pages: int
    share: float

    @property
    def hours(self) -> float:
        return round(self.burden.time / HOUR, 1)

    @property
    def night_hours(self) -> float:
        return round(self.burden.night_time / HOUR, 1)

    @property
    def weekend_hours(self) -> float:
        return round(self.burden.weekend_time / HOUR, 1)

    @property
    def percent(self) -> int:
        return round(self.share * 100)


@dataclass(frozen=True, slots=True)
class Report:
    """The load of everybody who was on call or was paged, the heaviest first; ``gap`` is when nobody was on call."""

    start: datetime
    end: datetime
    rows: list[PersonLoad]
    gap: timedelta

    @property
    def fair_percent(self) -> int:
        """Return what each would carry if all of these people carried the same."""
        carrying = [row for row in self.rows if row.burden.time]
        return round(100 / len(carrying)) if carrying else 0

    @property
    def gap_hours(self) -> float:
        return round(self.gap / HOUR, 1)


def burden(spans: Iterable[Span], zone: ZoneInfo, holidays: Iterable[date] = ()) -> Burden:
    """Return what these spans on call (UTC) amount to for somebody who lives in ``zone``."""
    joined, days_off = join(spans), set(holidays)
    nights: dict[date, timedelta] = {}
    days: dict[date, timedelta] = {}
    for start, end in joined:
        first = start.astimezone(zone).date() - DAY  # a night belongs to the day on which it begins
        for number in range((end.astimezone(zone).date() - first).days + 1):
            day = first + number * DAY
            _count(nights, day, _overlap(start, end, *night_of(day, zone)))
            _count(days, day, _overlap(start, end, *_day_of(day, zone)))
    weekend = {day: length for day, length in days.items() if day.weekday() >= SATURDAY}
    return Burden(
        time=sum((end - start for start, end in joined), timedelta()),
        nights=len(nights),
        night_time=sum(nights.values(), timedelta()),
        weekend_days=len(weekend),
        weekend_time=sum(weekend.values(), timedelta()),
        holidays=len(days_off & set(days)),
        short_rests=sum(later[0] - earlier[1] < REST for earlier, later in pairwise(joined)),
    )


def join(spans: Iterable[Span]) -> list[Span]:
    """Return spans in order, as UTC, those that touch or overlap made one."""
    joined: list[Span] = []
    for start, end in sorted((a.astimezone(UTC), b.astimezone(UTC)) for a, b in spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        elif start < end:
            joined.append((start, end))
    return joined


@lru_cache(maxsize=4096)
def night_of(day: date, zone: ZoneInfo) -> Span:
    """Return the night that begins on a local date (UTC): seven hours or nine where the clocks change in it."""
    return to_utc(day, NIGHT_BEGINS, zone), to_utc(day + DAY, NIGHT_ENDS, zone, end=True)


def is_night(instant: datetime, zone: ZoneInfo) -> bool:
    """Return whether an instant lies in a night of the zone."""
    wall = instant.astimezone(zone).time()
    return wall >= NIGHT_BEGINS or wall < NIGHT_ENDS


@lru_cache(maxsize=4096)
def _day_of(day: date, zone: ZoneInfo) -> Span:
    return to_utc(day, time(0), zone), to_utc(day + DAY, time(0), zone)


def _overlap(start: datetime, end: datetime, opens: datetime, closes: datetime) -> timedelta:
    return max(min(end, closes) - max(start, opens), timedelta())


def _count(found: dict[date, timedelta], day: date, length: timedelta) -> None:
    if length:
        found[day] = found.get(day, timedelta()) + length


@dataclass(slots=True)
class _Carried:
    """A person's spans and holidays while they are gathered."""

    spans: list[Span] = field(default_factory=list)
    holidays: set[date] = field(default_factory=set)
    pages: list[datetime] = field(default_factory=list)


def report(schedules: Sequence[Schedule], start: datetime, end: datetime) -> Report:
    """Return the load between two instants by these schedules; pages count whatever schedule led to them.

    A holiday is one of the calendar of the team whose schedule it is. The number of queries does not depend on how
    many schedules or people there are.
    """
    carried, gap = _gathered(schedules, start, end)
    for user, at in import_string(settings.PAGES_BETWEEN)(start, end):
        carried.setdefault(user, _Carried()).pages.append(at)
    people = User.objects.in_bulk(carried)
    loads = {
        pk: burden(carried[pk].spans, person.zone, carried[pk].holidays) for pk, person in people.items()
    }
    total = sum((load.time for load in loads.values()), timedelta())
    rows = [
        PersonLoad(
            person=person,
            burden=loads[pk],
            pages=len(carried[pk].pages),
            night_pages=sum(is_night(at, person.zone) for at in carried[pk].pages),
            share=loads[pk].time / total if total else 0.0,
        )
        for pk, person in people.items()
    ]
    return Report(
        start, end, sorted(rows, key=lambda row: (-row.burden.time, str(row.person), row.person.pk)), gap
    )


def _gathered(
    schedules: Sequence[Schedule], start: datetime, end: datetime
) -> tuple[dict[int, _Carried], timedelta]:
    """Return each person's spans with the holidays of those schedules, and for how long nobody was on call."""
    carried: dict[int, _Carried] = {}
    gap = timedelta()
    specs = load_specs([schedule.pk for schedule in schedules], start, end) if schedules else {}
    found = calendars.of_teams({schedule.team_id for schedule in schedules}) if schedules else {}
    for schedule in schedules:
        calendar = found[schedule.team_id]
        days_off = calendars.holidays_between(calendar, (start - DAY).date(), (end + DAY).date())
        for shift in resolve(specs[schedule.pk], start, end) if schedule.pk in specs else ():
            if shift.user_id is None:
                gap += shift.end - shift.start
                continue
            mine = carried.setdefault(shift.user_id, _Carried())
            mine.spans.append((shift.start, shift.end))
            mine.holidays |= days_off
    return carried, gap
