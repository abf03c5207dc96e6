"""Plain functions that make what a test needs, with sensible defaults. Append your own; keep them plain."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.core.signing import TimestampSigner

from accounts import keys
from accounts.actor import SYSTEM
from accounts.models import AccessRole, BusinessCalendar, BusinessHours, ContactMethod, Team, User
from common.clock import now
from config.defaults.people import MATRIX
from escalation.models import Escalation, EscalationRule, Page
from incidents.models import Incident, IncidentNumber, Status
from oncall.models import Layer, LayerMember, RoleTarget, Schedule

PASSWORD = "correct horse battery staple"
NOON = datetime(2026, 3, 25, 12, 0, tzinfo=UTC)  # a Wednesday, no clock change near


def person(name: str = "Alice", role: str = AccessRole.RESPONDER, **fields: Any) -> User:
    """Somebody who can sign in with ``PASSWORD``; the mail address is the name at example.org."""
    plain = name.lower().replace(" ", ".")
    fields = {"username": plain, "email": f"{plain}@example.org", **fields}
    return User.objects.create_user(name=name, role=role, password=PASSWORD, **fields)


def office_hours(name: str = "London office", zone: str = "Europe/London", **fields: Any) -> BusinessCalendar:
    """A calendar open Monday to Friday from 09:00 to 17:00, without holidays."""
    calendar = BusinessCalendar.objects.create(name=name, time_zone=zone, **fields)
    BusinessHours.objects.bulk_create(
        BusinessHours(calendar=calendar, weekday=day, opens=time(9), closes=time(17)) for day in range(5)
    )
    return calendar


def team(name: str = "Platform", *members: User, **fields: Any) -> Team:
    """A team with these members."""
    made = Team.objects.create(name=name, slug=name.lower().replace(" ", "-"), **fields)
    made.members.set(members)
    return made


def api_key(user: User, *scopes: str, **options: Any) -> str:
    """The token of a new API key of this person, for ``Authorization: Bearer …``."""
    options = {"name": "a test's", **options}
    return keys.create(by=SYSTEM, user=user, scopes=list(scopes or ("read", "write")), **options).token


def mail_method(user: User, address: str, position: int = 0, delay_minutes: int = 0) -> ContactMethod:
    """One more mail address to page this person at, verified, with the same minutes whatever the urgency."""
    return method(
        user,
        "email",
        address,
        position=position,
        delay_minutes=delay_minutes,
        low_delay_minutes=delay_minutes,
    )


def method(user: User, kind: str, address: str, **fields: Any) -> ContactMethod:
    """One more verified way to reach this person."""
    fields = {"verified_at": now(), **fields}
    return ContactMethod.objects.create(user=user, kind=kind, address=address, **fields)


def bare_incident(title: str = "Webhooks down", severity: int = 1, **fields: Any) -> Incident:
    """An incident as a row only, declared ten minutes before ``NOON``: nobody was paged, no clock runs."""
    counter, _ = IncidentNumber.objects.get_or_create(pk=1)
    counter.last += 1
    counter.save()
    declared_at = fields.pop("declared_at", NOON - timedelta(minutes=10))
    defaults = {
        "number": counter.last,
        "title": title,
        "severity": severity,
        "declared_severity": severity,
        "peak_severity": severity,
        "status": Status.INVESTIGATING,
        "detected_at": declared_at,
        "declared_at": declared_at,
        "declared_by_label": "a test",
    }
    return Incident.objects.create(**{**defaults, **fields})


def alice(**fields: Any) -> User:
    """Commands."""
    return person("Alice", AccessRole.COMMANDER, **fields)


def bob(**fields: Any) -> User:
    """Responds."""
    return person("Bob", **fields)


def carol(**fields: Any) -> User:
    """Communicates."""
    return person("Carol", **fields)


def dave(**fields: Any) -> User:
    """Is outside: he may look, but not change anything."""
    return person("Dave", AccessRole.VIEWER, **fields)


def erin(**fields: Any) -> User:
    """Administers."""
    return person("Erin", AccessRole.ADMIN, **fields)


def rota(name: str = "Platform", *people: User | None, **fields: Any) -> Schedule:
    """A London schedule with one layer: a week each from Monday 09:00; the first in ``NOON``'s week."""
    layer_fields = {key: fields.pop(key) for key in list(fields) if key in LAYER_FIELDS}
    defaults = {"slug": name.lower().replace(" ", "-"), "time_zone": "Europe/London"}
    schedule = Schedule.objects.create(name=name, **{**defaults, **fields})
    layer(schedule, *people, **layer_fields)
    return schedule


LAYER_FIELDS = {field.name for field in Layer._meta.get_fields()} - {"name", "schedule"}


def layer(schedule: Schedule, *people: User | None, **fields: Any) -> Layer:
    """One more layer of a schedule, with these people in turn; ``None`` is nobody."""
    begin = datetime(2026, 3, 23, 9, tzinfo=UTC)
    defaults = {"anchor_date": begin.date(), "effective_from": begin - timedelta(weeks=52)}
    made = Layer.objects.create(schedule=schedule, **{**defaults, **fields})
    LayerMember.objects.bulk_create(
        LayerMember(layer=made, user=user, position=position) for position, user in enumerate(people)
    )
    return made


def fills(role: str, who: User | Schedule | Team, team: Team | None = None, position: int = 0) -> RoleTarget:
    """Who fills a role of the matrix: a person, a schedule or a whole team."""
    kind = {User: "user", Schedule: "schedule", Team: "whole_team"}[type(who)]
    return RoleTarget.objects.create(role=role, team=team, position=position, **{kind: who})


def matrix() -> None:
    """The procedure's sixteen escalation rules (R12)."""
    for (role, severity), (timing, minutes, clock, condition, action) in MATRIX.items():
        EscalationRule.objects.create(
            role=role,
            severity=severity,
            timing=timing,
            delay_minutes=minutes,
            clock=clock,
            condition=condition,
            action=action,
        )


def page_for(user: User, incident: Incident | None = None, **fields: Any) -> Page:
    """A page that waits for this person's answer, of an escalation that is under way."""
    incident = incident or bare_incident(declared_at=now() - timedelta(minutes=10))
    if not hasattr(incident, "escalation"):
        Escalation.objects.create(incident=incident, matrix=[], created_at=now())
    defaults = {
        "incident": incident,
        "user": user,
        "user_label": str(user),
        "epoch": incident.epoch,
        "role": "on_call",
        "key": f"test:{incident.pk}:{Page.objects.count()}",
        "reason": "Platform rota, layer Primary",
        "due_at": now(),
        "created_at": now(),
    }
    return Page.objects.create(**{**defaults, **fields})


def page_link(page: Page) -> str:
    """The path behind the link in this page's message."""
    return f"/p/{TimestampSigner(salt='escalation.page').sign(str(page.pk))}/"
