"""Who has an incident leaves, or their account is switched off: others are asked, whoever did it and how."""

from datetime import timedelta

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.models import User
from common import clock
from communications.models import Delivery
from escalation import actions, audit, engine
from escalation.models import Escalation, EscalationTimer, Page
from incidents import actions as incidents
from incidents.models import Event, EventKind, Incident
from oncall.models import RoleTarget
from tests import builders
from tests.accounts.test_admin import user_form
from tests.escalation.story import Story, paged


def acknowledge(user: User, incident: Incident) -> None:
    actions.acknowledge(by=Actor.of(user), incident=incident)


def switch_off(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def entries(incident: Incident) -> list[str]:
    rows = Event.objects.filter(incident=incident, kind=EventKind.ESCALATION_CHANGED).order_by("sequence")
    return [event.data["headline"] for event in rows]


@pytest.mark.parametrize("severity", [1, 2, 3, 4])
def test_when_who_has_it_is_switched_off_the_role_is_asked_again_at_once(story: Story, severity: int) -> None:
    incident = story.declare(severity)
    acknowledge(story.bob, incident)
    story.wait(minutes=10)
    switch_off(story.bob)
    engine.tick(clock.now())
    assert paged(incident) == [("Bob", "12:00:00"), ("Carol", "12:10:00")]
    assert Delivery.objects.filter(user=story.carol, kind="page", state="queued").exists()
    assert entries(incident) == ["asks somebody else: Bob can no longer sign in"]


def test_when_who_has_it_is_deleted_too(story: Story) -> None:
    incident = story.declare(3)
    acknowledge(story.bob, incident)
    story.wait(minutes=10)
    story.bob.delete()
    engine.tick(clock.now())
    assert ("Carol", "12:10:00") in paged(incident)
    assert Page.objects.get(incident=incident, user_label="Bob").state == Page.State.STOPPED


def test_an_admin_who_switches_the_account_off_causes_it(story: Story) -> None:
    incident = story.declare(3)
    acknowledge(story.bob, incident)
    browser = Client()
    browser.force_login(builders.erin())
    address = f"/admin/accounts/user/{story.bob.pk}/change/"
    assert browser.post(address, user_form(story.bob, is_active="")).status_code == 302
    engine.tick(clock.now())
    assert ("Carol", "12:00:00") in paged(incident)


def test_it_is_done_once(story: Story) -> None:
    incident = story.declare(3)
    acknowledge(story.bob, incident)
    switch_off(story.bob)
    for _ in range(3):
        engine.tick(clock.now())
    assert len(paged(incident)) == 2
    assert len(entries(incident)) == 1


def test_whoever_is_on_call_by_now_is_asked_first(story: Story) -> None:
    incident = story.declare(3)
    acknowledge(story.bob, incident)
    RoleTarget.objects.filter(role="on_call").delete()
    builders.fills("on_call", story.mia, story.team)
    switch_off(story.bob)
    engine.tick(clock.now())
    assert ("Mia", "12:00:00") in paged(incident)


def test_with_nobody_left_in_the_role_the_next_role_is_asked_at_once(story: Story) -> None:
    RoleTarget.objects.filter(role="on_call", position__gt=0).delete()
    incident = story.declare(3)
    acknowledge(story.bob, incident)
    switch_off(story.bob)
    engine.tick(clock.now())
    assert ("Lee", "12:00:00") in paged(incident)


def test_while_somebody_else_of_the_role_has_it_nobody_is_woken(story: Story) -> None:
    incident = story.declare(1)
    story.wait(minutes=5)
    acknowledge(story.bob, incident)
    acknowledge(story.carol, incident)
    Page.objects.filter(user=story.carol).update(role="on_call")
    before = paged(incident)
    switch_off(story.bob)
    engine.tick(clock.now())
    assert paged(incident) == before


def test_who_was_asked_and_cannot_answer_any_more_is_replaced_too(story: Story) -> None:
    incident = story.declare(1)
    story.wait(minutes=1)
    switch_off(story.bob)
    engine.tick(clock.now())
    assert paged(incident) == [("Bob", "12:00:00"), ("Carol", "12:01:00")]


def test_who_was_paged_by_name_and_leaves_brings_back_the_on_call_engineer(story: Story) -> None:
    incident = story.declare(3)
    acknowledge(story.bob, incident)
    by = Actor.of(story.bob)
    actions.page_person(by=by, incident=incident, user=story.mia, reason="Knows billing")
    acknowledge(story.mia, incident)
    actions.release(by=by, incident=incident, user=story.bob)
    story.wait(minutes=5)
    switch_off(story.mia)
    engine.tick(clock.now())
    assert paged(incident, role="on_call") == [("Bob", "12:00:00"), ("Bob", "12:05:00")]


def test_an_escalation_that_had_come_to_its_end_begins_again(story: Story) -> None:
    RoleTarget.objects.exclude(role="on_call").delete()
    incident = story.declare(3)
    acknowledge(story.bob, incident)
    Escalation.objects.update(exhausted_at=clock.now())
    switch_off(story.bob)
    engine.tick(clock.now())
    assert Escalation.objects.get(incident=incident).exhausted_at is None
    assert EscalationTimer.objects.filter(incident=incident, kind="repeat", state="armed").exists()


def test_after_the_end_nobody_is_asked(story: Story) -> None:
    incident = story.declare(3)
    acknowledge(story.bob, incident)
    incidents.cancel(by=Actor.of(story.alice), incident=incident, reason="Nothing")
    switch_off(story.bob)
    assert engine.tick(clock.now()) == 0
    assert paged(incident) == [("Bob", "12:00:00")]


def test_who_left_has_nothing_to_be_asked_about(story: Story) -> None:
    incident = story.declare(1)
    acknowledge(story.bob, incident)
    switch_off(story.bob)
    engine.tick(clock.now())
    acknowledge(story.carol, incident)
    story.wait(minutes=14)
    assert not EscalationTimer.objects.filter(
        incident=incident, key__startswith=f"expiry:{story.bob.pk}:", state="armed"
    ).exists()
    broken = [row for row in audit.findings(clock.now()) if not row.holds and row.key not in ("I3", "I6")]
    assert broken == []


def test_looking_for_leavers_takes_one_query(story: Story, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    for _ in range(3):
        acknowledge(story.bob, story.declare(3))
    story.traveller.shift(timedelta(seconds=1))
    with django_assert_num_queries(2):  # what is due, who has left
        engine.tick(clock.now())
