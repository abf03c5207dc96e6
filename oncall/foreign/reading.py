"""Reading a calendar: claimed by the clock, done by the worker, without a transaction around the network."""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django_q.tasks import async_task

from accounts.actor import SYSTEM
from common import clock
from common.due import DueSource
from oncall.foreign.actions import keep, note_failure
from oncall.foreign.fetching import fetch
from oncall.foreign.parsing import parse
from oncall.foreign.problems import CalendarProblem
from oncall.models import ForeignCalendar

logger = logging.getLogger(__name__)
# How long a claim lasts. A worker needs 10 s to fetch and 16 s to read, at most.
LEASE = timedelta(minutes=2)
BACK, AHEAD = timedelta(days=1), timedelta(days=400)
# An answer "still as it was" is taken for so long; then everything is read again, since the horizon moves on.
_FRESH = timedelta(hours=12)
BATCH = 20


def _next_due() -> datetime | None:
    active = ForeignCalendar.objects.filter(is_active=True).order_by("due_at")
    return active.values_list("due_at", flat=True).first()


def _sweep(now: datetime) -> int:
    """Hand what is due to the queue, each once: a claim moves the row's time to the end of a lease."""
    due = ForeignCalendar.objects.filter(is_active=True, due_at__lte=now).order_by("due_at")
    handled = 0
    for pk, due_at in due.values_list("pk", "due_at")[:BATCH]:
        lease = now + LEASE
        with transaction.atomic(durable=True):
            if ForeignCalendar.objects.filter(pk=pk, due_at=due_at).update(due_at=lease):
                async_task("oncall.tasks.read_calendar", pk, lease.isoformat())
                handled += 1
    return handled


CALENDARS = DueSource("calendars of others", _next_due, _sweep)


def read(pk: int, lease: datetime) -> bool:
    """Fetch and read a calendar that was claimed until ``lease``; return whether it went well.

    A task whose claim was taken over, or that comes twice, does nothing.
    """
    calendar = ForeignCalendar.objects.filter(pk=pk, due_at=lease, is_active=True).first()
    if calendar is None or not ForeignCalendar.objects.filter(pk=pk, due_at=lease).update(
        due_at=(mine := clock.now() + LEASE)
    ):
        return False
    try:
        return _read(calendar, mine)
    except CalendarProblem as problem:
        sentence = problem.sentence
    except Exception:
        logger.exception("calendar.reading_failed", extra={"calendar": pk})
        sentence = "The calendar cannot be read: something here went wrong. The log says what."
    note_failure(by=SYSTEM, calendar=calendar, lease=mine, sentence=sentence)
    return False


def _read(calendar: ForeignCalendar, lease: datetime) -> bool:
    now = clock.now()
    is_fresh = calendar.fetched_at is not None and now - calendar.fetched_at < _FRESH
    fetched = fetch(calendar.url, etag=calendar.etag if is_fresh else "")
    reading = None
    if fetched.text is not None:
        reading = parse(
            fetched.text,
            zone=_zone_of(calendar),
            start=now - BACK,
            end=now + AHEAD,
            with_free=calendar.purpose == ForeignCalendar.Purpose.SHIFTS,
        )
    return keep(by=SYSTEM, calendar=calendar, lease=lease, reading=reading, etag=fetched.etag) is not None


def _zone_of(calendar: ForeignCalendar) -> str:
    """Return the zone of whole days and floating times, if the calendar itself names none."""
    if calendar.user is not None:
        return calendar.user.zone.key
    layer = calendar.layers.select_related("schedule").order_by("pk").last()
    return layer.schedule.time_zone if layer else "UTC"
