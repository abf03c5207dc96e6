"""The pager changes hands: noticed by the clock from the rota itself, told once, with a brief (R52).

``Schedule.next_change_at`` says when the clock looks next: at the next hand-off that is known, but at least once an
hour (``ROTA_LOOK_AGAIN``), so that a change which nobody announced is noticed as well. Whoever looks goes through
the time since the last look; what is found, what is told and when to look next are one transaction, so a process may
die anywhere.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Min, Q

from accounts.models import User
from common import clock
from common.due import Resting
from oncall import handovers, spans
from oncall.models import Override, Schedule, ShiftChange
from oncall.rota import Shift, load_spec, resolve

logger = logging.getLogger(__name__)
BATCH = 200
# Far enough to see who had the pager before the first instant that is looked at.
BEFORE = timedelta(minutes=1)
# What happened longer ago than this is not told any more; who is on call now is on the page.
TOO_OLD = timedelta(days=2)
REMIND_AFTER = timedelta(minutes=30)
# The brief goes back no further than this.
LONGEST_BRIEF = timedelta(days=7)
_resting = Resting()


@dataclass(frozen=True, slots=True)
class HandOff:
    """An instant (UTC) at which the people on call change."""

    at: datetime
    was: frozenset[int]
    will_be: frozenset[int]

    @property
    def incoming(self) -> frozenset[int]:
        return self.will_be - self.was

    @property
    def outgoing(self) -> frozenset[int]:
        return self.was - self.will_be


def look_again(schedule_pk: int, now: datetime) -> None:
    """Let the clock look at a schedule that somebody changed. Call it inside the transaction of the change.

    A look that is due already stays due since then: what has happened in the meantime is still told.
    """
    later = Q(next_change_at=None) | Q(next_change_at__gt=now)
    Schedule.objects.filter(later, pk=schedule_pk).update(next_change_at=now)


def hand_offs(shifts: list[Shift], start: datetime, end: datetime) -> list[HandOff]:
    """Return the instants from ``start`` to ``end``, both included, at which the people on call change."""
    edges = sorted({edge for s in shifts for edge in (s.start, s.end) if start <= edge <= end})
    found = []
    for edge in edges:
        was = spans.on_call_at(shifts, edge - timedelta(microseconds=1))
        will_be = spans.on_call_at(shifts, edge)
        if was != will_be:
            found.append(HandOff(edge, was, will_be))
    return found


def next_due() -> datetime | None:
    """Return when the next schedule is looked at (UTC), or ``None``; one that was never looked at: now."""
    now = clock.now()
    rows = Schedule.objects.exclude(pk__in=_resting.now(now))
    if rows.filter(next_change_at=None).exists():
        return now
    earliest: datetime | None = rows.aggregate(at=Min("next_change_at"))["at"]
    return earliest


def sweep(now: datetime) -> int:
    """Look at the schedules that are due; return how many. One that cannot be resolved does not stop the others."""
    due = Schedule.objects.filter(Q(next_change_at=None) | Q(next_change_at__lte=now))
    handled = 0
    for pk in (
        due.exclude(pk__in=_resting.now(now))
        .order_by("next_change_at", "pk")
        .values_list("pk", flat=True)[:BATCH]
    ):
        try:
            handled += _look(pk, now)
        except Exception:
            _resting.add(pk, now)
            logger.exception("shift_change.failed", extra={"schedule": pk})
    return handled


def _look(pk: int, now: datetime) -> int:
    with transaction.atomic(durable=True):
        held = Schedule.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        schedule = held.select_related("team").filter(pk=pk).first()
        if schedule is None or (schedule.next_change_at is not None and schedule.next_change_at > now):
            return 0
        since = max(schedule.next_change_at or now, now - TOO_OLD)
        start, end = since - BEFORE, now + spans.AHEAD
        shifts = resolve(load_spec(schedule, start, end), start, end)
        past = hand_offs(shifts, since, now) if schedule.next_change_at is not None else []
        if past:
            _told(schedule, past[-1], shifts, now)
        at_the_latest = now + settings.ROTA_LOOK_AGAIN
        coming = hand_offs(shifts, now + timedelta(microseconds=1), at_the_latest)
        following = coming[0].at if coming else at_the_latest
        Schedule.objects.filter(pk=pk).update(next_change_at=following)
        return 1


def _told(schedule: Schedule, hand_off: HandOff, shifts: list[Shift], now: datetime) -> None:
    """Write the hand-over of each incoming person, or that nobody follows, and tell everybody."""
    people = User.objects.in_bulk(hand_off.was | hand_off.will_be)
    had_it, stay, outgoing, arrive = (
        [people[pk] for pk in sorted(pks) if pk in people]
        for pks in (hand_off.was, hand_off.was & hand_off.will_be, hand_off.outgoing, hand_off.incoming)
    )
    able = [user for user in arrive if user.is_active]
    if not able and any(user.is_active for user in stay):
        return  # somebody was on call too and no longer is: their colleague still has it
    began = _began(schedule, hand_off.at)
    # Whoever had the pager until now is not asked about it any more.
    before = ShiftChange.objects.filter(schedule=schedule, at__lt=hand_off.at)
    before.exclude(remind_at=None).update(remind_at=None)
    taken = _took_it(schedule, hand_off.at)
    incoming: list[User | None] = [*able] or [None]
    for user in incoming:
        until = _until(shifts, user, hand_off.at) if user else None
        defaults = {"until": until, "created_at": now}
        change, is_new = ShiftChange.objects.get_or_create(
            schedule=schedule, at=hand_off.at, incoming=user, defaults=defaults
        )
        if not is_new:
            continue
        change.outgoing.set(outgoing)
        change.brief = handovers.brief(schedule, hand_off.at, had_it, began, until)
        was_taken = user is not None and user.pk in taken
        if was_taken:
            change.acknowledged_at = hand_off.at
        elif user is not None:
            change.remind_at = max(hand_off.at, now) + REMIND_AFTER
        change.save(update_fields=["brief", "acknowledged_at", "remind_at"])
        handovers.tell_incoming(change, now, was_taken=was_taken)
        if user == incoming[0] and not was_taken:
            handovers.tell_outgoing(change, outgoing, able, now)


def _took_it(schedule: Schedule, at: datetime) -> set[int]:
    """Return who took the pager themselves at an instant: they and whom they relieved know of it already."""
    taken = schedule.overrides.filter(origin=Override.Origin.TAKEN, starts_at=at)
    return set(taken.values_list("user_id", flat=True))


def _began(schedule: Schedule, at: datetime) -> datetime:
    """Return when the shift that ends at ``at`` began, as far as that was noticed; at most a week before."""
    earlier = schedule.shift_changes.filter(at__lt=at).order_by("-at").values_list("at", flat=True).first()
    return max(earlier or at - LONGEST_BRIEF, at - LONGEST_BRIEF)


def _until(shifts: list[Shift], user: User, at: datetime) -> datetime | None:
    run = next(
        (run for run in spans.runs(shifts) if run.user_id == user.pk and run.start <= at < run.end), None
    )
    horizon = max((shift.end for shift in shifts), default=at)
    return run.end if run is not None and run.end < horizon else None
