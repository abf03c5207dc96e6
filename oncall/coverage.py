"""Who is on call now and next, team by team and rota by rota, and where nobody is. A fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Team, User
from oncall.models import Schedule
from oncall.rota import Shift, load_specs, resolve
from oncall.targets import Target, on_call_now


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
    """A shift with its person; without one it is a gap. ``is_now``: it is running."""

    shift: Shift
    person: User | None
    is_now: bool

    @property
    def is_gap(self) -> bool:
        return self.shift.user_id is None or self.person is None or not self.person.is_active


@dataclass(frozen=True, slots=True)
class Rota:
    """A schedule with its shifts of some days."""

    schedule: Schedule
    shifts: list[ShiftRow]


def teams_now(at: datetime) -> list[TeamNow]:
    """Return every team with who is on call for it; who can no longer sign in counts as nobody."""
    teams = list(Team.objects.order_by("name"))
    found = on_call_now(teams, at)
    return [TeamNow(team, [t for t in found[team.pk] if t.user.is_active]) for team in teams]


def shift_rows(shifts: list[Shift], at: datetime) -> list[ShiftRow]:
    """Return shifts with their people."""
    people = User.objects.in_bulk({shift.user_id for shift in shifts if shift.user_id is not None})
    return [ShiftRow(s, people.get(s.user_id or 0), s.start <= at < s.end) for s in shifts]


def rotas(schedules: Sequence[Schedule], start: datetime, end: datetime, now: datetime) -> list[Rota]:
    """Return schedules with their shifts between two instants, gaps included."""
    specs = load_specs([schedule.pk for schedule in schedules], start, end)
    shifts = {pk: resolve(spec, start, end) for pk, spec in specs.items()}
    rows = shift_rows([shift for found in shifts.values() for shift in found], now)
    by_shift = {id(row.shift): row for row in rows}
    return [Rota(row, [by_shift[id(s)] for s in shifts.get(row.pk, [])]) for row in schedules]
