"""Mutations of accounts: one's own profile and the very first admin. Contact methods: ``accounts.methods``."""

from zoneinfo import available_timezones

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts import addresses, audit
from accounts.access import require_self_or_admin
from accounts.actor import SYSTEM, Actor
from accounts.models import (
    AccessRole,
    BusinessCalendar,
    BusinessHours,
    ContactMethod,
    EmergencyContact,
    Team,
    User,
)
from accounts.write import action
from common import clock
from common.errors import Conflict, Invalid, NotAllowed
from common.text import clean_line


@action
def change_profile(*, by: Actor, user: User, name: str, time_zone: str, job_title: str = "") -> User:
    """Change how a person is shown and in which zone; return the person. Raises ``Invalid`` and ``NotAllowed``."""
    require_self_or_admin(by, user)
    name = _name(name)
    _require_zone(time_zone)
    before = {"name": user.name, "time_zone": user.time_zone, "job_title": user.job_title}
    after = {"name": name, "time_zone": time_zone, "job_title": clean_line(job_title, limit=120)}
    if before != after:
        User.objects.filter(pk=user.pk).update(**after)
        changed = {key: [before[key], after[key]] for key in after if before[key] != after[key]}
        audit.record(by=by, action="profile.changed", about=user, data=changed)
    user.refresh_from_db()
    return user


def _name(text: str) -> str:
    name = clean_line(text)
    if not name:
        raise Invalid("Give a name: others have to know who acts.", field="name")
    if len(name) > 120:
        raise Invalid("This name is longer than 120 characters.", field="name")
    return name


def _require_zone(name: str) -> None:
    if name not in available_timezones():
        raise Invalid("This is not a time zone. Use a name like Europe/London.", field="time_zone")


@action
def set_up(*, by: Actor = SYSTEM, name: str, email: str, password: str, time_zone: str, team: str) -> User:
    """Create the first admin, in the default team under this name and with office hours in this zone; return the admin.

    Only while nobody is there: of two people at once the second gets ``Conflict``.
    """
    audit.take_turns()
    if User.objects.exists():
        raise Conflict(
            "Somebody has just set up this installation. Ask them for an account.", code="already_set_up"
        )
    name, team_name = _name(name), clean_line(team, limit=120)
    _require_zone(time_zone)
    if not team_name:
        raise Invalid("Give your team a name; you can rename it later.", field="team")
    admin = _first_admin(name, email, password, time_zone)
    _first_team(admin, team_name, time_zone)
    audit.record(by=Actor.of(admin), action="installation.set_up", about=admin)
    return admin


def _first_admin(name: str, email: str, password: str, time_zone: str) -> User:
    address = _sign_in_address(email)
    admin = User(
        username=address.lower()[:150], email=address, name=name, time_zone=time_zone, role=AccessRole.ADMIN
    )
    try:
        validate_password(password, admin)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), field="password") from None
    admin.set_password(password)
    admin.save()
    ContactMethod.objects.create(
        user=admin, kind=ContactMethod.Kind.EMAIL, address=address, verified_at=clock.now()
    )
    return admin


def _sign_in_address(email: str) -> str:
    if not email:
        raise Invalid("Give a mail address: you sign in with it.", field="email")
    try:
        return addresses.normalise(ContactMethod.Kind.EMAIL, email)
    except Invalid as error:
        raise Invalid(error.sentence, field="email") from None


def _first_team(admin: User, name: str, time_zone: str) -> None:
    """Make sure that somebody is paged, and that business hours mean something, before anything is configured.

    A team and a calendar that the defaults made get the name and the zone that were just given: nobody was here yet
    to choose others.
    """
    calendar, created = BusinessCalendar.objects.update_or_create(
        is_default=True,
        defaults={"time_zone": time_zone},
        create_defaults={"name": "Office hours", "time_zone": time_zone},
    )
    if created:
        BusinessHours.objects.bulk_create(BusinessHours(calendar=calendar, weekday=day) for day in range(5))
    if Team.objects.filter(name=name, is_default=False).exists():
        raise Invalid("Another team already has this name.", field="team")
    team, _ = Team.objects.update_or_create(
        is_default=True, defaults={"name": name}, create_defaults={"name": name, "slug": "first-team"}
    )
    team.members.add(admin)


@action
def verify_contact(*, by: Actor, contact: EmergencyContact) -> EmergencyContact:
    """Note that an emergency contact was tried now and answers; return it (R59). Raises ``NotAllowed``."""
    if by.user is not None and not by.can_respond:
        raise NotAllowed("Your role lets you look at contacts but not vouch for them.")
    contact.verified_at = clock.now()
    EmergencyContact.objects.filter(pk=contact.pk).update(verified_at=contact.verified_at)
    audit.record(by=by, action="contact.verified", about=contact, data={})
    return contact
