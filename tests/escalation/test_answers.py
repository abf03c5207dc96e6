"""I have it, can't take it, page her now, go back to bed."""

from datetime import timedelta

import pytest

from accounts.actor import Actor
from accounts.models import User
from common import clock
from common.errors import Conflict, Invalid, NotAllowed
from communications.models import Delivery
from escalation import actions, audit, engine, handlers
from escalation.models import EscalationTimer, Page
from incidents import actions as incident_actions
from incidents.models import Event, EventKind, Responder
from oncall.models import RoleTarget
from tests import builders
from tests.escalation.story import Story, kinds, paged


def acknowledge(user: User, incident, page: Page | None = None) -> None:  # type: ignore[no-untyped-def]
    actions.acknowledge(by=Actor.of(user), incident=incident, page=page)


class TestIHaveIt:
    def test_the_response_clock_is_met_and_the_person_joins(self, story: Story) -> None:
        incident = story.declare(1)
        story.wait(minutes=3)
        acknowledge(story.bob, incident, Page.objects.get(incident=incident))
        incident.refresh_from_db()
        assert (incident.acknowledged_by, incident.acknowledged_at) == (story.bob, clock.now())
        assert Page.objects.get(incident=incident).state == Page.State.ACKNOWLEDGED
        assert Responder.objects.filter(incident=incident, user=story.bob, left_at=None).exists()
        event = Event.objects.get(incident=incident, kind=EventKind.ACKNOWLEDGED)
        assert (event.actor, event.data["first"]) == (story.bob, True)

    def test_repetition_stops_but_the_time_rules_go_on(self, story: Story) -> None:
        incident = story.declare(1)
        acknowledge(story.bob, incident)
        story.wait(minutes=14)
        assert paged(incident) == [("Bob", "12:00:00")]
        incident_actions.add_note(by=Actor.of(story.bob), incident=incident, text="Looking")
        story.wait(minutes=1)
        assert paged(incident) == [("Bob", "12:00:00"), ("Lee", "12:15:00")]

    def test_what_is_not_sent_yet_is_not_sent_any_more(self, story: Story) -> None:
        incident = story.declare(1)
        acknowledge(story.bob, incident)
        states = Delivery.objects.filter(incident=incident, kind="page").values_list("state", flat=True)
        assert set(states) == {Delivery.State.CANCELLED}

    def test_the_others_of_the_role_are_let_off(self, story: Story) -> None:
        incident = story.declare(2)
        story.wait(minutes=6)
        acknowledge(story.carol, incident)
        bob = Page.objects.get(incident=incident, user=story.bob)
        assert (bob.state, bob.note) == (Page.State.STOPPED, "Carol has it")
        story.wait(minutes=20)
        assert len(paged(incident)) == 2

    def test_twice_is_once(self, story: Story) -> None:
        incident = story.declare(1)
        page = Page.objects.get(incident=incident)
        acknowledge(story.bob, incident, page)
        story.wait(minutes=1)
        acknowledge(story.bob, incident, page)
        assert kinds(incident).count("acknowledged") == 1
        incident.refresh_from_db()
        assert incident.acknowledged_at == clock.now() - timedelta(minutes=1)

    def test_the_first_answer_counts(self, story: Story) -> None:
        incident = story.declare(1)
        story.wait(minutes=15)
        acknowledge(story.lee, incident)
        acknowledge(story.bob, incident)
        incident.refresh_from_db()
        assert incident.acknowledged_by == story.lee

    def test_an_old_mails_link_works_after_the_page_was_repeated(self, story: Story) -> None:
        incident = story.declare(1)
        first = Page.objects.get(incident=incident)
        story.wait(minutes=5)
        acknowledge(story.bob, incident, first)
        assert set(
            Page.objects.filter(incident=incident, user=story.bob).values_list("state", flat=True)
        ) == {Page.State.ACKNOWLEDGED}

    def test_who_was_not_paged_stands_in_for_the_on_call_engineer(self, story: Story) -> None:
        incident = story.declare(1)
        acknowledge(story.alice, incident)
        assert Page.objects.get(incident=incident, user=story.bob).note == "Alice has it"
        incident.refresh_from_db()
        assert incident.acknowledged_by == story.alice
        story.wait(minutes=10)
        assert paged(incident) == [("Bob", "12:00:00")]

    def test_who_was_not_paged_says_it_once_and_is_sent_nothing(self, story: Story) -> None:
        incident = story.declare(1)
        acknowledge(story.alice, incident)
        story.wait(minutes=1)
        acknowledge(story.alice, incident)
        assert kinds(incident).count("acknowledged") == 1
        page = Page.objects.get(incident=incident, user=story.alice)
        assert (page.state, page.reason) == (Page.State.ACKNOWLEDGED, "Said so without being paged")
        assert not Delivery.objects.filter(topic=f"page:{page.pk}").exists()
        assert all(finding.holds for finding in audit.findings(clock.now()) if finding.key == "I1")

    def test_who_was_not_paged_is_asked_whether_they_are_still_with_it_then_the_on_call(
        self, story: Story
    ) -> None:
        incident = story.declare(1)
        acknowledge(story.alice, incident)
        story.wait(minutes=21)
        asked = paged(incident, role="on_call")
        assert ("Alice", "12:15:00") in asked
        assert ("Bob", "12:20:00") in asked, "the first in line, whom Alice had let off"

    def test_with_somebody_who_was_not_paged_it_is_not_exhausted(self, story: Story) -> None:
        incident = story.declare(3)
        acknowledge(story.alice, incident)
        story.wait(days=7)
        assert not Event.objects.filter(incident=incident, data__exhausted=True).exists()

    def test_who_declined_may_still_take_it(self, story: Story) -> None:
        incident = story.declare(1)
        actions.decline(by=Actor.of(story.bob), page=Page.objects.get(incident=incident))
        acknowledge(story.bob, incident)
        assert Page.objects.get(incident=incident, user=story.carol).note == "Bob has it"
        before = paged(incident, role="on_call")
        story.wait(minutes=14)
        assert paged(incident, role="on_call") == before

    def test_a_machine_cannot(self, story: Story) -> None:
        incident = story.declare(1)
        with pytest.raises(NotAllowed):
            actions.acknowledge(by=Actor.machine("Slack bot"), incident=incident)
        assert Page.objects.get(incident=incident).state == Page.State.OPEN

    def test_nor_somebody_else_by_the_persons_own_page(self, story: Story) -> None:
        incident = story.declare(1)
        with pytest.raises(NotAllowed):
            acknowledge(story.carol, incident, Page.objects.get(incident=incident))

    def test_when_it_is_over_the_refusal_says_who_ended_it(self, story: Story) -> None:
        incident = story.declare(3)
        incident_actions.cancel(by=Actor.of(story.alice), incident=incident, reason="A test")
        with pytest.raises(Conflict, match="cancelled by Alice"):
            acknowledge(story.bob, incident)

    def test_taking_command_answers_ones_own_page(self, story: Story) -> None:
        incident = story.declare(1)
        incident_actions.take_role(by=Actor.of(story.bob), incident=incident, role="commander")
        assert Page.objects.get(incident=incident).state == Page.State.ACKNOWLEDGED


