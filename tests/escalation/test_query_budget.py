"""What a step costs: hundreds may come due in the same second, and each query of each is waited for."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from common import clock
from communications.models import Delivery
from escalation import engine
from escalation.models import EscalationTimer, Page
from incidents.models import Incident
from oncall.models import RoleTarget
from tests import builders
from tests.escalation.story import Story

# The sweep's own: what is due, and who has left.
SWEEP = 2
# One person by the matrix, with BEGIN, COMMIT and a savepoint: 19; and whoever shadows them, in a savepoint of its own.
STEP = 19 + 3
MaxQueries = Callable[[int], AbstractContextManager[object]]


def due_for_the_lead(story: Story, count: int) -> list[Incident]:
    """Let the team lead of so many incidents be due at one instant, and nobody else."""
    made = [story.declare(1) for _ in range(count)]
    EscalationTimer.objects.exclude(key="rule:team_lead").update(state="cancelled")
    story.sleep_through(minutes=15)
    return made


@pytest.mark.parametrize("count", [1, 5])
def test_what_a_step_costs_is_bounded(
    story: Story, count: int, django_assert_max_num_queries: MaxQueries
) -> None:
    due_for_the_lead(story, count)
    with django_assert_max_num_queries(SWEEP + count * STEP):
        assert engine.tick(clock.now()) == count
    assert Page.objects.filter(role="team_lead").count() == count


def test_a_whole_team_takes_hardly_more_than_one_person(
    story: Story, django_assert_max_num_queries: MaxQueries
) -> None:
    people = [builders.person(f"Person {number}") for number in range(12)]
    everybody = builders.team("Everybody", *people)
    RoleTarget.objects.filter(role="team_lead").delete()
    builders.fills("team_lead", everybody, story.team)
    due_for_the_lead(story, 1)
    with django_assert_max_num_queries(SWEEP + STEP + 1):  # its members
        engine.tick(clock.now())
    asked = Page.objects.filter(role="team_lead")
    assert {page.user for page in asked} == set(people)
    assert Delivery.objects.filter(topic__in=[f"page:{page.pk}" for page in asked]).count() == 24
