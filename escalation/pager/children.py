"""What the supervisor keeps alive: the clock and the queue."""

import os
import signal

from django_q.cluster import Cluster

from escalation.pager.clock import PagerClock
from escalation.pager.processes import let_descendants_die_too


def clock(keeper: int | None = None) -> None:
    """Be clock 1, until SIGTERM, or until its keeper has been gone for a while."""
    pager = PagerClock(keeper)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: pager.stop())
    pager.run()


def kept_clock() -> None:
    """Be the clock that the parent process looks after."""
    clock(os.getppid())


def queue() -> None:
    """Be a django-q2 cluster, until SIGTERM; it then finishes what it has begun."""
    let_descendants_die_too()
    cluster = Cluster()
    cluster.start()
    if cluster.sentinel is not None:
        cluster.sentinel.join()
