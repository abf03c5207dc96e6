"""Fault 11 of docs/explanation/reliability.md: death at each step of a transaction and of a delivery."""

import signal
from datetime import timedelta

import pytest

from common import clock
from common.crashpoints import EXIT_STATUS
from communications.models import Delivery
from escalation.models import EscalationTimer, Page
from incidents.models import Event, Incident
from tests.slow.report import Report
from tests.slow.rig import Keeper, Rig, queue_processes, until

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

DECLARING = (
    "engine.before_open",
    "engine.after_arming",
    "engine.after_claim",
    "engine.after_pages",
    "engine.after_open",
)
CLOCK = ("engine.after_claim", "engine.after_pages", "engine.after_tick", "engine.after_tick_commit")
SENDING = ("deliver.claimed", "deliver.started", "deliver.sent", "deliver.settled")


def test_whoever_dies_while_declaring_leaves_nothing_and_can_repeat_it(rig: Rig, report: Report) -> None:
    for point in DECLARING:
        assert rig.act("declare", "one tap", ALLCLEAR_CRASH_AT=point) == EXIT_STATUS
        assert not Incident.objects.exists(), point
        assert not Page.objects.exists(), point
    assert rig.act("declare", "one tap") == 0
    assert rig.act("declare", "one tap") == 0
    assert Incident.objects.count() == 1
    EscalationTimer.objects.filter(state="armed").update(due_at=clock.now() + timedelta(hours=1))
    with rig.pager():
        rig.sink.mails.wait_for(1, seconds=30)
        until(lambda: not Delivery.objects.waiting().exists(), "the page is out")
        assert rig.faults(pages=1) == []
    report.add(f"11: death at {len(DECLARING)} places of declaring", rig, late_allowed=True)


def test_whoever_dies_while_acknowledging_can_repeat_it(rig: Rig, report: Report) -> None:
    [incident] = rig.declare(1, spread=900)
    assert rig.act("acknowledge", "one tap", ALLCLEAR_CRASH_AT="engine.before_acknowledged") == EXIT_STATUS
    assert Page.objects.get().state == Page.State.OPEN
    assert rig.act("acknowledge", "one tap") == 0
    assert rig.act("acknowledge", "one tap") == 0
    assert Page.objects.get().state == Page.State.ACKNOWLEDGED
    assert Event.objects.filter(incident=incident, kind="acknowledged").count() == 1
    answered = clock.now()
    with rig.pager():
        until(lambda: rig.has_looked_since(answered + timedelta(seconds=2)), "the pager has done its rounds")
    assert rig.sink.mails() == [], "nothing is sent after the answer"
    report.add("11: death while acknowledging", rig)


def test_a_clock_that_dies_anywhere_loses_and_doubles_nothing(rig: Rig, report: Report) -> None:
    for point in (*CLOCK, *SENDING):
        rig.declare(3, spread=0)
        assert rig.run("pagerclock", ALLCLEAR_CRASH_AT=point) == EXIT_STATUS, point
    with rig.pager():
        rig.settle()
        assert rig.faults(pages=3 * 4 * len((*CLOCK, *SENDING))) == []
    report.add(f"11: death of the clock at {len((*CLOCK, *SENDING))} places", rig, late_allowed=True)


def wait_for_a_death(pager: Keeper) -> None:
    until(lambda: len(queue_processes(pager)) >= 4, "two workers and their helpers are up")
    first = queue_processes(pager)
    until(lambda: first - queue_processes(pager), "a worker has died")


def test_workers_that_keep_dying_while_sending_lose_nothing(rig: Rig, report: Report) -> None:
    for point in SENDING:
        rig.declare(5, spread=2)
        pager = rig.keeper("runpager", "--grace", "1", ALLCLEAR_CRASH_AT=f"{point}:3")
        pager.start()
        wait_for_a_death(pager)
        pager.stop(signal.SIGKILL)
    with rig.pager():
        rig.settle()
        assert rig.faults(pages=5 * 4 * len(SENDING)) == []
    report.add(f"11: workers dying at {len(SENDING)} places of sending", rig, late_allowed=True)
