"""Coming back for what is due: first attempts that the queue has not begun, retries, and leases that ran out."""

import logging
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta

from django.conf import settings
from django.db import close_old_connections
from django.db.models import Case, Min, Value, When

from common import clock
from communications.models import Delivery
from communications.outbox.sending import deliver

logger = logging.getLogger(__name__)

# How many rows may wait for each thread: enough that none is idle until the next sweep. A row is claimed when its
# turn comes, so whoever is faster can have it, and an answer in the meantime still stops it.
WAITING_EACH = 8
BUSY_PAUSE = timedelta(seconds=0.25)


def next_due() -> datetime | None:
    """Return when the sweep has something to do next (UTC), or ``None``."""
    if _senders.free == 0:
        return clock.now() + BUSY_PAUSE
    earliest: datetime | None = Delivery.objects.waiting().aggregate(at=Min("next_attempt_at"))["at"]
    return earliest


# Somebody is waiting for a page; a reminder may wait for the pages.
_PAGES_FIRST = Case(When(kind=Delivery.Kind.PAGE, then=Value(0)), default=Value(1))


def sweep(now: datetime) -> int:
    """Begin to deliver what is due and nobody has claimed; return how many that are. Never waits for the network.

    The threads are this process's own and take each row just before they send it, so any number of processes may sweep.
    """
    threads = settings.DELIVERY_THREADS
    room = _senders.free if threads else 200
    due = Delivery.objects.waiting().filter(next_attempt_at__lte=now)
    ids = list(due.order_by(_PAGES_FIRST, "next_attempt_at", "pk").values_list("pk", flat=True)[: room or 0])
    if not threads:
        deliver(ids)
        return len(ids)
    return _senders.submit(ids)


def drain() -> None:
    """Let this process's sending threads finish what they have begun; call it before a process ends."""
    _senders.drain()


def deliver_on_threads(ids: Sequence[int], threads: int) -> None:
    """Deliver a batch on so many threads and wait until all of it is done (the queue's worker).

    The threads stay, with their connections: for a page of its own each, starting them costs more than the sending.
    """
    if threads <= 1 or len(ids) <= 1:
        deliver(ids)
        return
    _senders.work(ids, threads)


class _Senders:
    """This process's sending threads, started when they are first needed (and never before a fork)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._in_flight: set[int] = set()
        self._pool: ThreadPoolExecutor | None = None

    @property
    def free(self) -> int:
        """Return how many more rows can be taken on."""
        if not settings.DELIVERY_THREADS:
            return 1
        room: int = settings.DELIVERY_THREADS * WAITING_EACH - len(self._in_flight)
        return max(room, 0)

    def submit(self, ids: Iterable[int]) -> int:
        """Begin to deliver those that are not on their way in this process already; return how many."""
        return len(self._begin(ids, settings.DELIVERY_THREADS))

    def work(self, ids: Iterable[int], threads: int) -> None:
        """Deliver these on so many threads, and wait until they are done."""
        wait(self._begin(ids, threads))

    def _begin(self, ids: Iterable[int], threads: int) -> list[Future[None]]:
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(threads, thread_name_prefix="sender")
            new = [pk for pk in ids if pk not in self._in_flight]
            self._in_flight.update(new)
            return [self._pool.submit(self._send, pk) for pk in new]

    def drain(self) -> None:
        """Wait until what is on its way has arrived or failed; what was not begun is left to the next sweep."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            self._in_flight.clear()

    def _send(self, pk: int) -> None:
        try:
            close_old_connections()
            deliver([pk])
        finally:
            close_old_connections()
            with self._lock:
                self._in_flight.discard(pk)


_senders = _Senders()
