"""Signs of life, one row for each process, so that its keeper and ``/health`` can tell the living from the stuck."""

import logging
import os
import socket
import time
from datetime import datetime, timedelta

from django.db import Error

from common import clock
from escalation.models import Heartbeat

CLOCK, QUEUE, AUDIT = "clock", "queue", "audit"
FORGET = timedelta(days=1)
PULSE_SECONDS = 1.0

logger = logging.getLogger(__name__)


def own_name(kind: str, group: int | None = None) -> str:
    """Return the name of this process group's heartbeat, such as "clock:web-1:4711"; ``group`` names another group."""
    return f"{kind}:{socket.gethostname()[:24]}:{group or os.getpgrp()}"


def beat(name: str, now: datetime, *, lateness_ms: int = 0, **detail: object) -> None:
    """Write down that ``name`` lives at ``now`` (UTC)."""
    values = {"beat_at": now, "lateness_ms": lateness_ms, "detail": detail}
    if not Heartbeat.objects.filter(name=name).update(**values):
        Heartbeat.objects.update_or_create(name=name, defaults=values)


class Pulse:
    """Beats when it is called, at most once a second; a database that cannot just now is no reason to stop working.

    Callable from any thread, as ``common.progress`` and the queue do between two pieces of work.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._next = 0.0

    def __call__(self, *_: object, **__: object) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + PULSE_SECONDS
        try:
            beat(own_name(self._kind), clock.now())
        except Error:
            logger.warning("heartbeat.not_written", exc_info=True)


def newest(kind: str) -> Heartbeat | None:
    """Return the newest sign of life of any process of a kind, or ``None``."""
    return Heartbeat.objects.filter(name__startswith=kind).order_by("-beat_at").first()


def last(name: str) -> datetime | None:
    """Return when this one process last gave a sign of life (UTC), or ``None``."""
    return Heartbeat.objects.filter(name=name).values_list("beat_at", flat=True).first()


def forget_old(now: datetime) -> None:
    """Remove the rows of processes that are long gone."""
    Heartbeat.objects.filter(beat_at__lt=now - FORGET).delete()
