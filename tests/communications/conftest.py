"""Time stands still at noon; what a test enqueues it delivers itself."""

from collections.abc import Iterator

import pytest
import time_machine

from tests.builders import NOON


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Freeze time at noon on a Wednesday; ``clock.shift(60)`` moves it."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller
