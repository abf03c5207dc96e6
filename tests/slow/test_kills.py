"""Faults 1 to 8, 10 and 12 of docs/explanation/reliability.md: processes killed, stopped, and asked to end."""

import random
import signal

import psutil
import pytest

from communications.models import Attempt
from tests.slow.report import Report
from tests.slow.rig import PATIENCE, Keeper, Rig, processes, until

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

VICTIMS = ("worker1", "monitor", "pusher", "sentinel", "main", "clock", "supervisor")


def kill(keeper: Keeper, victim: str, number: signal.Signals = signal.SIGKILL) -> bool:
    """Send a signal to one of the pager's processes; return whether there was one."""
    if keeper.process is None:
        return False
    try:
        found = processes(keeper.process.pid)
        if victim in found:
            found[victim].send_signal(number)
        return victim in found
    except psutil.NoSuchProcess:
        return False


def test_one_kill_of_each_kind_delays_no_page_by_more_than_five_seconds(rig: Rig, report: Report) -> None:
    with rig.pager() as keeper:
        for victim in VICTIMS:
            until(rig.is_alive, "the pager is up again")
            rig.declare(8, spread=4)
            until(rig.sink.mails, "the first mails are out")
            assert kill(keeper, victim), victim
            rig.settle()
            assert rig.faults(pages=32) == []
            report.add(f"{VICTIMS.index(victim) + 1}: one kill -9 of the {victim}", rig)
            rig.forget()


def test_kills_at_random_lose_nothing(rig: Rig, report: Report) -> None:
    dice, killed = random.Random(7), 0
    with rig.pager() as keeper:
        rig.declare(50, spread=25)
        while (sent := len(rig.sink.mails())) < 190:
            rig.sink.mails.wait_for(sent + dice.randint(3, 9), seconds=PATIENCE)
            killed += kill(keeper, dice.choice(VICTIMS))
        rig.settle()
        assert rig.faults(pages=200) == []
    report.add(f"1-7: {killed} kill -9 at random", rig, late_allowed=True)


def test_killing_the_idle_worker_that_holds_the_lock_stops_the_queue_for_seconds_only(
    rig: Rig, report: Report
) -> None:
    with rig.pager() as keeper:
        assert keeper.process is not None
        found = processes(keeper.process.pid)
        # Of two idle workers one holds the lock of the empty queue; nobody can tell which.
        for victim in ("worker1", "worker2"):
            found[victim].kill()
        rig.declare(10, spread=6)
        rig.settle()
        assert rig.faults(pages=40) == []
        until(rig.is_alive, "the queue works again", seconds=30)
    report.add("8: kill -9 of the worker that holds the lock", rig)


@pytest.mark.parametrize("victim", ["main", "clock"])
def test_a_stopped_process_is_replaced(rig: Rig, report: Report, victim: str) -> None:
    with rig.pager() as keeper:
        assert keeper.process is not None
        found = processes(keeper.process.pid)
        stopped = found[victim].pid
        group = [found[victim], *found[victim].children(recursive=True)]
        for process in group:
            process.suspend()
        rig.declare(10, spread=14 if victim == "main" else 4)
        until(lambda: not psutil.pid_exists(stopped), "the stopped process is gone", seconds=40)
        until(rig.is_alive, "the pager is up again", seconds=40)
        rig.settle()
        assert rig.faults(pages=40) == []
    # While the only clock is stopped nothing comes due; the queue's is then the only one, once a minute.
    report.add(f"10: SIGSTOP of the {victim}", rig, late_allowed=victim == "clock")


@pytest.mark.parametrize("rig", [0.2], indirect=True)
def test_ending_with_work_in_flight_sends_nothing_twice(rig: Rig, report: Report) -> None:
    with rig.pager() as keeper:
        rig.declare(10, spread=0)
        until(lambda: len(rig.sink.mails()) >= 5, "some are out")
        assert keeper.stop() == 0
    assert not Attempt.objects.filter(outcome="started").exists(), "what was begun was finished"
    with rig.pager():
        rig.settle()
        assert rig.faults(pages=40) == []
    assert set(rig.sink.receipts().values()) == {1}
    report.add("12: SIGTERM with work in flight", rig, late_allowed=True)
