"""May a page be missed right now? Clock 3: ``/health`` asks this (reliability.md)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min

from common import clock
from communications.models import Delivery
from escalation.models import EscalationTimer
from escalation.pager import heartbeats

LATE = timedelta(seconds=5)
SILENT = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Check:
    """One answer: ``detail`` for people, ``data`` for machines."""

    ok: bool
    detail: str
    data: Mapping[str, Any] = field(default_factory=dict)


def checks() -> dict[str, Check]:
    """Return the pager's checks. Any that fails means that a page could be late or missed at this moment."""
    now = clock.now()
    ticking = _clock(now)
    return {
        "clock": ticking,
        "queue": _queue(now, clock_works=ticking.ok),
        "escalation": _oldest(now, "escalation step", _oldest_timer()),
        "deliveries": _oldest(now, "page", _oldest_delivery()),
    }


def _clock(now: datetime) -> Check:
    beat = heartbeats.newest(heartbeats.CLOCK)
    if beat is None:
        return Check(False, "No clock has ever run: start runpager or serve.")
    age = now - beat.beat_at
    data = {"age_seconds": round(age.total_seconds(), 1), "lateness_ms": beat.lateness_ms}
    if age > SILENT:
        return Check(False, f"The clock has been silent for {age.total_seconds():.0f} s.", data)
    return Check(True, "The clock ticks.", data)


def _queue(now: datetime, *, clock_works: bool) -> Check:
    """A dead queue costs three seconds as long as the clock works, which then delivers by itself."""
    beat = heartbeats.newest(heartbeats.QUEUE)
    if beat is not None and now - beat.beat_at <= SILENT:
        return Check(
            True, "The queue works.", {"age_seconds": round((now - beat.beat_at).total_seconds(), 1)}
        )
    silence = f"for {(now - beat.beat_at).total_seconds():.0f} s" if beat else "ever since the installation"
    if clock_works:
        return Check(
            True, f"The queue has been silent {silence}: the clock delivers instead.", {"degraded": True}
        )
    return Check(False, f"The queue has been silent {silence}.", {"degraded": True})


def _oldest(now: datetime, what: str, due_at: datetime | None) -> Check:
    overdue = max((now - due_at).total_seconds(), 0.0) if due_at else 0.0
    data = {"overdue_seconds": round(overdue, 1)}
    if overdue > LATE.total_seconds():
        return Check(False, f"The oldest {what} is overdue by {overdue:.0f} s.", data)
    return Check(True, f"No {what} is overdue.", data)


def _oldest_timer() -> datetime | None:
    armed = EscalationTimer.objects.filter(state=EscalationTimer.State.ARMED)
    at: datetime | None = armed.aggregate(at=Min("due_at"))["at"]
    return at


def _oldest_delivery() -> datetime | None:
    """Return since when a page waits for its first attempt; one that is being retried has been tried in time."""
    waiting = Delivery.objects.filter(
        kind=Delivery.Kind.PAGE, state__in=Delivery.WAITING, first_attempt_at=None
    )
    at: datetime | None = waiting.aggregate(at=Min("due_at"))["at"]
    return at
