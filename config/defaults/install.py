"""Installs the default data without ever undoing what an admin did."""

from collections import Counter
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Model

from accounts.models import BusinessCalendar, BusinessHours, EmergencyContact, Qualification, Team
from communications.models import CadenceRule, UpdateTemplate
from config.defaults import people, process, wording
from escalation.models import EscalationRule
from incidents.models import (
    Component,
    DecisionPoint,
    GateDefinition,
    IncidentSettings,
    Phase,
    PhaseStep,
    RoleDefinition,
    SeverityDefinition,
    Symptom,
    TechnicalLevel,
)
from oncall.models import EscalationRole, RoleTarget

# Any row that an admin adds comes before it.
LAST_RESORT = 9


@transaction.atomic
def load() -> Counter[str]:
    """Create the default rows that are missing and return how many of each kind were created.

    What is there is never touched. A row with a key of its own (a severity, a role, a cell of the matrix) is
    created when its key is missing. A list whose wording belongs to the admin (symptoms, a phase's steps) is
    created together with what it hangs on, so that an edited or deleted line does not come back. Two
    processes at once wait for each other on the first severity's unique level.
    """
    made: Counter[str] = Counter()
    first_time = _severities(made)
    if first_time:
        _symptoms(made)
        _contacts(made)
    _roles(made)
    _phases(made)
    _gates(made)
    _matrix(made)
    _levels(made)
    _cadences(made)
    _templates(made)
    _organisation(made, first_time=first_time)
    return made


def _severities(made: Counter[str]) -> bool:
    """Create missing severities; return whether there were none at all."""
    created = [
        SeverityDefinition.objects.get_or_create(level=row["level"], defaults=row)[1]
        for row in people.SEVERITIES
    ]
    made["severities"] += sum(created)
    return all(created)


def _symptoms(made: Counter[str]) -> None:
    rows = [Symptom(position=position, **row) for position, row in enumerate(people.SYMPTOMS)]
    made["symptoms"] += len(Symptom.objects.bulk_create(rows, ignore_conflicts=True))


def _contacts(made: Counter[str]) -> None:
    """Create the contacts that the procedure names. They are incomplete, and readiness says so (R58)."""
    rows = [EmergencyContact(position=position, **row) for position, row in enumerate(people.CONTACTS)]
    made["emergency contacts"] += len(EmergencyContact.objects.bulk_create(rows, ignore_conflicts=True))


def _add_missing(made: Counter[str], kind: str, rows: Sequence[Model], *key: str) -> None:
    """Create those of ``rows`` whose key is not there yet, in one query. What an admin adds meanwhile is theirs."""
    objects = type(rows[0])._default_manager
    there = set(objects.values_list(*key))
    missing = [row for row in rows if tuple(getattr(row, name) for name in key) not in there]
    made[kind] += len(objects.bulk_create(missing, ignore_conflicts=True))


def _roles(made: Counter[str]) -> None:
    there = set(RoleDefinition.objects.values_list("key", flat=True))
    rows = []
    for position, row in enumerate(people.ROLES):
        if row["key"] in there:
            continue
        key = row.get("qualification")
        tag = None
        if key:
            name = people.QUALIFICATIONS[key]
            tag, _ = Qualification.objects.get_or_create(key=key, defaults={"name": name})
        rows.append(RoleDefinition(**{**row, "qualification": tag, "position": position}))
    made["roles"] += len(RoleDefinition.objects.bulk_create(rows, ignore_conflicts=True))


def _phases(made: Counter[str]) -> None:
    steps, points = [], []
    for position, row in enumerate(process.PHASES):
        phase, created = Phase.objects.get_or_create(key=row["key"], defaults={**row, "position": position})
        if not created:
            continue
        made["phases"] += 1
        steps += [
            PhaseStep(phase=phase, position=n, **step) for n, step in enumerate(process.STEPS[phase.key])
        ]
        points += [
            DecisionPoint(phase=phase, question=question, option_a=one, option_b=other, position=n)
            for n, (key, question, one, other) in enumerate(process.DECISION_POINTS)
            if key == phase.key
        ]
    made["steps"] += len(PhaseStep.objects.bulk_create(steps))
    made["decision points"] += len(DecisionPoint.objects.bulk_create(points))


def _gates(made: Counter[str]) -> None:
    rows = [GateDefinition(position=position, **row) for position, row in enumerate(process.GATES)]
    _add_missing(made, "recovery checks", rows, "key")


def _matrix(made: Counter[str]) -> None:
    rows = [
        EscalationRule(
            role=role,
            severity=severity,
            timing=timing,
            delay_minutes=minutes,
            clock=clock,
            condition=condition,
            action=action,
        )
        for (role, severity), (timing, minutes, clock, condition, action) in people.MATRIX.items()
    ]
    _add_missing(made, "escalation rules", rows, "role", "severity")


def _levels(made: Counter[str]) -> None:
    _add_missing(made, "technical levels", [TechnicalLevel(**row) for row in people.LEVELS], "level")


def _cadences(made: Counter[str]) -> None:
    rows = [
        CadenceRule(
            severity=severity, audience=audience, unit=unit, minutes=minutes, monitoring_minutes=monitoring
        )
        for (severity, audience), (unit, minutes, monitoring) in wording.CADENCES.items()
    ]
    _add_missing(made, "update cadences", rows, "severity", "audience")


def _templates(made: Counter[str]) -> None:
    rows = [
        UpdateTemplate(audience=audience, subject=subject, body=body)
        for audience, (subject, body) in wording.TEMPLATES.items()
    ]
    _add_missing(made, "update templates", rows, "audience")


def _organisation(made: Counter[str], *, first_time: bool) -> None:
    """Create the organisation's calendar and team, and on the first load the procedure's own service."""
    if not IncidentSettings.objects.exists():
        IncidentSettings.objects.create()
        made["settings"] += 1
    if not BusinessCalendar.objects.filter(is_default=True).exists():
        calendar, created = BusinessCalendar.objects.get_or_create(
            name=wording.CALENDAR["name"], defaults={**wording.CALENDAR, "is_default": True}
        )
        if created:
            BusinessHours.objects.bulk_create(
                BusinessHours(calendar=calendar, weekday=weekday, opens=opens, closes=closes)
                for weekday, opens, closes in wording.OPENING_HOURS
            )
            made["calendars"] += 1
    team = Team.objects.filter(is_default=True).first()
    if team is None:
        team, created = Team.objects.get_or_create(
            slug=wording.TEAM["slug"], defaults={**wording.TEAM, "is_default": True}
        )
        made["teams"] += created
    if first_time and not RoleTarget.objects.exists():
        # Until a rota is set up everybody in the team is asked: a first incident that pages nobody would be the worst.
        RoleTarget.objects.create(
            role=EscalationRole.ON_CALL, team=team, whole_team=team, position=LAST_RESORT
        )
        made["role targets"] += 1
    if first_time and not Component.objects.exists():
        Component.objects.create(**{**wording.COMPONENT, "team": team})
        made["components"] += 1
