"""The secret addresses at which calendar programs read shifts (security.md, "Feeds"). Only a digest is stored."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse

from accounts import audit
from accounts.actor import Actor
from accounts.models import User
from accounts.write import action
from common import clock
from common.errors import Conflict, Invalid, NotAllowed
from oncall.models import CalendarLink, Schedule

MOST = 20
LONGEST_ALARM = 7 * 24 * 60
_HOUR = timedelta(hours=1)


class NewLink:
    """An address that was just made: ``url`` is shown once and cannot be read again."""

    def __init__(self, link: CalendarLink, token: str) -> None:
        self.link = link
        self.url = f"{settings.SITE_URL}{reverse('oncall:feed', kwargs={'token': token})}"

    @property
    def webcal(self) -> str:
        """The same address as calendar programs open it."""
        return f"webcal://{self.url.partition('://')[2]}"


def digest(token: str) -> str:
    """Return what is stored of a token. It has 256 random bits, so a plain SHA-256 cannot be guessed back."""
    return hashlib.sha256(token.encode()).hexdigest()


def create(
    *, by: Actor, user: User, schedule: Schedule | None = None, alarm_minutes: int | None = None
) -> NewLink:
    """Make an address for a person: of their own shifts, or of a whole schedule.

    Raises ``Invalid`` for an alarm that is too early, ``Conflict`` when there are too many addresses.
    """
    token = secrets.token_urlsafe(32)
    link = _insert(by=by, user=user, schedule=schedule, alarm_minutes=alarm_minutes, token_hash=digest(token))
    return NewLink(link, token)


@action
def _insert(
    *, by: Actor, user: User, schedule: Schedule | None, alarm_minutes: int | None, token_hash: str
) -> CalendarLink:
    _require_self(by, user)
    if alarm_minutes is not None and not 0 <= alarm_minutes <= LONGEST_ALARM:
        raise Invalid("Choose an alarm of at most a week before the shift.", field="alarm_minutes")
    if user.calendar_links.filter(revoked_at=None).count() >= MOST:
        raise Conflict(f"{MOST} calendar addresses are the most. Revoke one first.", code="too_many")
    link = CalendarLink.objects.create(
        user=user,
        schedule=schedule,
        alarm_minutes=alarm_minutes,
        token_hash=token_hash,
        created_at=clock.now(),
    )
    audit.record(by=by, action="calendar_link.created", about=link, data={"pk": link.pk})
    return link


@action
def revoke(*, by: Actor, link: CalendarLink) -> CalendarLink:
    """Make the address useless at once; return it. Twice is once."""
    _require_self(by, link.user)
    if CalendarLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=clock.now()):
        audit.record(by=by, action="calendar_link.revoked", about=link, data={"pk": link.pk})
    link.refresh_from_db()
    return link


def find(token: str) -> CalendarLink | None:
    """Return the address for a token if it was not revoked and its person can still sign in, else ``None``."""
    known = CalendarLink.objects.select_related("user", "schedule").filter(token_hash=digest(token))
    return known.filter(revoked_at=None, user__is_active=True).first()


def note_reading(link: CalendarLink, fingerprint: str, now: datetime) -> datetime:
    """Write down that the address was read, at most once an hour or when its content changed.

    Returns since when the content is as it is, to the second: what ``Last-Modified`` and DTSTAMP say.
    """
    changes: dict[str, object] = {}
    if link.fingerprint != fingerprint or link.changed_at is None:
        link.changed_at = now.replace(microsecond=0)
        changes |= {"fingerprint": fingerprint, "changed_at": link.changed_at}
    if link.used_at is None or now - link.used_at >= _HOUR:
        changes["used_at"] = now
    if changes:
        CalendarLink.objects.filter(pk=link.pk).update(**changes)
    return link.changed_at


def _require_self(by: Actor, user: User) -> None:
    if by.user is None or by.user.pk != user.pk:
        raise NotAllowed("A calendar address is personal: everybody makes their own.")
