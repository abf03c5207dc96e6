"""Clock 1: the loop that sweeps everything that comes due, within a second of its time (reliability.md)."""

import logging
import os
import threading
import time
from datetime import datetime, timedelta

from django.db import Error, connection, connections

from common import clock, due, progress
from communications import outbox
from escalation.engine.timers import CHANNEL
from escalation.pager import heartbeats

logger = logging.getLogger(__name__)

LONGEST_SLEEP = 1.0
# After a sweep that could do nothing about what is due: another clock is at it, or a row is broken.
SHORTEST_SLEEP = 0.2
# How long a clock goes on without its keeper.
ORPHAN_SECONDS = 20.0
BEAT_EVERY = timedelta(seconds=1)
PAUSE_WITHOUT_DATABASE = 1.0


class PagerClock:
    """Runs until ``stop`` is called. Any number may run, in any number of processes: every source claims its rows.

    With ``keeper``, the process that looks after it, it ends some time after that one did: long enough for a new keeper
    to bring up a new clock, so that not a second goes by without one.
    """

    def __init__(self, keeper: int | None = None) -> None:
        self._keeper = keeper
        self._orphaned: float | None = None
        self._wake = threading.Event()
        self._stopping = False
        self._beaten: datetime | None = None
        self._late = timedelta()
        self._thread = threading.get_ident()
        self.name = heartbeats.own_name(heartbeats.CLOCK)

    def stop(self) -> None:
        """End the loop after the sweep that is under way. Safe in a signal handler."""
        self._stopping = True
        self._wake.set()

    def run(self) -> None:
        """Sweep and sleep, until told to stop; then let what is being sent arrive."""
        if connection.vendor == "postgresql":
            threading.Thread(target=self._listen, name="listener", daemon=True).start()
        self._thread = threading.get_ident()
        progress.report_to(self._progressed)
        while not self._stopping:
            self._wake.clear()
            sleep = self._round()
            self._mourn()
            if sleep > 0 and not self._stopping:
                self._wake.wait(sleep)
        outbox.drain()

    def _round(self) -> float:
        """Sweep once; return for how many seconds to sleep."""
        try:
            now = clock.now()
            earliest = due.next_due()
            self._late = now - earliest if earliest and earliest <= now else timedelta()
            handled = due.sweep_all(now)
            self._beat(clock.now(), self._late)
            upcoming = due.next_due()
        except Error:
            logger.warning("clock.database_unreachable", exc_info=True)
            connections.close_all()
            return PAUSE_WITHOUT_DATABASE
        if any(count < 0 for count in handled.values()):
            _drop_broken_connection()
        if upcoming is None:
            return LONGEST_SLEEP
        progressed = any(count > 0 for count in handled.values())
        left = (upcoming - clock.now()).total_seconds()
        return min(LONGEST_SLEEP, max(left, 0.0 if progressed else SHORTEST_SLEEP if left <= 0 else left))

    def _mourn(self) -> None:
        """End when the keeper has been gone for long enough."""
        if self._keeper is None or os.getppid() == self._keeper:
            return
        self._orphaned = self._orphaned or time.monotonic()
        if time.monotonic() - self._orphaned > ORPHAN_SECONDS:
            logger.warning("clock.orphaned")
            self.stop()

    def _progressed(self) -> None:
        """Give a sign of life between two rows: a sweep with a backlog lasts longer than the keeper's patience.

        Only the loop's own progress counts; that its sending threads are at work does not show that it turns.
        """
        if threading.get_ident() == self._thread:
            now = clock.now()
            if self._beaten is None or now - self._beaten >= BEAT_EVERY:
                self._beat(now, self._late)

    def _beat(self, now: datetime, late: timedelta) -> None:
        if self._beaten and now - self._beaten < BEAT_EVERY and late < BEAT_EVERY:
            return
        self._beaten = now
        heartbeats.beat(self.name, now, lateness_ms=int(late.total_seconds() * 1000))

    def _listen(self) -> None:
        """Wake the loop whenever a timer was armed: PostgreSQL says so when the transaction commits."""
        while not self._stopping:
            try:
                with connection.cursor() as cursor:
                    cursor.execute(f"LISTEN {CHANNEL}")
                for _ in connection.connection.notifies():
                    self._wake.set()
            except Exception:
                # Only a convenience is lost: the loop looks every second anyway.
                logger.warning("clock.listener_lost", exc_info=True)
            connection.close()
            time.sleep(PAUSE_WITHOUT_DATABASE)


def _drop_broken_connection() -> None:
    """After a failed sweep: keep the connection if it works, since a crowded database may not grant another."""
    try:
        if connection.connection is not None and not connection.is_usable():
            connections.close_all()
    except Error:
        connections.close_all()
