"""The timeline: the only way an event comes to be, and where the apps above hear of it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from accounts.actor import Actor
from common import clock
from common.counting import count_up
from common.errors import Invalid
from common.text import clean
from incidents.models import Event, EventKind, Incident

Handler = Callable[[Event], None]
MAX_TEXT = 50_000
CLOCK_SKEW = timedelta(minutes=1)


@cache
def _handlers() -> tuple[Handler, ...]:
    return tuple(import_string(path) for path in settings.INCIDENT_EVENT_HANDLERS)


def record(
    incident: Incident,
    kind: EventKind,
    *,
    by: Actor,
    text: str = "",
    data: dict[str, Any] | None = None,
    at: datetime | None = None,
    corrects: Event | None = None,
) -> Event:
    """Append an entry to the timeline and return it; call inside an action's transaction.

    The number comes from the incident's row under its lock, so that entries are numbered in the order of commit and a
    reader that remembers the last number misses none. ``at`` is when it happened (default: now); the future is refused
    with ``Invalid``. Then each of ``INCIDENT_EVENT_HANDLERS`` is called in order; one that raises undoes the action.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("events.record belongs inside an action's transaction")
    now = clock.now()
    if at is not None and at > now + CLOCK_SKEW:
        raise Invalid("This time is in the future.", field="at")
    text = clean(text)
    if len(text) > MAX_TEXT:
        raise Invalid(
            f"This text is too long: {len(text):,} of at most {MAX_TEXT:,} characters.", field="text"
        )
    number = count_up(Incident.objects.filter(pk=incident.pk), "event_sequence")
    if number is None:
        raise Incident.DoesNotExist
    incident.event_sequence = number
    event = Event.objects.create(
        incident=incident,
        sequence=number,
        kind=kind,
        at=at or now,
        recorded_at=now,
        actor=by.user,
        actor_label=by.label[:160],
        via=by.via,
        text=text,
        data=data or {},
        corrects=corrects,
    )
    for handler in _handlers():
        handler(event)
    return event
