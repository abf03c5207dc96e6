"""Fault 13 of docs/explanation/reliability.md: PostgreSQL crashes and comes back."""

from collections.abc import Iterator
from pathlib import Path

import environ
import pytest
from django.db import connection

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
    with rig.pager():
        rig.declare(25, spread=20)
        until(lambda: len(rig.sink.mails()) >= 30, "some are out")
        for _ in range(2):
            own_postgres.stop("immediate")
            own_postgres.start()
            connection.close()
            until(rig.is_alive, "the pager is up again", seconds=20)
        rig.settle()
        rig.expect_pages(100)
    report.add("13: two crashes of PostgreSQL", rig, late_allowed=True)
