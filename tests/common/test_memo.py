"""What an action reads once, and that nothing is kept beyond it."""

from typing import Any

import pytest

from accounts import calendars
from accounts.models import BusinessHours
from accounts.write import one_transaction
from tests import builders


@pytest.mark.django_db
def test_a_calendar_is_read_once_in_an_action(django_assert_num_queries: Any) -> None:
    team = builders.team(calendar=builders.office_hours())
    with one_transaction(), django_assert_num_queries(2):
        assert calendars.for_team(team) is calendars.for_team(team)


@pytest.mark.django_db
def test_the_next_action_sees_what_an_admin_changed() -> None:
    team = builders.team(calendar=builders.office_hours())
    with one_transaction():
        assert len(calendars.for_team(team).weekly) == 5
    BusinessHours.objects.filter(weekday=4).delete()
    with one_transaction():
        assert len(calendars.for_team(team).weekly) == 4


@pytest.mark.django_db
def test_outside_an_action_nothing_is_kept() -> None:
    team = builders.team(calendar=builders.office_hours())
    assert len(calendars.for_team(team).weekly) == 5
    BusinessHours.objects.filter(weekday=4).delete()
    assert len(calendars.for_team(team).weekly) == 4
