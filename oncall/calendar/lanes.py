"""One lane for each schedule: its shifts as bars across the days. Each schedule is resolved once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from accounts import calendars
from accounts.models import User
from oncall.calendar.days import DAY, LocalDay, local_days, midnight, place
from oncall.calendar.frame import WEEK, Frame
from oncall.models import Override, Schedule
from oncall.rota import Shift, load_specs, resolve

HUES = 8
# More than this nobody can tell apart in a month: a rotation by the hour is for the week's and the day's view.
MOST_BARS = 300
_MARKS = {
    "override": ("pencil", "Override"),
    "swap": ("arrow-left-right", "Swap"),
    "pager taken": ("hand", "Pager taken"),
    "fixed": ("pin", "Fixed shifts"),
}


@dataclass(frozen=True, slots=True)
class Bar:
    """A shift within the days that are shown; ``column`` to ``until`` are lines of the lane's grid, from 1."""

    shift: Shift
    person: User | None
    zone: ZoneInfo
    column: int
    until: int
    is_mine: bool = False
    is_over: bool = False
    is_now: bool = False
    went_before: bool = False
    goes_on: bool = False
    override: Override | None = None

    @property
    def is_gap(self) -> bool:
        return self.person is None or not self.person.is_active

    @property
    def hue(self) -> int:
        return self.shift.user_id % HUES if self.shift.user_id else 0

    @property
    def mark(self) -> tuple[str, str]:
        """Return icon and word of what is not the rota's own turn; empty for that."""
        return _MARKS.get(self.shift.source.split(":")[0], ("", ""))

    @property
    def start(self) -> datetime:
        return self.shift.start.astimezone(self.zone)

    @property
    def end(self) -> datetime:
        return self.shift.end.astimezone(self.zone)

    def clock_in(self, day: LocalDay) -> str:
        """Return the bar's part of a day: "09:00 – 17:00", "09:00 –", "– 09:00" or "all day"."""
        begins, ends = self.shift.start > day.start, self.shift.end < day.end
        if not begins and not ends:
            return "all day"
        return (
            f"{self.start:%H:%M} – {self.end:%H:%M}"
            if begins and ends
            else (f"{self.start:%H:%M} –" if begins else f"– {self.end:%H:%M}")
        )

    @property
    def who(self) -> str:
        if self.person is None:
            return "Nobody on call"
        return str(self.person) if self.person.is_active else f"{self.person} (cannot sign in)"

    @property
    def query(self) -> str:
        """Return what the form for an override of this shift is told: its instants, and whose time to show."""
        return urlencode(
            {"start": _instant(self.shift.start), "end": _instant(self.shift.end), "zone": self.zone.key}
        )

    @property
    def span(self) -> str:
        """Return "Mon 23 Mar 09:00 – Mon 30 Mar 09:00 BST"; the zone's name twice where the clocks change between.

        "…" stands for an end that lies beyond the days that were looked at.
        """
        start, end = self.start, self.end
        name = f" {start.tzname()}" if start.utcoffset() != end.utcoffset() or self.goes_on else ""
        first = "…" if self.went_before else f"{start:%a} {start.day} {start:%b %H:%M}{name}"
        return f"{first} – …" if self.goes_on else f"{first} – {end:%a} {end.day} {end:%b %H:%M %Z}"


@dataclass(frozen=True, slots=True)
class Lane:
    """A schedule in the days that are shown."""

    schedule: Schedule
    zone: ZoneInfo
    days: tuple[LocalDay, ...]
    bars: list[Bar]
    holidays: dict[date, str] = field(default_factory=dict)
    all_bars: list[Bar] = field(default_factory=list)
    overrides: list[Override] = field(default_factory=list)
    is_crowded: bool = False

    @property
    def gaps(self) -> list[Bar]:
        return [bar for bar in self.bars if bar.is_gap and not bar.is_over]

    @property
    def own_changes(self) -> list[str]:
        """Return the clock changes of the schedule's own zone, where that is not the one that is shown."""
        own = ZoneInfo(self.schedule.time_zone) if self.schedule.time_zone != self.zone.key else None
        if own is None:
            return []
        days = local_days(own, self.days[0].date, len(self.days))
        return [f"{d.date:%a} {d.date.day} {d.date:%b}: {d.change.words}" for d in days if d.change]

    def within(self, day: LocalDay) -> list[Bar]:
        """Return the bars that touch a day, in order."""
        return [bar for bar in self.all_bars if bar.shift.start < day.end and bar.shift.end > day.start]


