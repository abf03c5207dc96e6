"""What the supervisor keeps alive: the clock and the queue."""

import os
import signal

from django_q.cluster import Cluster
from django_q.signals import post_execute_in_worker

from common import progress
from escalation.pager import heartbeats
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
    # Behind a backlog the canary comes late; that deliveries and tasks are finished shows, too, that the queue works.
    pulse = heartbeats.Pulse(heartbeats.QUEUE)
    progress.report_to(pulse)
    post_execute_in_worker.connect(pulse, weak=False)
    cluster = Cluster()
    cluster.start()
    if cluster.sentinel is not None:
        cluster.sentinel.join()
