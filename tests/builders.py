"""Plain functions that make what a test needs, with sensible defaults. Append your own; keep them plain."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from accounts import keys
from accounts.actor import SYSTEM
from accounts.models import AccessRole, BusinessCalendar, BusinessHours, ContactMethod, Team, User
from incidents.models import Incident, IncidentNumber, Status

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
    """One more mail address to page this person at."""
    return ContactMethod.objects.create(
        user=user, kind="email", address=address, position=position, delay_minutes=delay_minutes
    )


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
