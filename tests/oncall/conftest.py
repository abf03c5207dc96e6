"""A rota of three and a clock that stands."""

from collections.abc import Iterator

import pytest
import time_machine

from accounts.models import User
from oncall.models import Schedule
from tests import builders
from tests.builders import NOON
from tests.oncall.people import frozen


@pytest.fixture
def noon() -> Iterator[time_machine.Traveller]:
    """Wednesday noon; Alice is on call."""
    yield from frozen(NOON)


@pytest.fixture
def three(alice: User, bob: User, carol: User) -> Schedule:
    """Alice, Bob and Carol take turns for the team Platform."""
    team = builders.team("Platform", alice, bob, carol, is_default=True)
    return builders.rota("Platform", alice, bob, carol, team=team)
