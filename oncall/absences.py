"""Who is away, and who is on call while they are (semantics.md, "On-call"; R52). An absence takes nobody off call."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from accounts import audit
from accounts.actor import Actor
from accounts.models import User
from accounts.write import action
from common import clock
from common.businesstime import to_utc
from common.due import DueSource, Resting
from common.errors import Conflict, Invalid, NotAllowed
from common.text import clean_line
from communications.outbox import Message
from oncall import notices
from oncall.duties import Duty, duties_of
from oncall.foreign.actions import require_owner
from oncall.foreign.keeping import NOTICE
from oncall.models import Absence

logger = logging.getLogger(__name__)
MOST = 200
LONGEST = timedelta(days=366)
_AGAIN = timedelta(hours=6)
BATCH = 50
_resting = Resting()


@dataclass(frozen=True, slots=True)
class Clash:
    """A shift of somebody who is away during a part of it, or all of it."""

    user: User
    absence: Absence
    duty: Duty

    @property
    def starts_at(self) -> datetime:
        return max(self.absence.starts_at, self.duty.shift.start)

    @property
    def ends_at(self) -> datetime:
        return min(self.absence.ends_at, self.duty.shift.end)

    @property
    def ask_path(self) -> str:
        """Return where cover for this span is asked for, filled in already."""
        span = {"start": self.starts_at.isoformat(), "end": self.ends_at.isoformat()}
        return f"{reverse('oncall:ask')}?{urlencode({'schedule': self.duty.schedule.slug, **span})}"

    @property
    def sentence(self) -> str:
        """Return the warning, in the person's own zone: "You are on call for Platform while you are away: …"."""
        zone = self.user.zone
        start, end = self.starts_at.astimezone(zone), self.ends_at.astimezone(zone)
        words = f"{start:%a} {start.day} {start:%b %H:%M} to {end:%a} {end.day} {end:%b %H:%M} {end:%Z}"
        return f"You are on call for {self.duty.schedule} while you are away: {words}. Ask for cover."


def absent(users: Iterable[User], start: datetime, end: datetime) -> dict[int, list[Absence]]:
    """Return the absences of people that touch an interval, by the person's primary key; who is there is left out."""
    rows = Absence.objects.filter(
        user__in=[user.pk for user in users], starts_at__lt=end, ends_at__gt=start
    ).order_by("starts_at", "pk")
    found: dict[int, list[Absence]] = {}
    for row in rows:
        found.setdefault(row.user_id, []).append(row)
    return found


def clashes(users: Iterable[User], start: datetime, end: datetime) -> list[Clash]:
    """Return the shifts in an interval whose people are away then, in the order of their start."""
    people = {user.pk: user for user in users}
    away = absent(people.values(), start, end)
    duties = duties_of([people[pk] for pk in away], start, end) if away else {}
    found = [
        Clash(people[pk], absence, duty)
        for pk, absences in away.items()
        for duty in duties.get(pk, [])
        for absence in absences
        if absence.starts_at < duty.shift.end and duty.shift.start < absence.ends_at
    ]
    return sorted(found, key=lambda clash: clash.starts_at)


@action
def add_absence(*, by: Actor, user: User, first: date, last: date, reason: str = "") -> Absence:
    """Say that somebody is away from one day to another, both included, in their own zone; return the absence."""
    require_owner(by, user)
    now = clock.now()
    if last < first:
        raise Invalid("The absence would end before it begins.", field="last")
    if last - first > LONGEST:
        raise Invalid("An absence lasts a year at most.", field="last")
    if first.year < 2000 or last.year > 2100:
        raise Invalid("Choose days between the years 2000 and 2100.", field="first")
    starts_at = to_utc(first, time(0), user.zone)
    ends_at = to_utc(last + timedelta(days=1), time(0), user.zone, end=True)
    if ends_at <= now:
        raise Invalid("These days have passed.", field="last")
    by_hand = user.absences.filter(calendar=None, ends_at__gt=now)
    if by_hand.filter(starts_at=starts_at, ends_at=ends_at).exists():
        raise Conflict("This absence is there already.", field="first", code="exists")
    if by_hand.count() >= MOST:
        raise Conflict(f"{MOST} absences are the most.", code="too_many")
    absence = Absence.objects.create(
        user=user,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=clean_line(reason, limit=200),
        check_at=max(now, starts_at - NOTICE),
    )
    audit.record(by=by, action="absence.added", about=user, data={"from": starts_at, "until": ends_at})
    return absence


@action
def remove_absence(*, by: Actor, absence: Absence) -> None:
    """Take an absence back. Twice is once. Those of a calendar are taken back there."""
    require_owner(by, absence.user)
    if absence.calendar_id is not None:
        raise NotAllowed("This absence is read from a calendar: take it back there.")
    if Absence.objects.filter(pk=absence.pk).delete()[0]:
        audit.record(by=by, action="absence.removed", about=absence.user, data={"from": absence.starts_at})


def _due(now: datetime) -> Q:
    return Q(check_at__lte=now) & ~Q(user__in=_resting.now(now))


def _next_due() -> datetime | None:
    armed = Absence.objects.filter(check_at__isnull=False).exclude(user__in=_resting.now(clock.now()))
    return armed.order_by("check_at").values_list("check_at", flat=True).first()


def _sweep(now: datetime) -> int:
    """Compare the absences that are due with shifts, a person at a time, and tell them of each shift once."""
    people = Absence.objects.filter(_due(now)).order_by("user").values_list("user", flat=True).distinct()
    handled = 0
    for pk in people[:BATCH]:
        try:
            handled += _check(pk, now)
        except Exception:
            # One bad row must not stop the others; it stays due and is tried again after a rest.
            _resting.add(pk, now)
            logger.exception("absence.check_failed", extra={"user": pk})
    return handled


def _check(user_pk: int, now: datetime) -> int:
    with transaction.atomic(durable=True):
        due = Absence.objects.select_for_update().filter(user=user_pk, check_at__lte=now)
        rows = list(due)
        if not rows:
            return 0
        user = User.objects.get(pk=user_pk)
        for clash in clashes([user], now, now + NOTICE):
            tell(clash, now)
        over = [row.pk for row in rows if row.ends_at <= now + _AGAIN]
        Absence.objects.filter(pk__in=[row.pk for row in rows]).update(check_at=now + _AGAIN)
        Absence.objects.filter(pk__in=over).update(check_at=None)
        return len(rows)


def tell(clash: Clash, now: datetime) -> None:
    """Mail the person that they are on call while away; once for each shift, however often it is looked at."""
    shift = clash.duty.shift
    text = f"{clash.sentence}\n\nYou stay on call until somebody takes the shift."
    # A shift that has begun is clipped to this moment, so its end names it.
    notices.tell(
        clash.user,
        f"absent:{clash.duty.schedule.pk}:{shift.end:%Y%m%dT%H%M%S}",
        Message(f"On call while away: {clash.duty.schedule}", text, path=clash.ask_path),
        now,
        topic=f"absence:{clash.absence.pk}",
    )


ABSENCES = DueSource("absences", _next_due, _sweep)