class TestStillWithIt:
    def test_after_a_quarter_of_an_hour_without_activity_the_page_repeats(self, story: Story) -> None:
        incident = story.declare(1)
        acknowledge(story.bob, incident)
        story.wait(minutes=15)
        assert ("Bob", "12:15:00") in paged(incident)
        page = Page.objects.filter(incident=incident, user=story.bob).latest("pk")
        mail = Delivery.objects.get(topic=f"page:{page.pk}", transport="email")
        assert mail.payload["subject"] == f"Still with it? [SEV-1] {incident.reference} Webhooks down"

    def test_without_an_answer_the_next_person_is_asked(self, story: Story) -> None:
        incident = story.declare(1)
        acknowledge(story.bob, incident)
        story.wait(minutes=20)
        assert ("Carol", "12:20:00") in paged(incident, role="on_call")

    def test_activity_postpones_the_question(self, story: Story) -> None:
        incident = story.declare(1)
        acknowledge(story.bob, incident)
        story.wait(minutes=10)
        incident_actions.add_note(by=Actor.of(story.alice), incident=incident, text="Rolling back")
        story.wait(minutes=14, seconds=59)
        assert paged(incident, role="on_call") == [("Bob", "12:00:00")]
        story.wait(seconds=1)
        assert ("Bob", "12:25:00") in paged(incident, role="on_call")

    def test_yes_starts_the_quarter_of_an_hour_anew(self, story: Story) -> None:
        incident = story.declare(1)
        acknowledge(story.bob, incident)
        story.wait(minutes=16)
        acknowledge(story.bob, incident)
        again = Event.objects.filter(incident=incident, kind=EventKind.ACKNOWLEDGED).last()
        assert again is not None
        assert again.data["again"] is True
        story.wait(minutes=14)
        assert [at for who, at in paged(incident, role="on_call")] == ["12:00:00", "12:15:00"]

    def test_a_sev_3_is_not_asked_about(self, story: Story) -> None:
        incident = story.declare(3)
        acknowledge(story.bob, incident)
        assert not EscalationTimer.objects.filter(incident=incident, kind="expiry").exists()


