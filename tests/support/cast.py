"""The people of every story: alice commands, bob responds, carol communicates, dave is outside, erin administers."""

import pytest

from accounts.models import User
from tests import builders


@pytest.fixture
def alice(db: None) -> User:
    return builders.alice()


@pytest.fixture
def bob(db: None) -> User:
    return builders.bob()


@pytest.fixture
def carol(db: None) -> User:
    return builders.carol()


@pytest.fixture
def dave(db: None) -> User:
    return builders.dave()


@pytest.fixture
def erin(db: None) -> User:
    return builders.erin()
