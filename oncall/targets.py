"""Who fills a role of the matrix, at an instant, and why (R12, R52). The engine and the preview both ask here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from django.db.models import Q

from accounts.models import Team, User
from incidents.models import Incident
from oncall.models import EscalationRole, RoleTarget, Schedule
from oncall.rota import ScheduleSpec, Shift, load_specs, who

# How far a shift's end is looked for: beyond it a reason leaves "until" out.
AHEAD = timedelta(days=35)
ROLES = [str(role) for role in EscalationRole.values]


@dataclass(frozen=True, slots=True)
class Target:
    """Somebody to page, with the reason as words: "Platform rota, layer Primary, until Mon 09:00 BST".

    ``origin`` says in one word where that comes from: "person" or "team" of the role itself; of a rota "layer",
    "calendar" (a layer that follows another calendar), "override", "swap", "taken" (the pager was) or "fixed".
    """

    user: User
    reason: str
    origin: str = field(default="", compare=False)


class Roster:
    """Who fills the roles of a team at any instant from ``start`` on, for readers that ask for many of them.

    Each table is read once, however many instants, roles and people there are; once more for each ``AHEAD`` that an
    instant lies further away.
    """

    def __init__(self, where: Incident | Team | None, start: datetime, roles: Iterable[str] = ROLES) -> None:
        self.team = responsible_team(where)
        self._rows = _rows(self.team, list(roles))
        self._read(start, start + AHEAD)

    def people_for(self, role: str, at: datetime) -> list[list[Target]]:
        """Return what ``people_for`` returns."""
        if not self._start <= at <= self._until:
            self._read(at, at + AHEAD)
        return self._filler.positions(self._rows[role], role, at)

    def _read(self, start: datetime, until: datetime) -> None:
        self._start, self._until = start, until
        self._filler = _Filler([row for rows in self._rows.values() for row in rows], start, until)


def people_for(where: Incident | Team | None, role: str, at: datetime) -> list[list[Target]]:
    """Return who is asked in a role, first come first: primary, secondary, team.

    An empty inner list is a coverage gap: nobody fills that position at ``at``. A team's own rows for the role replace
    the general ones. Without any row for the on-call engineer the team's only schedule decides, and the team follows.
    Nobody is left out here who can no longer sign in: whoever pages them must notice, and say so.
    """
    rows = _rows(responsible_team(where), [role])[role]
    return _Filler(rows, at, at).positions(rows, role, at)


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
    filler = _Filler([row for rows in first.values() for row in rows], at, at)
    return {pk: filler.positions(rows, EscalationRole.ON_CALL, at)[0] for pk, rows in first.items()}


def _only_schedule(schedules: list[Schedule]) -> list[RoleTarget]:
    """Return the row that a team without rows has: its schedule, if it has exactly one."""
    if len(schedules) != 1:
        return []
    return [RoleTarget(role=EscalationRole.ON_CALL, position=0, schedule=schedules[0])]


def responsible_team(where: Incident | Team | None) -> Team | None:
    """Return the team of an incident, else the default team, so that somebody is always asked."""
    team = where.team if isinstance(where, Incident) else where
    return team or Team.objects.filter(is_default=True).first()


def _rows(team: Team | None, roles: Sequence[str]) -> dict[str, list[RoleTarget]]:
    """Return each role's rows that count: the team's own if there are any, else those for every team."""
    rows = RoleTarget.objects.filter(Q(team=team) | Q(team=None), role__in=roles)
    stored = list(rows.select_related("user", "schedule", "whole_team", "team").order_by("position", "pk"))
    found = {}
    for role in roles:
        of_role = [row for row in stored if row.role == role]
        found[role] = [row for row in of_role if row.team_id] or of_role
    if found.get(EscalationRole.ON_CALL) == [] and team is not None:
        found[EscalationRole.ON_CALL] = _by_team_schedule(team)
    return found


def _by_team_schedule(team: Team) -> list[RoleTarget]:
    rows = _only_schedule(list(Schedule.objects.filter(team=team)[:2]))
    return [*rows, RoleTarget(role=EscalationRole.ON_CALL, position=1, whole_team=team)] if rows else []


class _Filler:
    """Turns rows into people at any instant of a span, reading each table once however many rows there are."""

    def __init__(self, rows: Sequence[RoleTarget], start: datetime, until: datetime) -> None:
        schedules = {row.schedule_id for row in rows if row.schedule_id}
        self.specs = load_specs(schedules, start, until + AHEAD) if schedules else {}
        self._shifts: dict[tuple[int, datetime], list[Shift]] = {}
        self._members: dict[int, list[User]] = {}
        wanted = self._mentioned() if until > start else self._on_call(start)
        self.users = User.objects.in_bulk(wanted) if wanted else {}

    def positions(self, rows: Sequence[RoleTarget], role: str, at: datetime) -> list[list[Target]]:
        """Return the people of each position, each person once; a role without rows is one gap."""
        grouped = groupby(rows, key=lambda row: row.position)
        filled = [[target for row in group for target in self._people(row, role, at)] for _, group in grouped]
        return [list({target.user.pk: target for target in people}.values()) for people in filled] or [[]]

    def _mentioned(self) -> set[int]:
        """Return everybody whom these rotas name: whoever is on call at some time is among them."""
        found: set[int | None] = set()
        for spec in self.specs.values():
            found |= {override.user_id for override in spec.overrides}
            found |= {given.user_id for fixed in spec.fixed for given in fixed.shifts}
            for layer in spec.layers:
                found |= {member.user_id for member in layer.members}
                found |= {given.user_id for given in layer.shifts}
        return {pk for pk in found if pk is not None}

    def _on_call(self, at: datetime) -> set[int]:
        shifts = [shift for schedule in self.specs for shift in self._running(schedule, at)]
        return {shift.user_id for shift in shifts if shift.user_id is not None}

    def _running(self, schedule: int, at: datetime) -> list[Shift]:
        if schedule not in self.specs:
            return []
        if (schedule, at) not in self._shifts:
            self._shifts[schedule, at] = who(self.specs[schedule], at, ahead=AHEAD)
        return self._shifts[schedule, at]

    def _people(self, row: RoleTarget, role: str, at: datetime) -> list[Target]:
        if row.user is not None:
            of = f" of {row.team}" if row.team else ""
            return [Target(row.user, f"{EscalationRole(role).label}{of}", "person")]
        if row.whole_team is not None:
            team = row.whole_team
            if team.pk not in self._members:
                self._members[team.pk] = list(team.members.filter(is_active=True))
            return [Target(user, f"everybody in {team}", "team") for user in self._members[team.pk]]
        return self._on_shift(row.schedule, at) if row.schedule else []

    def _on_shift(self, schedule: Schedule, at: datetime) -> list[Target]:
        spec = self.specs.get(schedule.pk)
        return [
            Target(
                self.users[shift.user_id],
                shift_words(schedule.name, spec, shift, at),
                origin_of(spec, shift, at),
            )
            for shift in self._running(schedule.pk, at)
            if spec is not None and shift.user_id in self.users
        ]


def origin_of(spec: ScheduleSpec, shift: Shift, at: datetime) -> str:
    """Return where a shift comes from, as ``Target.origin`` names it."""
    for start, origin in _ORIGINS.items():
        if shift.source.startswith(start):
            return origin
    followed = {
        layer.name
        for layer in spec.layers
        if layer.mode == "calendar"
        and layer.effective_from <= at
        and (layer.effective_until is None or at < layer.effective_until)
    }
    return "calendar" if shift.source.removeprefix("layer ") in followed else "layer"


# As oncall.rota begins the source of a shift that is not a layer's.
_ORIGINS = {"override": "override", "swap": "swap", "pager taken": "taken", "fixed": "fixed"}


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
