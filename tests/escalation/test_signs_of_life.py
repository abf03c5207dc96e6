"""A process with a long backlog is busy, not stuck: its keeper sees that work goes on."""

from datetime import datetime, timedelta

import pytest
from pytest_django import Settings

from common import clock, due, progress
from common.due import DueSource
from communications import outbox
from communications.models import Delivery
from escalation.pager import heartbeats
from escalation.pager.clock import PagerClock
from tests.escalation.story import Story

STUCK = timedelta(seconds=8)
seen: list[timedelta] = []


class Backlog:
    """Something that comes due and takes half a minute, two seconds a row."""

    pager: PagerClock
    story: Story

    @classmethod
    def sweep(cls, now: datetime) -> int:
        for _ in range(15):
            cls.story.sleep_through(seconds=2)
            progress.made()
            last = heartbeats.last(cls.pager.name)
            seen.append(clock.now() - last if last else STUCK)
        cls.pager.stop()
        return 15


BACKLOG = DueSource("backlog", lambda: None, Backlog.sweep)


@pytest.fixture(autouse=True)
def nobody_listens_afterwards():  # type: ignore[no-untyped-def]
    yield
    progress.report_to(None)
    due.sources.cache_clear()
    seen.clear()


@pytest.mark.sqlite  # on PostgreSQL the clock listens on a connection of its own, which outlives the test
def test_a_clock_gives_signs_of_life_in_the_middle_of_a_sweep(story: Story, settings: Settings) -> None:
    settings.DUE_SOURCES = [f"{__name__}.BACKLOG"]
    due.sources.cache_clear()
    Backlog.pager, Backlog.story = PagerClock(), story
    Backlog.pager.run()
    assert len(seen) == 15
    assert max(seen) < STUCK


def test_each_incident_of_a_sweep_is_a_sign_of_life(story: Story) -> None:
    for _ in range(3):
        story.declare(1)
    story.sleep_through(minutes=5)
    pieces: list[int] = []
    progress.report_to(lambda: pieces.append(1))
    due.sweep_all(clock.now())
    assert len(pieces) >= 3


def test_deliveries_are_the_queues_signs_of_life_while_its_canary_waits(story: Story) -> None:
    progress.report_to(heartbeats.Pulse(heartbeats.QUEUE))
    story.declare(1)
    assert heartbeats.newest(heartbeats.QUEUE) is None
    outbox.deliver(Delivery.objects.values_list("pk", flat=True))
    beat = heartbeats.newest(heartbeats.QUEUE)
    assert beat is not None
    assert (beat.name, beat.beat_at) == (heartbeats.own_name(heartbeats.QUEUE), clock.now())
