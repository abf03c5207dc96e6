"""Fault 13 of docs/explanation/reliability.md: PostgreSQL crashes and comes back."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import environ
import pytest
from django.db import connection
from django.db.models import Max

from common import clock
from communications.models import Delivery
from escalation.models import Page
from scripts.private_postgres import PrivatePostgres
from tests.slow.report import Report
from tests.slow.rig import CountingSink, Rig, until

pytestmark = [pytest.mark.slow, pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

ADDRESS = ("NAME", "USER", "PASSWORD", "HOST", "PORT")


@pytest.fixture
def rig(transactional_db: None, own_postgres: PrivatePostgres, tmp_path: Path) -> Iterator[Rig]:
    """The scene on a durable server of its own, which may be crashed."""
    kept = {name: connection.settings_dict[name] for name in ADDRESS}
    own = environ.Env.db_url_config(own_postgres.url)
    connection.close()
    connection.settings_dict.update({name: own[name] for name in ADDRESS})
    try:
        with CountingSink() as sink:
            Rig.migrate(tmp_path)
            yield Rig(sink, tmp_path)
    finally:
        connection.close()
        connection.settings_dict.update(kept)


def test_a_crash_of_the_server_stalls_the_pages_and_loses_none(
    rig: Rig, own_postgres: PrivatePostgres, report: Report
) -> None:
    restarts = []
    with rig.pager():
        rig.declare(25, spread=20)
        until(lambda: len(rig.sink.mails()) >= 30, "some are out")
        for _ in range(2):
            own_postgres.stop("immediate")
            own_postgres.start()
            connection.close()
            restarts.append(clock.now())
            until(rig.has_caught_up, "what was overdue is out", seconds=30)
        rig.settle()
        assert rig.faults(pages=100) == []
    stalls = [stall(at) for at in restarts]
    assert max(stalls) <= (15 if rig.is_busy else 5), "counted from when the server answers again"
    report.add(
        f"13: two crashes of PostgreSQL, stalls {stalls[0]:.1f} and {stalls[1]:.1f} s", rig, late_allowed=True
    )


def stall(restart: datetime) -> float:
    """Return how long after a restart the last page went out that had come due before it, in seconds."""
    overdue = Page.objects.filter(due_at__lt=restart).values_list("pk", flat=True)
    topics = [f"page:{pk}" for pk in overdue]
    late = Delivery.objects.filter(topic__in=topics, first_attempt_at__gt=restart)
    last = late.aggregate(at=Max("first_attempt_at"))["at"]
    return (last - restart).total_seconds() if last else 0.0
