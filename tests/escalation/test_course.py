"""What a change of severity or of state does to who is paged."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.actor import Actor
from common import clock
from communications.models import Delivery
from escalation import actions
from escalation.models import EscalationTimer, Page
from incidents import actions as incidents
from incidents.models import Event, EventKind, Incident
from oncall.models import RoleTarget
from tests import builders
from tests.escalation.story import Story, kinds, paged, timers


def change_severity(story: Story, incident: Incident, severity: int) -> None:
    incidents.change_severity(
        by=Actor.of(story.alice), incident=incident, severity=severity, reason="We know more now"
    )


def change_status(story: Story, incident: Incident, to: str) -> None:
    incidents.change_status(
        by=Actor.of(story.alice), incident=incident, to=to, note="Rolled back", rollback_plan="Redeploy v812"
    )


class TestUpgrade:
    def test_the_on_call_engineer_is_paged_again_with_the_word(self, story: Story) -> None:
        incident = story.declare(3)
        story.wait(minutes=20)
        change_severity(story, incident, 1)
        page = Page.objects.filter(incident=incident, role="on_call", user=story.bob).latest("pk")
        assert page.created_at == clock.now()
        mail = Delivery.objects.get(topic=f"page:{page.pk}", transport="email")
        assert mail.payload["subject"] == f"UPGRADED [SEV-1] {incident.reference} Webhooks down"

    def test_the_new_rules_run_from_the_change(self, story: Story) -> None:
        incident = story.declare(2)
        story.wait(minutes=50)
        change_severity(story, incident, 1)
        story.wait(minutes=15)
        assert paged(incident, role="team_lead") == [("Lee", "13:05:00")]

    def test_who_has_acknowledged_stays_so_and_is_told(self, story: Story) -> None:
        incident = story.declare(2)
        actions.acknowledge(by=Actor.of(story.bob), incident=incident)
        story.wait(minutes=1)
        change_severity(story, incident, 1)
        told = Page.objects.filter(incident=incident, user=story.bob).latest("pk")
        assert told.needs_answer is False
        story.wait(minutes=10)
        assert paged(incident) == [("Bob", "12:00:00"), ("Bob", "12:01:00")], "and nobody is asked to answer"

    def test_a_team_lead_who_has_it_is_not_paged_by_the_new_rule(self, story: Story) -> None:
        incident = story.declare(2)
        story.wait(hours=1)
        actions.acknowledge(by=Actor.of(story.lee), incident=incident)
        change_severity(story, incident, 1)
        story.wait(minutes=5)
        incidents.add_note(by=Actor.of(story.lee), incident=incident, text="On it")
        story.wait(minutes=10)
        rule = EscalationTimer.objects.get(incident=incident, epoch=2, key="rule:team_lead")
        assert rule.note == "Lee has it already."

    def test_the_old_rules_are_shown_as_cancelled(self, story: Story) -> None:
        incident = story.declare(2)
        change_severity(story, incident, 1)
        old = EscalationTimer.objects.filter(incident=incident, epoch=1, kind="rule", state="cancelled")
        assert {timer.key for timer in old} == {"rule:team_lead", "rule:manager", "rule:executive"}
        assert {timer.note for timer in old} == {"The severity was raised"}

    def test_a_request_at_night_for_a_slow_incident_becomes_urgent(self, story: Story) -> None:
        story.traveller.move_to(datetime(2026, 3, 27, 23, 0, tzinfo=UTC), tick=False)
        incident = story.declare(4)
        assert paged(incident) == []
        change_severity(story, incident, 1)
        assert paged(incident) == [("Bob", "23:00:00")]


class TestDowngrade:
    def test_nobody_is_paged_and_the_pending_rules_are_cancelled_visibly(self, story: Story) -> None:
        incident = story.declare(1)
        actions.acknowledge(by=Actor.of(story.bob), incident=incident)
        story.wait(minutes=5)
        before = paged(incident)
        change_severity(story, incident, 3)
        assert paged(incident) == before
        old = EscalationTimer.objects.filter(incident=incident, epoch=1, kind="rule", state="cancelled")
        assert {timer.note for timer in old} == {"The severity was lowered"}
        assert "escalation_changed" in kinds(incident)

    def test_the_lower_severitys_rules_run_from_the_change(self, story: Story) -> None:
        incident = story.declare(1)
        actions.acknowledge(by=Actor.of(story.bob), incident=incident)
        story.wait(minutes=10)
        change_severity(story, incident, 2)
        story.wait(hours=1)
        assert ("Lee", "13:10:00") in paged(incident)

    def test_who_was_notified_gets_one_quiet_message(self, story: Story) -> None:
        incident = story.declare(1)
        story.wait(minutes=5)
        change_severity(story, incident, 3)
        notices = Delivery.objects.filter(incident=incident, kind="notice", transport="email")
        assert {row.address for row in notices} == {"bob@example.org", "carol@example.org"}
        assert "lowered from SEV-1 to SEV-3" in notices[0].payload["text"]

    def test_an_unanswered_request_goes_on(self, story: Story) -> None:
        incident = story.declare(1)
        change_severity(story, incident, 2)
        story.wait(minutes=5)
        assert ("Carol", "12:05:00") in paged(incident)

    def test_a_role_that_the_lower_severity_asks_later_is_asked_no_more_for_now(self, story: Story) -> None:
        incident = story.declare(1)
        story.wait(minutes=16)
        assert paged(incident, role="team_lead") == [("Lee", "12:15:00")]
        change_severity(story, incident, 3)
        story.wait(hours=2)
        assert paged(incident, role="team_lead") == [("Lee", "12:15:00")]
        rule = EscalationTimer.objects.get(incident=incident, epoch=2, key="rule:team_lead")
        assert rule.due_at == datetime(2026, 3, 25, 16, 16, tzinfo=UTC)

    def test_an_on_call_engineer_of_whom_there_was_none_is_not_paged_by_it(self, story: Story) -> None:
        RoleTarget.objects.filter(role="on_call").delete()
        incident = story.declare(1)
        change_severity(story, incident, 2)
        builders.fills("on_call", story.bob, story.team)
        story.wait(minutes=30)
        assert paged(incident, role="on_call") == []

    def test_an_agenda_item_of_the_lower_severity_pages_nobody(self, story: Story) -> None:
        incident = story.declare(2)
        change_severity(story, incident, 4)
        agenda = EscalationTimer.objects.filter(incident=incident, epoch=2, rule__action="agenda")
        assert set(agenda.values_list("state", flat=True)) == {"fired"}


class TestMonitoring:
    def test_what_pages_only_while_not_mitigated_is_cancelled_visibly(self, story: Story) -> None:
        incident = story.declare(1)
        story.wait(minutes=10)
        change_status(story, incident, "monitoring")
        assert timers(incident, "armed") == []
        note = set(
            EscalationTimer.objects.filter(incident=incident, state="cancelled").values_list(
                "note", flat=True
            )
        )
        assert note == {"Mitigated"}
        before = len(paged(incident))
        story.wait(hours=2)
        assert len(paged(incident)) == before

    def test_next_day_notices_remain_until_it_is_resolved(self, story: Story) -> None:
        incident = story.declare(2)
        change_status(story, incident, "monitoring")
        assert timers(incident, "armed") == ["rule:executive"]

    def test_back_to_mitigating_the_clocks_run_on_with_what_was_left(self, story: Story) -> None:
        incident = story.declare(1)
        actions.acknowledge(by=Actor.of(story.bob), incident=incident)
        story.wait(minutes=10)
        change_status(story, incident, "monitoring")
        story.wait(minutes=40)
        change_status(story, incident, "mitigating")
        assert paged(incident) == [("Bob", "12:00:00")]
        story.wait(minutes=5)
        assert ("Lee", "12:55:00") in paged(incident), "five minutes were left of fifteen"

    def test_a_raise_while_monitoring_tells_the_on_call_engineer_alone(self, story: Story) -> None:
        incident = story.declare(2)
        change_status(story, incident, "monitoring")
        story.wait(minutes=1)
        change_severity(story, incident, 1)
        story.wait(minutes=16)
        assert paged(incident)[1] == ("Bob", "12:01:00")
        assert paged(incident, role="team_lead") == []

    def test_a_lowering_while_monitoring_pages_nobody(self, story: Story) -> None:
        incident = story.declare(1)
        story.wait(minutes=6)
        change_status(story, incident, "monitoring")
        before = paged(incident)
        change_severity(story, incident, 2)
        story.wait(hours=3)
        paging = Page.objects.filter(incident=incident, needs_answer=True).count()
        assert (paging, paged(incident, role="team_lead")) == (len(before), [])

    def test_after_a_lowering_and_a_setback_the_unanswered_page_is_repeated(self, story: Story) -> None:
        incident = story.declare(1)
        story.wait(minutes=6)
        change_status(story, incident, "monitoring")
        change_severity(story, incident, 2)
        change_status(story, incident, "mitigating")
        story.wait(minutes=10)
        since = [who for who, at in paged(incident, role="on_call") if at > "12:06:00"]
        assert "Bob" in since
        assert "Carol" in since

    def test_an_answer_while_monitoring_ends_the_request_after_a_setback_too(self, story: Story) -> None:
        incident = story.declare(1)
        change_status(story, incident, "monitoring")
        actions.acknowledge(by=Actor.of(story.bob), incident=incident)
        change_status(story, incident, "mitigating")
        story.wait(minutes=14)
        assert paged(incident) == [("Bob", "12:00:00")]
        story.wait(minutes=1)
        assert ("Bob", "12:15:00") in paged(incident), "they are asked whether they are still with it"


@pytest.fixture
def resolved(story: Story) -> Incident:
    incident = story.declare(3)
    actions.acknowledge(by=Actor.of(story.bob), incident=incident)
    story.wait(minutes=5)
    incidents.resolve(by=Actor.of(story.alice), incident=incident, note="Rolled back")
    return incident


class TestTheEnd:
    def test_everything_stops(self, story: Story) -> None:
        incident = story.declare(1)
        story.wait(minutes=16)
        incidents.cancel(by=Actor.of(story.alice), incident=incident, reason="A false alarm")
        assert timers(incident, "armed") == []
        assert set(Page.objects.filter(incident=incident).values_list("state", flat=True)) == {
            Page.State.STOPPED
        }
        waiting = Delivery.objects.waiting().filter(incident=incident, kind="page")
        assert not waiting.exists()
        assert kinds(incident)[-1] == "page_stopped" or "page_stopped" in kinds(incident)
        before = len(paged(incident))
        story.wait(days=3)
        assert len(paged(incident)) == before

    def test_resolving_stops_the_notices_too(self, story: Story, resolved: Incident) -> None:
        assert timers(resolved, "armed") == []
        story.wait(days=7)
        assert [who for who, at in paged(resolved)] == ["Bob"]

    def test_merging_stops_it(self, story: Story) -> None:
        incident, other = story.declare(1), story.declare(2, title="Same thing")
        incidents.merge(by=Actor.of(story.alice), incident=other, into=incident, reason="The same cause")
        assert timers(other, "armed") == []
        assert timers(incident, "armed") != []


class TestReopening:
    def test_the_on_call_engineer_is_paged_again(self, story: Story, resolved: Incident) -> None:
        story.wait(minutes=10)
        incidents.reopen(by=Actor.of(story.alice), incident=resolved, reason="It is back")
        page = Page.objects.filter(incident=resolved).latest("pk")
        assert (page.user, page.state, page.needs_answer) == (story.bob, Page.State.OPEN, True)
        mail = Delivery.objects.get(topic=f"page:{page.pk}", transport="email")
        assert mail.payload["subject"].startswith("REOPENED [SEV-3]")

    def test_the_rules_run_anew_and_earlier_answers_are_void(self, story: Story, resolved: Incident) -> None:
        incidents.reopen(by=Actor.of(story.alice), incident=resolved, reason="It is back")
        resolved.refresh_from_db()
        assert resolved.acknowledged_at is None
        story.wait(minutes=5)
        assert ("Carol", "12:10:00") in paged(resolved)
        lead = EscalationTimer.objects.get(incident=resolved, epoch=2, key="rule:team_lead")
        assert lead.due_at == datetime(2026, 3, 25, 16, 5, tzinfo=UTC)


def test_declaring_does_nothing_for_a_report_until_triage(story: Story) -> None:
    report = incidents.report(by=Actor.of(story.carol), title="The site is slow")
    assert timers(report, "armed") == []
    incidents.declare_report(by=Actor.of(story.alice), incident=report, severity=1)
    assert paged(report) == [("Bob", "12:00:00")]


def test_a_drill_pages_its_participants_only(story: Story) -> None:
    incident = story.declare(1, is_drill=True)
    states = Delivery.objects.filter(incident=incident, kind="page").values_list("state", flat=True)
    assert set(states) == {Delivery.State.SUPPRESSED}
    assert Event.objects.filter(incident=incident, kind=EventKind.PAGED).count() == 1
    assert Page.objects.get(incident=incident).due_at == clock.now() + timedelta()
