"""Fault 26 of docs/explanation/reliability.md: the secret key is changed while work is queued."""

import pytest
from django_q.models import OrmQ

from tests.slow.report import Report
from tests.slow.rig import Rig, until

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_what_was_queued_under_the_old_key_is_sent_within_ten_seconds(rig: Rig, report: Report) -> None:
    rig.declare(20, spread=900)
    assert OrmQ.objects.count() >= 20, "signed with the old key"
    with rig.pager(SECRET_KEY="a new key, which cannot read what the old one signed"):
        took = until(lambda: len(rig.sink.mails()) == 20, "all mails are out", seconds=30)
        assert rig.faults(pages=20) == []
    assert took <= 10
    report.add("26: the secret key is changed", rig, late_allowed=True)
