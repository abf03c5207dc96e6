"""Who fills a role of the matrix, and why."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from oncall.models import Override
from oncall.targets import Target, on_call_for, people_for
from tests import builders
from tests.builders import NOON

pytestmark = pytest.mark.django_db


def names(positions: list[list[Target]]) -> list[list[str]]:
    return [[str(target.user) for target in people] for people in positions]


def test_the_person_on_shift_is_named_with_rota_layer_and_end(alice: User, bob: User) -> None:
    team = builders.team()
    builders.fills("on_call", builders.rota("Platform", alice, bob), team)
    [[target]] = people_for(team, "on_call", NOON)
    assert target.user == alice
    assert target.reason == "Platform rota, layer Primary, until Mon 09:00 BST"


def test_a_shift_that_ends_far_away_is_named_with_its_date(alice: User, bob: User) -> None:
    team = builders.team()
    builders.fills("on_call", builders.rota("Platform rota", alice, bob, interval=3), team)
    [[target]] = people_for(team, "on_call", NOON)
    assert target.reason == "Platform rota, layer Primary, until Mon 13 Apr 09:00 BST"


def test_somebody_who_is_always_on_call_has_no_end(alice: User) -> None:
    team = builders.team()
    builders.fills("on_call", builders.rota("Platform", alice), team)
    assert people_for(team, "on_call", NOON)[0][0].reason == "Platform rota, layer Primary"


def test_an_override_is_the_reason(alice: User, bob: User) -> None:
    team, rota = builders.team(), builders.rota("Platform", alice)
    builders.fills("on_call", rota, team)
    Override.objects.create(
        schedule=rota, user=bob, starts_at=NOON, ends_at=NOON + timedelta(hours=2), reason="dentist"
    )
    [[target]] = people_for(team, "on_call", NOON)
    assert (target.user, target.reason) == (bob, "Platform rota, override: dentist, until Wed 14:00 GMT")


def test_positions_come_in_order_and_equal_positions_together(alice: User, bob: User, carol: User) -> None:
    team = builders.team("Platform", bob, carol)
    builders.fills("on_call", team, team, position=2)
    builders.fills("on_call", alice, team, position=1)
    builders.fills("on_call", builders.rota("Platform", bob), team, position=0)
    builders.fills("on_call", carol, team, position=0)
    assert names(people_for(team, "on_call", NOON)) == [["Bob", "Carol"], ["Alice"], ["Bob", "Carol"]]


def test_a_teams_own_rows_replace_the_general_ones(alice: User, bob: User) -> None:
    platform, data = builders.team("Platform"), builders.team("Data")
    builders.fills("team_lead", alice)
    builders.fills("team_lead", bob, data)
    assert names(people_for(platform, "team_lead", NOON)) == [["Alice"]]
    assert people_for(data, "team_lead", NOON)[0] == [Target(bob, "Team Lead of Data")]


def test_nobody_on_shift_is_an_empty_position(alice: User) -> None:
    team = builders.team()
    builders.fills("on_call", builders.rota("Platform", None), team)
    builders.fills("on_call", alice, team, position=1)
    assert names(people_for(team, "on_call", NOON)) == [[], ["Alice"]]


def test_a_role_without_any_row_is_a_gap(db: None) -> None:
    assert people_for(builders.team(), "manager", NOON) == [[]]
    assert people_for(None, "on_call", NOON) == [[]]


def test_a_team_without_rows_is_on_call_by_its_only_schedule_and_then_as_a_team(
    alice: User, bob: User
) -> None:
    team = builders.team("Platform", alice, bob)
    builders.rota("Platform", alice, team=team)
    assert names(people_for(team, "on_call", NOON)) == [["Alice"], ["Alice", "Bob"]]


def test_with_two_schedules_and_no_row_nobody_knows_which_one_counts(alice: User, bob: User) -> None:
    team = builders.team("Platform", alice, bob)
    builders.rota("One", alice, team=team)
    builders.rota("Two", bob, team=team)
    assert people_for(team, "on_call", NOON) == [[]]


def test_an_incident_without_a_team_goes_to_the_default_team(alice: User) -> None:
    default = builders.team("Platform", is_default=True)
    builders.fills("on_call", builders.rota("Platform", alice), default)
    assert on_call_for(builders.bare_incident(), NOON) == [alice]


def test_who_is_on_call_skips_an_empty_position_and_who_can_no_longer_sign_in(alice: User, bob: User) -> None:
    team = builders.team()
    builders.fills("on_call", builders.rota("Platform", alice), team)
    builders.fills("on_call", bob, team, position=1)
    incident = builders.bare_incident(team=team)
    assert on_call_for(incident, NOON) == [alice]
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert on_call_for(incident, NOON) == [bob]


def test_the_hand_off_instant_belongs_to_the_next_person(alice: User, bob: User) -> None:
    team = builders.team()
    builders.fills("on_call", builders.rota("Platform", alice, bob), team)
    hand_off = datetime(2026, 3, 30, 8, 0, tzinfo=UTC)
    assert on_call_for(team, hand_off - timedelta(seconds=1)) == [alice]
    assert on_call_for(team, hand_off) == [bob]


def test_the_cost_does_not_grow_with_the_rows(
    alice: User, bob: User, django_assert_max_num_queries: Any
) -> None:
    team = builders.team()
    for position in range(5):
        builders.fills("on_call", builders.rota(f"Rota {position}", alice, bob), team, position=position)
    with django_assert_max_num_queries(8):
        assert len(people_for(team, "on_call", NOON)) == 5