class TestCannotTakeIt:
    def test_the_next_person_is_paged_now(self, story: Story) -> None:
        incident = story.declare(1)
        story.wait(minutes=1)
        actions.decline(by=Actor.of(story.bob), page=Page.objects.get(incident=incident), reason="On a train")
        assert paged(incident) == [("Bob", "12:00:00"), ("Carol", "12:01:00")]
        declined = Page.objects.get(incident=incident, user=story.bob)
        assert (declined.state, declined.note) == (Page.State.DECLINED, "On a train")
        story.wait(minutes=9)
        assert len(paged(incident, role="on_call")) > 2
        assert [who for who, at in paged(incident)].count("Bob") == 1, "who declined is left alone"

    def test_when_the_whole_role_declines_the_next_role_is_paged(self, story: Story) -> None:
        incident = story.declare(1)
        story.wait(minutes=1)
        actions.decline(by=Actor.of(story.bob), page=Page.objects.get(incident=incident))
        actions.decline(by=Actor.of(story.carol), page=Page.objects.get(incident=incident, user=story.carol))
        assert paged(incident, role="team_lead") == [("Lee", "12:01:00")]
        story.wait(minutes=14)
        asked = Event.objects.filter(incident=incident, kind=EventKind.PAGED, data__role="team_lead")
        assert asked.exclude(text__startswith="Asked again").count() == 1, "not once more by the matrix"

    def test_also_after_saying_i_have_it(self, story: Story) -> None:
        incident = story.declare(1)
        page = Page.objects.get(incident=incident)
        acknowledge(story.bob, incident, page)
        actions.decline(by=Actor.of(story.bob), page=page, reason="Laptop died")
        assert ("Carol", "12:00:00") in paged(incident)

    def test_twice_is_once(self, story: Story) -> None:
        incident = story.declare(1)
        page = Page.objects.get(incident=incident)
        actions.decline(by=Actor.of(story.bob), page=page)
        actions.decline(by=Actor.of(story.bob), page=page)
        assert kinds(incident).count("page_declined") == 1
        assert len(paged(incident)) == 2


