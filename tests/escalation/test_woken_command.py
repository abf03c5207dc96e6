"""``manage.py who_will_be_woken`` in a script: its status says whether anybody would be paged."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from escalation.models import EscalationRule
from oncall.models import RoleTarget, Schedule
from tests import builders
from tests.escalation.story import Story


def said(**options: Any) -> str:
    out = StringIO()
    call_command("who_will_be_woken", stdout=out, **options)
    return out.getvalue()


@pytest.mark.django_db
def test_without_anybody_on_call_the_command_fails_and_says_so() -> None:
    with pytest.raises(CommandError, match="Nobody would be paged"):
        call_command("who_will_be_woken", severity=1, at="2026-03-28T03:00")


def test_it_lists_the_steps_with_their_repetitions(story: Story) -> None:
    lines = said(severity=1, at="2026-03-28T03:00").splitlines()
    assert lines[0] == "SEV-1 for Platform, declared Sat 28 Mar 2026 03:00 UTC"
    assert "at once  On-call Engineer: Bob by mail, Allclear (Platform rota, layer Primary)" in lines[1]
    assert lines[2].strip() == "again every 5 min until answered, 11 times, last Sat 28 Mar 04:00"
    assert "“I have it” ends the asking in that role." in lines[-1]


def test_times_are_those_of_the_zone_and_a_clock_change_is_said(story: Story) -> None:
    lines = said(severity=1, at="2026-10-25T01:30", zone="Europe/London").splitlines()
    assert "declared Sun 25 Oct 2026 01:30 BST" in lines[0]
    assert "01:30 comes twice" in lines[1]
    assert "Sun 25 Oct 01:30 BST" in lines[2]


def test_a_team_is_chosen_by_its_short_name(story: Story) -> None:
    builders.fills("on_call", story.carol, builders.team("Data"))
    assert "Carol by mail, Allclear (On-call Engineer of Data)" in said(severity=1, team="data")


@pytest.mark.parametrize("timing", ["weekly_review", "monthly_review"])
def test_a_severity_that_is_only_discussed_ends_with_status_1(story: Story, timing: str) -> None:
    EscalationRule.objects.filter(severity=4).update(timing=timing, action="agenda")
    with pytest.raises(CommandError, match="Nobody is paged: SEV-4 only goes on the agenda"):
        said(severity=4)


def test_a_severity_of_which_people_are_only_told_ends_with_status_1(story: Story) -> None:
    EscalationRule.objects.filter(severity=4).update(action="notice", timing="next_day")
    with pytest.raises(CommandError, match="nobody is asked for an answer"):
        said(severity=4)


def test_one_gap_among_people_is_no_failure(story: Story) -> None:
    RoleTarget.objects.filter(role="manager").delete()
    assert "NOBODY (a gap)" in said(severity=1)


def test_as_json_it_is_what_the_api_answers(story: Story) -> None:
    client = Client()
    client.force_login(story.alice)
    at = "2026-03-28T03:00:00Z"
    there = client.get(f"/api/v1/escalation/preview?severity=1&at={at}").json()
    assert json.loads(said(severity=1, at=at, json=True)) == there


def test_as_json_too_it_fails_after_it_has_answered(story: Story) -> None:
    RoleTarget.objects.all().delete()
    Schedule.objects.all().delete()
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("who_will_be_woken", severity=1, json=True, stdout=out)
    assert json.loads(out.getvalue())["is_anybody_paged"] is False


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"zone": "Mars/Crater"}, "There is no time zone “Mars/Crater”"),
        ({"team": "nobody"}, "There is no team “nobody”. Known: platform."),
        ({"at": "9999-12-31T23:59"}, "Choose a time between the years 2000 and 2100."),
    ],
)
def test_it_refuses_what_it_does_not_know(story: Story, options: dict[str, str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        said(severity=1, **options)