def lanes(frame: Frame, schedules: Iterable[Schedule], *, now: datetime, viewer: User | None) -> list[Lane]:
    """Return a lane for each schedule, over the frame's days and the week around its date.

    The number of queries does not depend on how many there are; each is resolved once.
    """
    rows = list(schedules)
    spans = {row.pk: _span(frame, frame.zone_for(row)) for row in rows}
    if not rows:
        return []
    start, end = min(s for s, _ in spans.values()), max(e for _, e in spans.values())
    specs = load_specs(spans, start, end)
    shifts = {pk: resolve(spec, *spans[pk]) for pk, spec in specs.items()}
    people = User.objects.in_bulk({s.user_id for found in shifts.values() for s in found if s.user_id})
    overrides = _overrides(spans, start, end)
    free = calendars.of_teams({row.team_id for row in rows})
    builder = _Builder(frame, people, overrides, now, viewer)
    return [
        builder.lane(
            row, shifts.get(row.pk, []), calendars.holiday_names(free[row.team_id], frame.first, frame.last)
        )
        for row in rows
    ]


def _span(frame: Frame, zone: ZoneInfo) -> tuple[datetime, datetime]:
    first, last = min(frame.first, frame.monday), max(frame.last, frame.monday + (WEEK - 1) * DAY)
    return midnight(zone, first), midnight(zone, last + DAY)


def _overrides(schedules: Iterable[int], start: datetime, end: datetime) -> dict[int, list[Override]]:
    """Return the overrides of each schedule in an interval, the later ones first."""
    found: dict[int, list[Override]] = {pk: [] for pk in schedules}
    rows = Override.objects.filter(schedule__in=list(found), starts_at__lt=end, ends_at__gt=start)
    for row in rows.select_related("user", "replaces", "created_by", "schedule").order_by("-pk"):
        found[row.schedule_id].append(row)
    return found


@dataclass(frozen=True)
class _Builder:
    """Makes lanes of shifts."""

    frame: Frame
    people: dict[int, User]
    overrides: dict[int, list[Override]]
    now: datetime
    viewer: User | None

    def lane(self, schedule: Schedule, shifts: list[Shift], holidays: dict[date, str]) -> Lane:
        zone = self.frame.zone_for(schedule)
        days = local_days(zone, self.frame.first, self.frame.count)
        edges = _span(self.frame, zone)
        bars = [self._bar(schedule, shift, zone, edges) for shift in shifts]
        shown = [bar for bar in bars if bar.shift.start < days[-1].end and bar.shift.end > days[0].start]
        crowded = len(shown) > MOST_BARS
        if crowded:
            shown = [bar for bar in shown if bar.is_gap][:MOST_BARS]
        inside = [
            row
            for row in self.overrides[schedule.pk]
            if row.starts_at < days[-1].end and row.ends_at > days[0].start
        ]
        return Lane(schedule, zone, days, shown, holidays, bars, inside, crowded)

    def _bar(self, schedule: Schedule, shift: Shift, zone: ZoneInfo, edges: tuple[datetime, datetime]) -> Bar:
        frame = self.frame
        column = max(0, min(place(zone, frame.first, shift.start, frame.per_day), frame.columns - 1))
        until = min(frame.columns, place(zone, frame.first, shift.end, frame.per_day))
        return Bar(
            shift=shift,
            person=self.people.get(shift.user_id or 0),
            zone=zone,
            column=column + 1,
            until=max(until, column + 1) + 1,
            is_mine=self.viewer is not None and shift.user_id == self.viewer.pk,
            is_over=shift.end <= self.now,
            is_now=shift.start <= self.now < shift.end,
            went_before=shift.start <= edges[0],
            goes_on=shift.end >= edges[1],
            override=next(self._made_by(schedule, shift), None),
        )

    def _made_by(self, schedule: Schedule, shift: Shift) -> Iterator[Override]:
        if not shift.source.startswith(("override", "swap", "pager taken")):
            return
        for row in self.overrides[schedule.pk]:
            if row.user_id == shift.user_id and row.starts_at <= shift.start < row.ends_at:
                yield row


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
