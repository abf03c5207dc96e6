"""What changes calendars of others here: their owners, and what the worker read of them."""

import ipaddress
import socket
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from accounts import audit
from accounts.actor import Actor
from accounts.models import User
from accounts.write import action
from common import clock
from common.errors import Conflict, Invalid, NotAllowed
from common.outbound import is_allowed
from common.text import clean_line
from oncall.foreign import keeping
from oncall.foreign.fetching import https_of
from oncall.foreign.parsing import Reading
from oncall.models import ForeignCalendar
from oncall.shiftchanges import look_again

MOST = 5
EVERY = timedelta(hours=1)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=5), timedelta(hours=6)


@action
def add_absence_calendar(*, by: Actor, user: User, url: str, name: str = "") -> ForeignCalendar:
    """Let the worker read somebody's absences from an address; return the calendar. It is read within seconds.

    Raises ``Invalid`` for what cannot be an address, ``Conflict`` for one that is there or too many.
    """
    require_owner(by, user)
    url = checked_url(url)
    mine = user.absence_calendars.filter(purpose=ForeignCalendar.Purpose.ABSENCE)
    if mine.filter(url=url).exists():
        raise Conflict("This address is already read.", field="url", code="exists")
    if mine.count() >= MOST:
        raise Conflict(f"{MOST} calendars are the most. Remove one first.", field="url", code="too_many")
    calendar = ForeignCalendar.objects.create(
        purpose=ForeignCalendar.Purpose.ABSENCE,
        name=clean_line(name, limit=120) or f"Absences of {user}"[:120],
        url=url,
        user=user,
        due_at=clock.now(),
    )
    audit.record(by=by, action="absence_calendar.added", about=user, data=_shown(calendar))
    return calendar


@action
def remove_absence_calendar(*, by: Actor, calendar: ForeignCalendar) -> None:
    """Stop reading a calendar of absences and forget what was read of it. Twice is once."""
    if calendar.user is None:
        raise NotAllowed("This calendar belongs to a schedule: an admin removes it in the settings.")
    require_owner(by, calendar.user)
    about, data = calendar.user, _shown(calendar)
    if ForeignCalendar.objects.filter(pk=calendar.pk).delete()[0]:
        audit.record(by=by, action="absence_calendar.removed", about=about, data=data)


@action
def read_now(*, by: Actor, calendar: ForeignCalendar) -> ForeignCalendar:
    """Ask for a calendar to be read at the next opportunity, in full; return it. Nothing is fetched here."""
    if by.user is not None and not by.user.is_admin and by.user.pk != calendar.user_id:
        raise NotAllowed("Only an admin, or whose absences these are, may have it read.")
    ForeignCalendar.objects.filter(pk=calendar.pk).update(due_at=clock.now(), etag="", is_active=True)
    calendar.refresh_from_db()
    return calendar


@action
def keep(
    *, by: Actor, calendar: ForeignCalendar, lease: datetime, reading: Reading | None, etag: str
) -> ForeignCalendar | None:
    """Write down what was read; ``reading`` None: nothing changed. Returns None if somebody else has it by now.

    What has begun is history and stays; what was to come is replaced.
    """
    held = ForeignCalendar.objects.select_for_update().filter(pk=calendar.pk, due_at=lease).first()
    if held is None:
        return None
    now = clock.now()
    changes: dict[str, object] = {"due_at": now + EVERY, "failures": 0, "error": ""}
    if reading is not None:
        changed, unmatched = keeping.write(held, reading.spans, now)
        changes |= {
            "fetched_at": now,
            "etag": etag,
            "unmatched": unmatched,
            "left_out": reading.left_out,
        }
        if changed:
            for pk in held.layers.values_list("schedule", flat=True).distinct():
                look_again(pk, now)
    ForeignCalendar.objects.filter(pk=held.pk).update(**changes)
    return held


@action
def note_failure(*, by: Actor, calendar: ForeignCalendar, lease: datetime, sentence: str) -> None:
    """Write down why a calendar could not be read, and when it is tried again. What was read before stays."""
    failures = calendar.failures + 1
    pause = min(_FIRST_PAUSE * 2 ** min(failures - 1, 10), _LONGEST_PAUSE)
    ForeignCalendar.objects.filter(pk=calendar.pk, due_at=lease).update(
        due_at=clock.now() + pause, failures=failures, error=sentence[:300]
    )


def checked_url(url: str) -> str:
    """Return an address as it is stored. Raises ``Invalid`` with a sentence for what cannot be read from here.

    Names are not looked up here: that is network, and waits for the worker.
    """
    found = https_of(url)
    try:
        parts = urlsplit(found)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise Invalid("This is not an address.", field="url") from None
    if (
        parts.scheme not in {"http", "https"}
        or not host
        or port == 0
        or any(character <= " " for character in found)
    ):
        raise Invalid("Enter an address that begins with https:// or webcal://.", field="url")
    if len(found) > 500:
        raise Invalid("This address is longer than 500 characters.", field="url")
    if parts.username or parts.password:
        raise Invalid("Leave user name and password out of the address.", field="url")
    if f".{host}".endswith(".localhost") or _is_forbidden(host):
        raise Invalid("This address is on a private network: it cannot be read from here.", field="url")
    return found


def _is_forbidden(host: str) -> bool:
    try:
        return not is_allowed(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        # The other ways to write a number, which the resolver takes too: 127.1, 0x7f000001, 2130706433.
        return not is_allowed(ipaddress.IPv4Address(socket.inet_aton(host)))
    except (OSError, UnicodeError):
        return False


def require_owner(by: Actor, user: User) -> None:
    """Raise ``NotAllowed`` for anybody but the person and an admin."""
    if by.user is None or (by.user.pk != user.pk and not by.user.is_admin):
        raise NotAllowed("Absences are personal: everybody keeps their own.")


def _shown(calendar: ForeignCalendar) -> dict[str, object]:
    """What the audit log keeps: the host only, since the rest of the address is a secret."""
    return {"pk": calendar.pk, "host": urlsplit(calendar.url).hostname}
