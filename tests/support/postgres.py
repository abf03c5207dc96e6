"""A PostgreSQL for one test to stop, crash and start again."""

from collections.abc import Iterator

import pytest

from scripts.private_postgres import PrivatePostgres, private_postgres


@pytest.fixture
def own_postgres() -> Iterator[PrivatePostgres]:
    """A durable server of the test's own: stop("immediate") is a crash, start() brings it back.

    The tests' own database is another one. A test hands `url` to the programs that it starts.
    """
    with private_postgres(durable=True) as server:
        yield server
