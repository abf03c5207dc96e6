"""Who is reached how: a person's own rules by urgency, and quiet hours. The one place that decides; it reads no rows.

The ledger writes its rows by it, "Who will be woken?" and one's own page show it beforehand.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.models import ContactMethod, Urgency, User
from common import zones
from common.businesstime import to_utc


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of each day in which what can wait does, in wall time of a zone; the end may be on the next day."""

    starts: time
    ends: time
    zone: ZoneInfo

    def end_of(self, at: datetime) -> datetime | None:
        """Return the instant (UTC) at which the quiet hours around ``at`` end, or ``None`` when it is not quiet.

        Each boundary is converted on its own day, so a clock change makes a night longer or shorter.
        """
        day = at.astimezone(self.zone).date()
        for begins_on in (day - timedelta(days=1), day):
            ends_on = begins_on if self.starts < self.ends else begins_on + timedelta(days=1)
            end = to_utc(ends_on, self.ends, self.zone, end=True)
            if to_utc(begins_on, self.starts, self.zone) <= at < end:
                return end
        return None


@dataclass(frozen=True, slots=True)
class Turn:
    """One method, and how many minutes after it is due it is used; without one it is mail to the sign-in address."""

    method: ContactMethod | None
    minutes: int = 0
    quiet: Quiet | None = None

    def at(self, due_at: datetime) -> datetime:
        """Return when it is used for something due then (UTC): what falls into quiet hours waits for their end."""
        start = self._after_quiet(due_at)
        return self._after_quiet(start + timedelta(minutes=self.minutes))

    def _after_quiet(self, at: datetime) -> datetime:
        return (self.quiet.end_of(at) if self.quiet else None) or at


def turns(user: User, usable: Iterable[ContactMethod], urgency: str, *, may_wait: bool = True) -> list[Turn]:
    """Return in which order and after how many minutes a person's usable outside methods are used.

    Nobody is unreachable: where the rules name none of them, what is urgent goes by all of them at once, and anything
    else (or nothing usable) by mail to the sign-in address. ``may_wait`` is false for what quiet hours do not hold.
    """
    own = list(usable)
    quiet = quiet_hours(user) if may_wait and urgency == Urgency.LOW else None
    chosen = [(method, minutes) for method in own if (minutes := method.minutes_for(urgency)) is not None]
    if not chosen and urgency == Urgency.HIGH:
        chosen = [(method, 0) for method in own]
    if not chosen:
        return [Turn(None, 0, quiet)]
    return [Turn(method, minutes, quiet) for method, minutes in sorted(chosen, key=lambda row: row[1])]


def quiet_hours(user: User) -> Quiet | None:
    """Return a person's quiet hours in their own zone, or ``None``."""
    if user.quiet_from is None or user.quiet_until is None or user.quiet_from == user.quiet_until:
        return None
    return Quiet(user.quiet_from, user.quiet_until, zones.get(user.time_zone))


def is_quiet(user: User, at: datetime) -> bool:
    """Return whether it is quiet for a person then."""
    quiet = quiet_hours(user)
    return quiet is not None and quiet.end_of(at) is not None


def usable_by_person(users: Iterable[User]) -> dict[int, list[ContactMethod]]:
    """Return the methods that may reach each person outside Allclear, by the person's key, with one query for all."""
    found: dict[int, list[ContactMethod]] = {}
    for method in ContactMethod.objects.usable().outside().filter(user__in=users):
        found.setdefault(method.user_id, []).append(method)
    return found


def people_with_number(number: str) -> list[User]:
    """Return the active people who have verified a telephone number, in E.164."""
    kinds = [ContactMethod.Kind.SMS, ContactMethod.Kind.VOICE]
    rows = ContactMethod.objects.usable().filter(kind__in=kinds, address=number, user__is_active=True)
    return list(User.objects.filter(pk__in=rows.values("user")).order_by("pk")) if number else []
