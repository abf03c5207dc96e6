"""Moving an override never changes what was on call (R52)."""

from datetime import timedelta

import pytest
import time_machine

from accounts.actor import Actor
from accounts.models import User
from common.errors import Conflict, Invalid
from oncall import actions
from oncall.models import Override
from tests import builders
from tests.builders import NOON

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def running(alice: User, bob: User) -> Override:
    schedule = builders.rota("Platform", alice)
    return Override.objects.create(schedule=schedule, user=bob, starts_at=NOON - HOUR, ends_at=NOON + HOUR)


@time_machine.travel(NOON, tick=False)
def test_a_running_override_cannot_end_in_the_past(running: Override, alice: User) -> None:
    with pytest.raises(Invalid) as refused:
        actions.change_override(by=Actor.of(alice), override=running, ends_at=NOON - HOUR / 2)
    assert refused.value.field == "ends_at"
    running.refresh_from_db()
    assert running.ends_at == NOON + HOUR


@time_machine.travel(NOON, tick=False)
def test_an_end_a_moment_ago_means_now(running: Override, alice: User) -> None:
    moved = actions.change_override(by=Actor.of(alice), override=running, ends_at=NOON - timedelta(minutes=2))
    assert moved.ends_at == NOON


@time_machine.travel(NOON, tick=False)
def test_the_start_of_a_running_override_stays(running: Override, alice: User) -> None:
    with pytest.raises(Conflict, match="its start is history"):
        actions.change_override(by=Actor.of(alice), override=running, starts_at=NOON + HOUR / 2)
