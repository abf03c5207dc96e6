"""More to send than can be sent at once: whoever works it off is let alone."""

import pytest

from tests.slow.report import Report
from tests.slow.rig import Rig

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("rig", [0.5], indirect=True)
def test_a_queue_with_a_backlog_is_not_taken_for_a_stuck_one(rig: Rig, report: Report) -> None:
    """With few threads, so many mails at half a second each last half a minute: so long the canary waits."""
    with rig.pager(DELIVERY_THREADS="1"):
        rig.declare(60, spread=0)
        rig.settle()
        assert "supervisor.stuck" not in rig.log.read_text()
        assert rig.faults(pages=240) == []
    report.add("a backlog of half a minute", rig, late_allowed=True)
