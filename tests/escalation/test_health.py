"""May a page be missed right now? What /health answers, and what the audit prints."""

from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django_q.models import Schedule
from pytest_django import Settings

from accounts.actor import SYSTEM, Actor
from accounts.audit import record
from common import clock
from communications import outbox
from communications.models import Delivery
from escalation import actions, audit, tasks
from escalation.models import Escalation, EscalationTimer, Heartbeat, Page
from escalation.pager import heartbeats
from escalation.pager.supervisor import prepare_queue
from tests.accounts.test_audit import behind_the_triggers
from tests.escalation.story import Story
from tests.support.http_sink import HttpSink


def everything_lives() -> None:
    heartbeats.beat("clock:here:1", clock.now())
    heartbeats.beat("queue:here:2", clock.now())


def health() -> tuple[int, dict[str, dict[str, object]]]:
    answer = Client().get("/health")
    return answer.status_code, answer.json()["checks"]


def _seen_and_then_cut_off() -> None:
    tasks.escalation_audit()
    behind_the_triggers("DELETE FROM accounts_auditentry")


def _delivered_and_then_restored() -> None:
    outbox.deliver(Delivery.objects.values_list("pk", flat=True))
    Delivery.objects.update(state="queued")


class TestHealth:
    def test_all_is_well_while_clock_and_queue_live_and_nothing_is_overdue(self, story: Story) -> None:
        everything_lives()
        status, checks = health()
        assert status == 200
        assert {check["status"] for check in checks.values()} == {"ok"}

    def test_a_silent_clock_is_a_failure(self, story: Story) -> None:
        everything_lives()
        story.sleep_through(seconds=11)
        status, checks = health()
        assert status == 503
        assert checks["clock"]["detail"] == "The clock has been silent for 11 s."

    def test_a_silent_queue_is_none_as_long_as_the_clock_delivers(self, story: Story) -> None:
        everything_lives()
        story.sleep_through(seconds=11)
        heartbeats.beat("clock:here:1", clock.now())
        status, checks = health()
        assert status == 200
        assert checks["queue"]["degraded"] is True

    def test_a_page_that_waits_for_more_than_five_seconds_is_a_failure(self, story: Story) -> None:
        story.declare(1)
        story.sleep_through(seconds=6)
        everything_lives()
        status, checks = health()
        assert status == 503
        assert checks["deliveries"]["detail"] == "The oldest page is overdue by 6 s."

    def test_so_is_an_escalation_step(self, story: Story) -> None:
        story.declare(1)
        Delivery.objects.update(state="delivered")
        story.sleep_through(minutes=5, seconds=6)
        everything_lives()
        status, checks = health()
        assert status == 503
        assert checks["escalation"]["overdue_seconds"] == 6.0


class TestAudit:
    def test_it_says_that_all_holds(self, story: Story) -> None:
        incident = story.declare(1)
        outbox.deliver(Delivery.objects.values_list("pk", flat=True))
        actions.acknowledge(by=Actor.of(story.bob), incident=incident)
        assert all(row.holds for row in audit.findings(clock.now()))

    @pytest.mark.parametrize(
        ("key", "harm"),
        [
            ("I1", lambda: Delivery.objects.all().delete()),
            ("I1", lambda: EscalationTimer.objects.filter(key="rule:on_call").update(note="")),
            ("I1", lambda: EscalationTimer.objects.filter(key="rule:manager").update(due_at=_ago(90))),
            ("I3", lambda: Delivery.objects.update(due_at=_ago(90))),
            ("I4", lambda: Delivery.objects.update(state="delivered")),
            ("I6", lambda: Delivery.objects.update(first_attempt_at=clock.now(), due_at=_ago(6))),
            (
                "I7",
                lambda: (
                    Page.objects.update(answered_at=_ago(9)),
                    Delivery.objects.update(first_attempt_at=_ago(2)),
                ),
            ),
            ("I8", lambda: Page.objects.update(due_at=clock.now() + timedelta(seconds=1))),
            ("I9", lambda: EscalationTimer.objects.filter(state="armed").delete()),
            ("I10", lambda: Delivery.objects.update(state="claimed", lease_until=_ago(20))),
            ("I11", lambda: behind_the_triggers("UPDATE accounts_auditentry SET actor = 'somebody else'")),
            ("I11", _seen_and_then_cut_off),
            ("I12", _delivered_and_then_restored),
        ],
    )
    def test_each_kind_of_harm_is_found(self, story: Story, key: str, harm: Callable[[], object]) -> None:
        story.declare(1)
        record(by=SYSTEM, action="test.happened")
        assert key not in [row.key for row in audit.findings(clock.now()) if not row.holds]
        harm()
        assert key in [row.key for row in audit.findings(clock.now()) if not row.holds]

    def test_an_incident_that_says_that_everybody_was_asked_is_not_stranded(self, story: Story) -> None:
        story.declare(1)
        EscalationTimer.objects.filter(state="armed").delete()
        Escalation.objects.update(exhausted_at=clock.now())
        assert "I9" not in [row.key for row in audit.findings(clock.now()) if not row.holds]

    def test_the_command_prints_a_table_and_fails_when_something_is_broken(self, story: Story) -> None:
        story.declare(1)
        out = StringIO()
        call_command("audit_escalations", stdout=out)
        assert "I9" in out.getvalue()
        EscalationTimer.objects.filter(state="armed").delete()
        with pytest.raises(SystemExit) as ended:
            call_command("audit_escalations", stdout=out)
        assert ended.value.code == 1
        assert "INC-1 has no next step" in out.getvalue()


class TestClockTwo:
    def test_it_pages_when_clock_one_is_dead(self, story: Story) -> None:
        incident = story.declare(1)
        story.sleep_through(minutes=15)
        tasks.escalation_audit()
        assert Page.objects.filter(incident=incident, role="team_lead").exists()
        assert Heartbeat.objects.get(name="audit").beat_at == clock.now()

    def test_while_all_holds_it_calls_the_outside_and_then_no_longer(
        self, story: Story, http_sink: HttpSink, settings: Settings
    ) -> None:
        settings.HEARTBEAT_URL = f"{http_sink.url}/watchdog"
        settings.ALLOWED_PRIVATE_NETWORKS = ["127.0.0.0/8"]
        tasks.escalation_audit()
        assert [request.path for request in http_sink.requests()] == ["/watchdog"]
        story.declare(1)
        EscalationTimer.objects.filter(state="armed").delete()
        tasks.escalation_audit()
        assert len(http_sink.requests()) == 1

    def test_it_is_scheduled_once_however_often_the_pager_starts(self, story: Story) -> None:
        prepare_queue()
        prepare_queue()
        assert Schedule.objects.filter(name="escalation_audit", minutes=1).count() == 1


def _ago(seconds: float) -> datetime:
    return clock.now() - timedelta(seconds=seconds)


def _answered_and_then_sent() -> None:
    Page.objects.update(answered_at=_ago(9))
    Delivery.objects.update(first_attempt_at=_ago(2))
