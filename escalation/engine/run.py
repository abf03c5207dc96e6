"""An incident's escalation while one transaction works on it."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from accounts import calendars
from accounts.actor import Actor
from accounts.models import Team
from common.businesstime import ALWAYS, Calendar
from escalation.duetimes import RuleSpec
from escalation.engine.pace import PACES, Pace
from escalation.models import Escalation, EscalationRule
from incidents.models import Incident, Status

ENGINE = Actor.machine("Escalation")


@dataclass
class Run:
    """The held incident, its copy of the matrix, and the instant at which everything in it happens (UTC)."""

    incident: Incident
    escalation: Escalation
    now: datetime
    by: Actor = ENGINE
    # Whether something was armed in this transaction that goes on asking.
    goes_on: bool = False

    @cached_property
    def calendar(self) -> Calendar:
        """The business calendar of the team that is responsible, else the organisation's."""
        return calendars.for_team(self.incident.team or Team.objects.filter(is_default=True).first())

    @property
    def pace(self) -> Pace:
        return PACES[self.incident.severity]

    def after(self, start: datetime, minutes: int) -> datetime:
        """Return the UTC instant ``minutes`` after ``start`` on the pace's clock."""
        calendar = self.calendar if self.pace.business else ALWAYS  # the wall clock needs no calendar
        return self.pace.after(start, minutes, calendar)

    @property
    def mitigated(self) -> bool:
        return self.incident.status == Status.MONITORING

    def rule(self, role: str) -> RuleSpec | None:
        """Return the cell of the copied matrix for a role at the present severity."""
        return next((cell for cell in self.rules() if cell.role == role), None)

    def rules(self) -> list[RuleSpec]:
        """Return the four cells of the present severity, in the order in which the roles are paged."""
        return cells(self.escalation.matrix, self.incident.severity)


def hold(pk: int, *, skip_locked: bool = False) -> Incident | None:
    """Return the incident as it is now and keep everybody else's transaction off it until this one ends.

    Every step of an escalation begins here, so that a page and the acknowledgement that makes it needless cannot pass
    each other. SQLite has one writer at a time and needs no lock. ``skip_locked``: ``None`` if somebody else is at it.
    """
    rows = Incident.objects.select_for_update(of=("self",), no_key=True, skip_locked=skip_locked)
    return rows.select_related("team__calendar").filter(pk=pk).first()


def begin(pk: int, now: datetime, by: Actor = ENGINE, *, skip_locked: bool = False) -> Run | None:
    """Hold the incident and return its run, or ``None`` where nothing was ever escalated."""
    incident = hold(pk, skip_locked=skip_locked)
    escalation = Escalation.objects.filter(incident_id=pk).first()
    if incident is None or escalation is None:
        return None
    escalation.incident = incident
    return Run(incident, escalation, now, by)


def snapshot() -> list[dict[str, object]]:
    """Return the matrix's cells as plain values (R12): what is copied onto an incident."""
    order = {role: n for n, role in enumerate(("on_call", "team_lead", "manager", "executive"))}
    cells = sorted(EscalationRule.objects.all(), key=lambda rule: (rule.severity, order[rule.role]))
    return [RuleSpec.of(cell).as_json() for cell in cells]


def cells(matrix: list[dict[str, object]], severity: int) -> list[RuleSpec]:
    """Return a severity's cells of a copied matrix, in the order in which the roles are paged."""
    return [cell for cell in map(RuleSpec.from_json, matrix) if cell.severity == severity]
