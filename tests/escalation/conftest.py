"""Time stands still at noon on a Wednesday until a story moves it."""

from collections.abc import Iterator

import pytest
import time_machine

from escalation.engine import broken
from tests.builders import NOON
from tests.escalation.story import Story, begin


@pytest.fixture
def story(db: None) -> Iterator[Story]:
    """The scene at noon, with nothing declared."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield begin(traveller)


@pytest.fixture(autouse=True)
def no_failures_before() -> None:
    """A process remembers which rows it could not handle by their keys, which tests use again."""
    broken.forget()
