"""Mutations of a person's own rules: which method when, by urgency; quiet hours. ``accounts.reach`` applies them."""

from collections.abc import Mapping
from datetime import time

from accounts import audit
from accounts.access import require_self_or_admin
from accounts.actor import Actor
from accounts.models import ContactMethod, Urgency, User
from accounts.write import action
from common.errors import Invalid

MAX_MINUTES = 60
_FIELDS = {Urgency.HIGH: "delay_minutes", Urgency.LOW: "low_delay_minutes"}


@action
def set_rules(*, by: Actor, user: User, urgency: str, minutes: Mapping[int, int | None]) -> User:
    """Set after how many minutes each method is used for an urgency, by the method's key; ``None`` is not at all.

    Methods that are not named stay as they are. Returns the person. Raises ``Invalid`` for a method that is not theirs.
    """
    require_self_or_admin(by, user)
    if urgency not in _FIELDS:
        raise Invalid("Choose “high” or “low”.", field="urgency")
    own = {method.pk: method for method in user.contact_methods.select_for_update(no_key=True)}
    if unknown := set(minutes) - set(own):
        raise Invalid(f"There is no such contact method: {min(unknown)}.", field="rules")
    for pk, value in minutes.items():
        checked = None if value is None else checked_minutes(value, field="rules")
        ContactMethod.objects.filter(pk=pk).update(**{_FIELDS[Urgency(urgency)]: checked})
    data = {"urgency": str(urgency), "minutes": {str(pk): value for pk, value in minutes.items()}}
    audit.record(by=by, action="contact_rules.changed", about=user, data=data)
    return user


@action
def set_quiet_hours(*, by: Actor, user: User, starts: time | None, ends: time | None) -> User:
    """Set a person's quiet hours in their own zone, both ``None`` for none; return the person. Raises ``Invalid``."""
    require_self_or_admin(by, user)
    if (starts is None) != (ends is None):
        raise Invalid(
            "Give both times, or neither for no quiet hours.", field="ends" if ends is None else "starts"
        )
    if starts is not None and starts == ends:
        raise Invalid("Quiet hours have to end at another time than they begin.", field="ends")
    User.objects.filter(pk=user.pk).update(quiet_from=starts, quiet_until=ends)
    data = {"starts": f"{starts or ''}", "ends": f"{ends or ''}"}
    audit.record(by=by, action="quiet_hours.changed", about=user, data=data)
    user.refresh_from_db()
    return user


def checked_minutes(minutes: int, *, field: str) -> int:
    """Return the minutes if a method may wait so long. Raises ``Invalid``."""
    if not 0 <= minutes <= MAX_MINUTES:
        raise Invalid(f"Choose a delay of 0 to {MAX_MINUTES} minutes.", field=field)
    return minutes
