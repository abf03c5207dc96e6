"""Nobody is paged twice in the same instant."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from accounts.actor import Actor
from escalation.models import Page
from incidents import actions
from incidents.models import Component
from tests.journeys.story import NIGHT, Time, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def time() -> Iterator[Time]:
    with time_machine.travel(NIGHT, tick=False) as travel:
        yield Time(travel)


def test_the_next_person_and_the_repetition_do_not_ask_the_same_person_twice(time: Time) -> None:
    world = World()
    webhooks = list(Component.objects.filter(slug="webhooks"))
    actions.declare(by=Actor.of(world.carol), title="Webhooks down", severity=1, components=webhooks)
    time.pass_(minutes=14)
    asked = Counter(Page.objects.values_list("user__name", "due_at"))
    assert max(asked.values()) == 1
    assert {name for name, _ in asked} == {"Bob", "Femi"}
    assert Page.objects.filter(user=world.bob).count() == 3  # at 0, 5 and 10 minutes
    assert min(due for name, due in asked if name == "Femi") == NIGHT + timedelta(minutes=5)
