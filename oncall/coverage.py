"""Who is on call now and next, team by team and rota by rota, and where nobody is. A fixed number of queries."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import Team, User
from oncall.models import Schedule
from oncall.rota import Shift, load_specs, resolve
from oncall.targets import Target, on_call_now

AHEAD = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class TeamNow:
    """A team and who is first in line for it; nobody is a gap."""

    team: Team
    people: list[Target]

    @property
    def is_gap(self) -> bool:
        return not self.people


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """A shift with its person; without one it is a gap. ``is_now``: it is running; ``is_cut``: it goes on after it."""

    shift: Shift
    person: User | None
    is_now: bool
    is_cut: bool = False

    @property
    def is_gap(self) -> bool:
        return self.shift.user_id is None or self.person is None or not self.person.is_active


@dataclass(frozen=True, slots=True)
class Rota:
    """A schedule with its shifts of the coming days."""

    schedule: Schedule
    shifts: list[ShiftRow]

    @property
    def has_gap(self) -> bool:
        return any(row.is_gap for row in self.shifts)

    @property
    def now(self) -> list[ShiftRow]:
        return [row for row in self.shifts if row.is_now]


def teams_now(at: datetime) -> list[TeamNow]:
    """Return every team with who is on call for it; who can no longer sign in counts as nobody."""
    teams = list(Team.objects.order_by("name"))
    found = on_call_now(teams, at)
    return [TeamNow(team, [t for t in found[team.pk] if t.user.is_active]) for team in teams]


def shift_rows(shifts: list[Shift], at: datetime) -> list[ShiftRow]:
    """Return shifts with their people."""
    people = User.objects.in_bulk({shift.user_id for shift in shifts if shift.user_id is not None})
    return [ShiftRow(s, people.get(s.user_id or 0), s.start <= at < s.end) for s in shifts]


def rotas(at: datetime, ahead: timedelta = AHEAD) -> list[Rota]:
    """Return every schedule with its shifts from ``at`` on, gaps included."""
    schedules = list(Schedule.objects.select_related("team").order_by("team__name", "name"))
    specs = load_specs([schedule.pk for schedule in schedules], at, at + ahead)
    shifts = {pk: resolve(spec, at, at + ahead) for pk, spec in specs.items()}
    people = User.objects.in_bulk(
        {s.user_id for found in shifts.values() for s in found if s.user_id is not None}
    )
    return [
        Rota(
            schedule,
            [
                ShiftRow(s, people.get(s.user_id or 0), s.start <= at, s.end >= at + ahead)
                for s in shifts.get(schedule.pk, [])
            ],
        )
        for schedule in schedules
    ]