class TestPageNow:
    def test_a_role_before_its_time_and_then_not_once_more(self, story: Story) -> None:
        incident = story.declare(1)
        story.wait(minutes=2)
        actions.escalate_now(by=Actor.of(story.alice), incident=incident, role="manager")
        assert ("Mia", "12:02:00") in paged(incident)
        rule = EscalationTimer.objects.get(incident=incident, key="rule:manager")
        assert (rule.state, rule.note) == ("fired", "At once, by Alice")
        event = Event.objects.filter(incident=incident, kind=EventKind.PAGED).latest("sequence")
        assert event.actor == story.alice

    def test_an_unknown_role_is_refused(self, story: Story) -> None:
        with pytest.raises(Invalid) as refused:
            actions.escalate_now(by=Actor.of(story.alice), incident=story.declare(1), role="king")
        assert refused.value.field == "role"

    def test_a_role_that_has_it_is_not_paged_again(self, story: Story) -> None:
        incident = story.declare(1)
        acknowledge(story.bob, incident)
        with pytest.raises(Conflict, match="Bob has it already"):
            actions.escalate_now(by=Actor.of(story.alice), incident=incident, role="on_call")

    def test_a_person_by_name_until_they_answer(self, story: Story) -> None:
        incident = story.declare(1)
        acknowledge(story.bob, incident)
        page = actions.page_person(
            by=Actor.of(story.bob), incident=incident, user=story.mia, reason="Knows billing"
        )
        assert page.reason == "Bob asks: Knows billing"
        story.wait(minutes=5)
        assert paged(incident, role="direct") == [("Mia", "12:00:00"), ("Mia", "12:05:00")]
        acknowledge(story.mia, incident)
        story.wait(minutes=6)
        assert len(paged(incident, role="direct")) == 2

    def test_a_person_without_an_account_that_works_is_refused(self, story: Story) -> None:
        incident = story.declare(1)
        User.objects.filter(pk=story.mia.pk).update(is_active=False)
        story.mia.refresh_from_db()
        with pytest.raises(Invalid) as refused:
            actions.page_person(by=Actor.of(story.bob), incident=incident, user=story.mia, reason="Help")
        assert refused.value.field == "user"

    def test_going_back_to_bed_ends_it_for_one_person(self, story: Story) -> None:
        incident = story.declare(1)
        acknowledge(story.bob, incident)
        acknowledge(story.carol, incident)
        actions.release(by=Actor.of(story.alice), incident=incident, user=story.bob)
        assert Page.objects.get(incident=incident, user=story.bob).state == Page.State.STOPPED
        assert paged(incident) == [("Bob", "12:00:00")], "Carol has it"

    def test_when_nobody_has_it_then_the_next_person_is_asked_at_once(self, story: Story) -> None:
        incident = story.declare(1)
        acknowledge(story.bob, incident)
        story.wait(minutes=2)
        for _ in range(2):
            actions.release(by=Actor.of(story.alice), incident=incident, user=story.bob)
        assert paged(incident) == [("Bob", "12:00:00"), ("Carol", "12:02:00")]

    def test_who_is_released_before_they_answer_is_replaced_too(self, story: Story) -> None:
        incident = story.declare(1)
        actions.release(by=Actor.of(story.alice), incident=incident, user=story.bob)
        assert paged(incident) == [("Bob", "12:00:00"), ("Carol", "12:00:00")]

    def test_who_was_just_released_is_not_asked_in_another_role(self, story: Story) -> None:
        RoleTarget.objects.exclude(role="manager").delete()
        builders.fills("on_call", story.bob, story.team)
        builders.fills("team_lead", story.bob, story.team)
        incident = story.declare(1)
        acknowledge(story.bob, incident)
        actions.release(by=Actor.of(story.alice), incident=incident, user=story.bob)
        assert paged(incident) == [("Bob", "12:00:00"), ("Mia", "12:00:00")]

    def test_after_the_end_nobody_is_asked_instead(self, story: Story) -> None:
        incident = story.declare(1)
        acknowledge(story.bob, incident)
        incident_actions.cancel(by=Actor.of(story.alice), incident=incident, reason="Nothing")
        actions.release(by=Actor.of(story.alice), incident=incident, user=story.bob)
        assert paged(incident) == [("Bob", "12:00:00")]


class TestAPageThatCannotBeDelivered:
    def test_the_next_person_is_asked_at_once(self, story: Story) -> None:
        incident = story.declare(1)
        page = Page.objects.get(incident=incident)
        story.wait(minutes=1)
        handlers.on_delivery_failed(Delivery.objects.get(topic=f"page:{page.pk}", transport="email"))
        assert ("Carol", "12:01:00") in paged(incident)
        page.refresh_from_db()
        assert page.state == Page.State.OPEN, "Bob may still see it in Allclear"

    def test_once_only(self, story: Story) -> None:
        incident = story.declare(1)
        delivery = Delivery.objects.get(
            topic=f"page:{Page.objects.get(incident=incident).pk}", transport="email"
        )
        handlers.on_delivery_failed(delivery)
        handlers.on_delivery_failed(delivery)
        assert paged(incident) == [("Bob", "12:00:00"), ("Carol", "12:00:00")]


def test_a_tick_after_the_answer_does_nothing(story: Story) -> None:
    incident = story.declare(2)
    acknowledge(story.bob, incident)
    story.sleep_through(minutes=12)
    engine.tick(clock.now())
    assert paged(incident) == [("Bob", "12:00:00")]
