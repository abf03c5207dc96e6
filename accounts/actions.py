"""Mutations of accounts: one's own profile, contact methods, and the very first admin."""

from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.module_loading import import_string

from accounts import audit
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

MAX_METHODS = 10
MAX_DELAY = 60


def _require_self_or_admin(by: Actor, user: User) -> None:
    if by.user is None or (by.user.pk != user.pk and not by.user.is_admin):
        raise NotAllowed("You can change your own profile only. Ask an admin to change somebody else's.")


@action
def change_profile(*, by: Actor, user: User, name: str, time_zone: str, job_title: str = "") -> User:
    """Change how a person is shown and in which zone; return the person. Raises ``Invalid`` and ``NotAllowed``."""
    _require_self_or_admin(by, user)
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
def add_contact_method(
    *, by: Actor, user: User, kind: str, address: str = "", label: str = "", delay_minutes: int = 0
) -> ContactMethod:
    """Add a way to reach a person, tried after those there are; return it."""
    _require_self_or_admin(by, user)
    if user.contact_methods.count() >= MAX_METHODS:
        raise Conflict(f"{MAX_METHODS} contact methods are the most. Remove one first.")
    address = _address(kind, address)
    if user.contact_methods.filter(kind=kind, address__iexact=address).exists():
        raise Conflict("This contact method is already there.", field="address", code="exists")
    last = user.contact_methods.order_by("-position").values_list("position", flat=True).first()
    method = ContactMethod.objects.create(
        user=user, kind=kind, address=address, label=clean_line(label, limit=60),
        delay_minutes=_delay(delay_minutes), position=0 if last is None else last + 1,
    )  # fmt: skip
    audit.record(by=by, action="contact_method.added", about=user, data={"kind": kind, "pk": method.pk})
    return method


@action
def change_contact_method(
    *,
    by: Actor,
    method: ContactMethod,
    address: str,
    label: str = "",
    delay_minutes: int = 0,
    is_active: bool = True,
) -> ContactMethod:
    """Change a contact method; return it. A new address is no longer verified."""
    _require_self_or_admin(by, method.user)
    address = _address(method.kind, address)
    twins = method.user.contact_methods.filter(kind=method.kind, address__iexact=address)
    if twins.exclude(pk=method.pk).exists():
        raise Conflict("This contact method is already there.", field="address", code="exists")
    fields: dict[str, Any] = {
        "address": address,
        "label": clean_line(label, limit=60),
        "delay_minutes": _delay(delay_minutes),
        "is_active": is_active,
    }
    if address != method.address:
        fields["verified_at"] = None
    ContactMethod.objects.filter(pk=method.pk).update(**fields)
    audit.record(by=by, action="contact_method.changed", about=method.user, data={"pk": method.pk})
    method.refresh_from_db()
    return method


@action
def remove_contact_method(*, by: Actor, method: ContactMethod) -> None:
    """Remove a contact method; what waits for it goes out by the person's next one instead.

    What is being sent this moment still arrives. Twice is once. Raises ``NotAllowed`` for another person's.
    """
    _require_self_or_admin(by, method.user)
    deleted, _ = ContactMethod.objects.filter(pk=method.pk).delete()
    if deleted:
        audit.record(by=by, action="contact_method.removed", about=method.user, data={"kind": method.kind})


@action
def move_contact_method(*, by: Actor, method: ContactMethod, up: bool) -> ContactMethod:
    """Let a contact method be tried one place earlier (``up``) or later; return it. At the end nothing happens."""
    _require_self_or_admin(by, method.user)
    order = list(method.user.contact_methods.select_for_update())
    place = next((n for n, other in enumerate(order) if other.pk == method.pk), None)
    if place is None:
        raise Conflict("This contact method is no longer there.", code="gone")
    target = place - 1 if up else place + 1
    if 0 <= target < len(order):
        order[place], order[target] = order[target], order[place]
    for position, other in enumerate(order):
        ContactMethod.objects.filter(pk=other.pk).exclude(position=position).update(position=position)
    method.refresh_from_db()
    return method


@action
def send_test(*, by: Actor, method: ContactMethod) -> ContactMethod:
    """Send a test message to a mail address through the delivery ledger, like a page; return the method."""
    _require_self_or_admin(by, method.user)
    if method.kind != ContactMethod.Kind.EMAIL:
        raise Invalid("Only mail needs a test: what is in Allclear shows up at once.")
    import_string(settings.CONTACT_TEST)(method, clock.now())
    return method


def _address(kind: str, address: str) -> str:
    if kind not in ContactMethod.Kind.values:
        raise Invalid("Choose mail or “in Allclear”.", field="kind")
    if kind == ContactMethod.Kind.IN_APP:
        return ""
    address = clean_line(address)
    try:
        validate_email(address)
    except ValidationError:
        raise Invalid("This is not a mail address.", field="address") from None
    if len(address) > 254:
        raise Invalid("This address is longer than 254 characters.", field="address")
    return address


def _delay(minutes: int) -> int:
    if not 0 <= minutes <= MAX_DELAY:
        raise Invalid(f"Choose a delay of 0 to {MAX_DELAY} minutes.", field="delay_minutes")
    return minutes


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
    address = _address(ContactMethod.Kind.EMAIL, email) if email else ""
    if not address:
        raise Invalid("Give a mail address: you sign in with it.", field="email")
    admin = User(
        username=address.lower()[:150], email=address, name=name, time_zone=time_zone, role=AccessRole.ADMIN
    )
    try:
        validate_password(password, admin)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), field="password") from None
    admin.set_password(password)
    admin.save()
    ContactMethod.objects.create(user=admin, kind=ContactMethod.Kind.EMAIL, address=address)
    return admin


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
