"""Plain functions that make what a test needs, with sensible defaults. Append your own; keep them plain."""

from datetime import time
from typing import Any

from accounts import keys
from accounts.actor import SYSTEM
from accounts.models import AccessRole, BusinessCalendar, BusinessHours, Team, User

PASSWORD = "correct horse battery staple"


def person(name: str = "Alice", role: str = AccessRole.RESPONDER, **fields: Any) -> User:
    """Somebody who can sign in with ``PASSWORD``; the mail address is the name at example.com."""
    plain = name.lower().replace(" ", ".")
    fields = {"username": plain, "email": f"{plain}@example.com", **fields}
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
