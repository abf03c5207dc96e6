"""Keeps the clock, the queue and whatever else is given alive: a lost or a stuck child is killed and started again."""

import logging
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import Error, connections
from django_q.models import Schedule
from django_q.tasks import async_task

from common import clock
from escalation.pager import children, heartbeats
from escalation.pager.processes import Forked

logger = logging.getLogger(__name__)

LOOK_EVERY = 0.2
JUDGE_EVERY = 1.0
CANARY_EVERY = 2.0
# A child that has given no sign of life for so long is stuck, whatever it looks like.
STUCK_AFTER = timedelta(seconds=8)
# What a process needs until its first sign of life, on a slow machine under load.
START_SECONDS = 30.0
# Between two starts of a child that does not live: a fork costs next to nothing, and a pager has to come back.
LONGEST_PAUSE = 1.0
LIVED_LONG = 20.0


@dataclass
class Child:
    """One process to keep alive. ``kind`` names its heartbeat; empty: it is only watched for its end.

    ``outlives``: it sees to its own end when its keeper is gone, instead of being killed at that moment.
    """

    name: str
    target: Callable[[], object]
    kind: str = ""
    outlives: bool = False
    process: Forked | None = None
    started: float = 0.0
    failures: int = 0
    start_at: float = 0.0

    def start(self) -> None:
        self.started = time.monotonic()
        self.process = Forked(self.name, self.target, outlives=self.outlives)
        logger.info("supervisor.started", extra={"child": self.name, "child_pid": self.process.pid})

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Runs until ``stop`` is called (safe in a signal handler), then lets the children finish what they are at."""

    def __init__(self, children: Sequence[Child], *, grace: float) -> None:
        self.children = list(children)
        self.grace = grace
        self._stopping = threading.Event()
        self._judged = self._sung = self._readable_since = 0.0

    def stop(self) -> None:
        """Ask for an orderly end."""
        self._stopping.set()

    def run(self, on_look: Callable[[], None] = lambda: None) -> None:
        """Keep the children alive until told to stop; ``on_look`` is called between two looks."""
        try:
            while not self._stopping.is_set():
                for child in self.children:
                    self._look_after(child)
                self._judge()
                on_look()
                self._stopping.wait(LOOK_EVERY)
        finally:
            self._end()

    def _look_after(self, child: Child) -> None:
        if child.is_running:
            return
        now = time.monotonic()
        if child.process is not None:
            self._note_end(child, now)
        if now >= child.start_at and not self._stopping.is_set():
            child.start()

    def _note_end(self, child: Child, now: float) -> None:
        """Any end is a failure, whatever its exit status."""
        process = child.process
        if process is None:
            return
        logger.error("supervisor.lost", extra={"child": child.name, "status": process.status})
        child.process = None
        child.failures = 0 if now - child.started > LIVED_LONG else child.failures + 1
        # The first restart is immediate.
        child.start_at = now + min(LONGEST_PAUSE, 0.25 * max(child.failures - 1, 0))

    def _judge(self) -> None:
        """Look at the heartbeats and kill what is stuck. Without a database nobody is judged."""
        now = time.monotonic()
        if now - self._judged < JUDGE_EVERY:
            return
        self._judged = now
        watched = [child for child in self.children if child.kind and child.is_running]
        try:
            self._sing(now)
            stuck = [child for child in watched if self._is_stuck(child, now)]
        except Error:
            logger.warning("supervisor.database_unreachable")
            connections.close_all()
            self._readable_since = 0.0
            return
        self._readable_since = self._readable_since or now
        for child in stuck:
            if child.process is not None:
                logger.error("supervisor.stuck", extra={"child": child.name, "child_pid": child.process.pid})
                child.process.kill_group()

    def _is_stuck(self, child: Child, now: float) -> bool:
        if child.process is None:
            return False
        beat_at = heartbeats.last(heartbeats.own_name(child.kind, child.process.pid))
        # The database may have been away: then nobody could give a sign of life.
        readable = self._readable_since and now - self._readable_since > STUCK_AFTER.total_seconds()
        if beat_at is None:
            return bool(readable) and now - child.started > START_SECONDS
        young = now - child.started < STUCK_AFTER.total_seconds()
        return bool(readable) and not young and clock.now() - beat_at > STUCK_AFTER

    def _sing(self, now: float) -> None:
        """Put canaries into the queue. Another cluster may catch one, so a silent cluster of ours gets more of them."""
        for child in self.children:
            if child.kind != heartbeats.QUEUE or child.process is None or now - self._sung < CANARY_EVERY:
                continue
            self._sung = now
            beat_at = heartbeats.last(heartbeats.own_name(child.kind, child.process.pid))
            silent = beat_at is not None and clock.now() - beat_at > STUCK_AFTER / 2
            for _ in range(4 if silent else 1):
                async_task("escalation.tasks.canary")

    def _end(self) -> None:
        """Ask every child to end, in the order opposite to their start; kill what has not ended in time."""
        running = [child for child in reversed(self.children) if child.process is not None]
        for child in running:
            # To the parent alone: a cluster whose whole group gets the signal hangs.
            if child.process is not None and child.is_running:
                child.process.send(signal.SIGTERM)
        deadline = time.monotonic() + self.grace
        for child in running:
            if child.process is None:
                continue
            if not child.process.wait(max(deadline - time.monotonic(), 0.1)):
                logger.error("supervisor.killed", extra={"child": child.name})
            child.process.kill_group()


def pager_children() -> list[Child]:
    """Return the clock and the queue."""
    return [
        Child("clock", children.kept_clock, heartbeats.CLOCK, outlives=True),
        Child("queue", children.queue, heartbeats.QUEUE),
    ]


def prepare_queue() -> None:
    """See that clock 2 is scheduled, once, and forget processes that are long gone. Twice does nothing twice."""
    found = list(Schedule.objects.filter(name=AUDIT_NAME).order_by("pk"))
    if not found:
        Schedule.objects.create(
            name=AUDIT_NAME, func=AUDIT_TASK, schedule_type=Schedule.MINUTES, minutes=1, repeats=-1
        )
    Schedule.objects.filter(pk__in=[extra.pk for extra in found[1:]]).delete()
    heartbeats.forget_old(clock.now())


AUDIT_NAME = "escalation_audit"
AUDIT_TASK = "escalation.tasks.escalation_audit"


def stop_on_signals(stop: Callable[[], None]) -> None:
    """Call ``stop`` for SIGTERM and for Ctrl-C."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop())
