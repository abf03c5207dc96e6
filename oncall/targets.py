"""Who fills a role of the matrix, at an instant, and why (R12, R52). The engine and the preview both ask here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from accounts.models import Team, User
from incidents.models import Incident
from oncall.models import EscalationRole, RoleTarget, Schedule
from oncall.rota import ScheduleSpec, Shift, load_specs, who

# How far a shift's end is looked for: beyond it a reason leaves "until" out.
AHEAD = timedelta(days=35)


@dataclass(frozen=True, slots=True)
class Target:
    """Somebody to page, with the reason as words: "Platform rota, layer Primary, until Mon 09:00 BST"."""

    user: User
    reason: str


def people_for(where: Incident | Team | None, role: str, at: datetime) -> list[list[Target]]:
    """Return who is asked in a role, first come first: primary, secondary, team.

    An empty inner list is a coverage gap: nobody fills that position at ``at``. A team's own rows for the role replace
    the general ones. Without any row for the on-call engineer the team's only schedule decides, and the team follows.
    Nobody is left out here who can no longer sign in: whoever pages them must notice, and say so.
    """
    team = responsible_team(where)
    rows = _rows(team, role)
    if rows:
        grouped = groupby(rows, key=lambda row: row.position)
        return _Filler(at, rows).fill([list(group) for _, group in grouped], role)
    if role == EscalationRole.ON_CALL and team is not None:
        return _by_team_schedule(team, at)
    return [[]]


def on_call_for(where: Incident | Team | None, at: datetime) -> list[User]:
    """Return the people who are on call for an incident or a team: those of the first position that is filled."""
    for position in people_for(where, EscalationRole.ON_CALL, at):
        able = [target.user for target in position if target.user.is_active]
        if able:
            return able
    return []


def on_call_now(teams: Iterable[Team], at: datetime) -> dict[int, list[Target]]:
    """Return who is first in line for the on-call engineer, by team; [] is a gap. A fixed number of queries."""
    teams = list(teams)
    stored = RoleTarget.objects.filter(role=EscalationRole.ON_CALL).select_related(
        "user", "schedule", "whole_team", "team"
    )
    by_team: dict[int | None, list[RoleTarget]] = {}
    for row in stored.order_by("position", "pk"):
        by_team.setdefault(row.team_id, []).append(row)
    own: dict[int | None, list[Schedule]] = {}
    for schedule in Schedule.objects.filter(team__in=[team.pk for team in teams]):
        own.setdefault(schedule.team_id, []).append(schedule)
    first: dict[int, list[RoleTarget]] = {}
    for team in teams:
        rows = by_team.get(team.pk) or by_team.get(None) or _only_schedule(own.get(team.pk, []))
        first[team.pk] = [row for row in rows if row.position == rows[0].position]
    filler = _Filler(at, [row for rows in first.values() for row in rows])
    return {pk: filler.fill([rows], EscalationRole.ON_CALL)[0] for pk, rows in first.items()}


def _only_schedule(schedules: list[Schedule]) -> list[RoleTarget]:
    """Return the row that a team without rows has: its schedule, if it has exactly one."""
    if len(schedules) != 1:
        return []
    return [RoleTarget(role=EscalationRole.ON_CALL, position=0, schedule=schedules[0])]


def responsible_team(where: Incident | Team | None) -> Team | None:
    """Return the team of an incident, else the default team, so that somebody is always asked."""
    team = where.team if isinstance(where, Incident) else where
    return team or Team.objects.filter(is_default=True).first()


def _rows(team: Team | None, role: str) -> list[RoleTarget]:
    """Return the rows that count: the team's own if there are any, else those for every team."""
    rows = RoleTarget.objects.filter(role=role).select_related("user", "schedule", "whole_team", "team")
    ordered = rows.order_by("position", "pk")
    own = list(ordered.filter(team=team)) if team else []
    return own or list(ordered.filter(team=None))


def _by_team_schedule(team: Team, at: datetime) -> list[list[Target]]:
    rows = _only_schedule(list(Schedule.objects.filter(team=team)[:2]))
    if not rows:
        return [[]]
    rows.append(RoleTarget(role=EscalationRole.ON_CALL, position=1, whole_team=team))
    return _Filler(at, rows).fill([[row] for row in rows], EscalationRole.ON_CALL)


class _Filler:
    """Turns rows into people, reading each table once however many rows there are."""

    def __init__(self, at: datetime, rows: Sequence[RoleTarget]) -> None:
        self.at = at
        schedules = {row.schedule_id for row in rows if row.schedule_id}
        self.specs = load_specs(schedules, at, at + AHEAD) if schedules else {}
        self.shifts = {pk: who(spec, at, ahead=AHEAD) for pk, spec in self.specs.items()}
        wanted = {shift.user_id for shifts in self.shifts.values() for shift in shifts}
        self.users = User.objects.in_bulk([pk for pk in wanted if pk is not None]) if wanted else {}

    def fill(self, positions: Iterable[Iterable[RoleTarget]], role: str) -> list[list[Target]]:
        filled = [[target for row in rows for target in self._people(row, role)] for rows in positions]
        return [list({target.user.pk: target for target in people}.values()) for people in filled]

    def _people(self, row: RoleTarget, role: str) -> list[Target]:
        if row.user is not None:
            of = f" of {row.team}" if row.team else ""
            return [Target(row.user, f"{EscalationRole(role).label}{of}")]
        if row.whole_team is not None:
            members = row.whole_team.members.filter(is_active=True)
            return [Target(user, f"everybody in {row.whole_team}") for user in members]
        return self._on_shift(row.schedule) if row.schedule else []

    def _on_shift(self, schedule: Schedule) -> list[Target]:
        return [
            Target(
                self.users[shift.user_id], shift_words(schedule.name, self.specs[schedule.pk], shift, self.at)
            )
            for shift in self.shifts.get(schedule.pk, [])
            if shift.user_id in self.users
        ]


def shift_words(name: str, spec: ScheduleSpec, shift: Shift, at: datetime) -> str:
    """Return why somebody is on call: "Platform rota, layer Primary, until Mon 09:00 BST"."""
    rota = name if name.lower().endswith(("rota", "schedule")) else f"{name} rota"
    words = f"{rota}, {shift.source}"
    return words if shift.end >= at + AHEAD else f"{words}, until {until_words(shift.end, spec.zone, at)}"


def until_words(end: datetime, zone: ZoneInfo, at: datetime) -> str:
    """Return an end as people say it, in the rota's zone: "Mon 09:00 BST", "Mon 6 Apr 09:00 BST" from six days on."""
    local = end.astimezone(zone)
    day = f"{local:%a}" if end - at < timedelta(days=6) else f"{local:%a} {local.day} {local:%b}"
    return f"{day} {local:%H:%M} {local.tzname()}"
