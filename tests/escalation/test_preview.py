"""Who will be woken: the list must be what the engine then does."""

from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Team, User
from config import defaults
from escalation.models import EscalationRule
from escalation.preview import Plan, who_will_be_woken
from oncall.models import RoleTarget
from tests import builders
from tests.builders import NOON

pytestmark = pytest.mark.django_db
SATURDAY_NIGHT = datetime(2026, 3, 28, 3, 0, tzinfo=UTC)


@pytest.fixture
def platform(alice: User, bob: User, carol: User, erin: User) -> Team:
    """Bob is on call, then the team; Carol leads, Alice manages, Erin is the executive; office hours in London."""
    defaults.load()
    RoleTarget.objects.all().delete()
    Team.objects.all().delete()
    team = builders.team("Platform", bob, carol, is_default=True, calendar=builders.office_hours())
    builders.fills("on_call", builders.rota("Platform", bob), team)
    builders.fills("on_call", team, team, position=1)
    builders.fills("team_lead", carol)
    builders.fills("manager", alice)
    builders.fills("executive", erin)
    return team


def told(plan: Plan) -> list[tuple[int, str, list[str]]]:
    return [
        (int(row.offset.total_seconds() / 60), row.role, [str(person.user) for person in row.people])
        for row in plan.rows
    ]


def test_a_sev_1_pages_the_whole_ladder_within_the_hour(platform: Team) -> None:
    plan = who_will_be_woken(1, platform, NOON)
    assert told(plan) == [
        (0, "on_call", ["Bob"]),
        (5, "on_call", ["Bob", "Carol"]),
        (15, "team_lead", ["Carol"]),
        (30, "manager", ["Alice"]),
        (60, "executive", ["Erin"]),
    ]
    rows = plan.rows
    assert rows[0].people[0].reason == "Platform rota, layer Primary"
    assert [row.condition for row in rows[:3]] == [
        "unless mitigated",
        "if nobody answers",
        "unless mitigated",
    ]


def test_a_sev_3_at_night_waits_for_business_hours_and_ends_on_an_agenda(platform: Team) -> None:
    rows = [row for row in who_will_be_woken(3, platform, SATURDAY_NIGHT).rows if not row.position]
    assert [(f"{row.due_at:%a %H:%M}", row.role) for row in rows] == [
        ("Mon 08:00", "on_call"),
        ("Mon 08:00", "manager"),
        ("Mon 09:00", "executive"),
        ("Mon 12:00", "team_lead"),
    ]
    agenda = [row for row in rows if row.is_agenda]
    assert [(row.role, row.rule.words, row.is_gap) for row in agenda] == [
        ("executive", "Weekly review", False)
    ]


def test_people_are_those_on_shift_when_it_comes_due_and_not_now(
    platform: Team, alice: User, bob: User
) -> None:
    platform.role_targets.all().delete()
    builders.fills("on_call", builders.rota("Night", bob, alice, unit="day"), platform)
    before_hand_off = datetime(2026, 3, 24, 8, 58, tzinfo=UTC)
    plan = who_will_be_woken(1, platform, before_hand_off)
    assert told(plan)[0] == (0, "on_call", ["Bob"])
    builders.fills("on_call", builders.rota("Second", bob, alice, unit="day"), platform, position=1)
    plan = who_will_be_woken(1, platform, before_hand_off)
    assert told(plan)[:2] == [(0, "on_call", ["Bob"]), (5, "on_call", ["Alice"])]


def test_a_gap_is_shown_and_the_next_role_is_asked_at_once(platform: Team) -> None:
    platform.role_targets.all().delete()
    builders.fills("on_call", builders.rota("Empty", None), platform)
    plan = who_will_be_woken(1, platform, NOON)
    rows = plan.rows
    assert told(plan)[:2] == [(0, "on_call", []), (0, "team_lead", ["Carol"])]
    assert rows[0].is_gap
    assert [row.role for row in rows].count("team_lead") == 1


def test_somebody_who_can_no_longer_sign_in_is_a_gap(platform: Team, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert told(who_will_be_woken(1, platform, NOON))[0] == (0, "on_call", [])


def test_the_methods_are_named_in_the_persons_order(platform: Team, bob: User) -> None:
    assert who_will_be_woken(1, platform, NOON).rows[0].people[0].methods == ("mail", "Allclear")
    builders.mail_method(bob, "bob@work.example", position=0)
    builders.mail_method(bob, "bob@home.example", position=1, delay_minutes=3)
    assert who_will_be_woken(1, platform, NOON).rows[0].people[0].methods == (
        "mail",
        "mail after 3 min",
        "Allclear",
    )


def test_without_a_matrix_the_on_call_engineer_is_listed(platform: Team) -> None:
    EscalationRule.objects.all().delete()
    rows = who_will_be_woken(1, platform, NOON).rows
    assert {row.role for row in rows} == {"on_call"}
    assert rows[0].due_at == NOON


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--at", "tomorrow"], "“tomorrow” is not an instant"),
        (["--at", "2026-13-45T99:00"], "is not an instant"),
        (["--component", "nonsense"], "There is no component “nonsense”. Known:"),
    ],
)
def test_the_command_refuses_what_it_does_not_know(
    platform: Team, arguments: list[str], sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("who_will_be_woken", "--severity", "1", *arguments)
