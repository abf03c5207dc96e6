"""The clock that everything asks."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from common import clock

LONG_AGO = datetime(2024, 2, 29, 3, 0, tzinfo=UTC)


def test_a_block_can_run_as_if_it_were_another_time() -> None:
    with clock.at(LONG_AGO):
        assert clock.now() == LONG_AGO
    assert clock.now() > LONG_AGO


def test_other_threads_keep_the_real_time() -> None:
    with clock.at(LONG_AGO), ThreadPoolExecutor(1) as pool:
        assert pool.submit(clock.now).result() > LONG_AGO
