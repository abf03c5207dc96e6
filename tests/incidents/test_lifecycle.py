"""The state machine with its guards (semantics of the lifecycle; R13, R35-R37)."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection

from accounts.actor import Actor
from accounts.models import User
from common import clock
from common.errors import Blocked, Conflict, Invalid, NotAllowed
from config import defaults
from incidents import actions, due
from incidents.models import EventKind, GateDefinition, Incident, Observation, Reminder, Status
from incidents.state import SOURCES
from postmortems.models import PostMortem

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 25, 12, 0, tzinfo=UTC)


def by(user: User) -> Actor:
    return Actor.of(user)


@pytest.fixture
def incident(alice: User) -> Incident:
    defaults.load()
    return actions.declare(by=by(alice), title="Webhooks down", severity=2)


def pass_gates(user: User, incident: Incident) -> None:
    for gate in GateDefinition.objects.all():
        actions.record_gate(by=by(user), incident=incident, gate=gate, outcome="passed", text="graph is flat")


def test_from_declaration_to_resolution(alice: User, incident: Incident) -> None:
    actions.change_status(by=by(alice), incident=incident, to="mitigating", note="rolling back")
    actions.change_status(
        by=by(alice), incident=incident, to="monitoring", note="ok", rollback_plan="redeploy"
    )
    pass_gates(alice, incident)
    actions.resolve(by=by(alice), incident=incident, note="rolled back")
    incident.refresh_from_db()
    assert incident.status == Status.RESOLVED
    assert incident.resolved_at is not None
    assert incident.mitigated_at is not None
    assert not Reminder.objects.filter(incident=incident, state="armed").exists()
    record = PostMortem.objects.get(incident=incident)
    assert record.is_required
    assert record.due_at >= incident.resolved_at + timedelta(days=6)


def test_monitoring_needs_a_rollback_plan_on_sev_2(alice: User, incident: Incident) -> None:
    with pytest.raises(Blocked) as refused:
        actions.change_status(by=by(alice), incident=incident, to="monitoring", note="looks good")
    assert [blocker.code for blocker in refused.value.blockers] == ["rollback_plan"]
    incident.refresh_from_db()
    assert (incident.status, incident.mitigated_at) == (Status.INVESTIGATING, None)


def test_resolve_lists_every_missing_check_and_takes_evidence_or_a_waiver(
    alice: User, incident: Incident
) -> None:
    with pytest.raises(Blocked) as refused:
        actions.resolve(by=by(alice), incident=incident)
    gates = list(GateDefinition.objects.all())
    assert len(refused.value.blockers) == len(gates) == 4
    assert all(blocker.url.startswith(incident.get_absolute_url()) for blocker in refused.value.blockers)
    actions.record_gate(by=by(alice), incident=incident, gate=gates[0], outcome="failed", text="still 3 %")
    for gate in gates[1:]:
        actions.record_gate(
            by=by(alice), incident=incident, gate=gate, outcome="waived", text="no traffic at night"
        )
    with pytest.raises(Blocked) as refused:
        actions.resolve(by=by(alice), incident=incident)
    assert "failed" in refused.value.blockers[0].sentence
    actions.record_gate(by=by(alice), incident=incident, gate=gates[0], outcome="passed", text="0.1 %")
    actions.resolve(by=by(alice), incident=incident)


def test_only_the_commander_waives_and_resolves(alice: User, bob: User, incident: Incident) -> None:
    gate = GateDefinition.objects.all()[0]
    with pytest.raises(NotAllowed):
        actions.record_gate(by=by(bob), incident=incident, gate=gate, outcome="waived", text="hm")
    pass_gates(bob, incident)
    with pytest.raises(NotAllowed):
        actions.resolve(by=by(bob), incident=incident)
    actions.take_role(by=by(bob), incident=incident, role="commander")
    actions.resolve(by=by(bob), incident=incident)


def test_a_sev_3_resolves_without_checks(alice: User) -> None:
    incident = actions.declare(by=by(alice), title="Slow", severity=3)
    actions.resolve(by=by(alice), incident=incident)
    assert not PostMortem.objects.get(incident=incident).is_required


def test_back_and_forth_needs_a_note_and_keeps_the_time_of_mitigation(
    alice: User, incident: Incident
) -> None:
    with pytest.raises(Invalid) as refused:
        actions.change_status(by=by(alice), incident=incident, to="mitigating", note="")
    assert refused.value.field == "note"
    actions.change_status(by=by(alice), incident=incident, to="monitoring", note="", rollback_plan="back")
    mitigated = Incident.objects.get(pk=incident.pk).mitigated_at
    actions.change_status(by=by(alice), incident=incident, to="mitigating", note="it is back")
    incident.refresh_from_db()
    assert incident.mitigated_at is None
    event = incident.events.filter(kind=EventKind.STATUS_CHANGED).latest("sequence")
    assert mitigated is not None
    assert event.data["was_mitigated_at"] == mitigated.isoformat()


@pytest.mark.parametrize("to", ["resolved", "closed", "nonsense", "reported", ""])
def test_a_status_that_is_none_of_the_three_is_refused(alice: User, incident: Incident, to: str) -> None:
    with pytest.raises(Invalid):
        actions.change_status(by=by(alice), incident=incident, to=to, note="x")


def test_the_stale_form_is_told_who_did_what(alice: User, bob: User) -> None:
    incident = actions.declare(by=by(alice), title="Slow", severity=3)
    seen = incident.version
    actions.change_status(by=by(alice), incident=incident, to="mitigating", note="on it")
    with pytest.raises(Conflict) as refused:
        actions.change_severity(by=by(bob), incident=incident, severity=2, expected_version=seen)
    assert "Alice" in refused.value.sentence
    assert refused.value.code == "stale"


@pytest.mark.django_db(transaction=True)
def test_of_six_who_resolve_at_once_one_wins_and_the_others_are_told(alice: User) -> None:
    incident = actions.declare(by=by(alice), title="Slow", severity=3)
    start, outcomes = threading.Barrier(6), []

    def resolve() -> None:
        try:
            start.wait()
            actions.resolve(by=by(alice), incident=incident)
            outcomes.append("resolved")
        except Conflict as refused:
            outcomes.append(refused.sentence)
        finally:
            connection.close()

    threads = [threading.Thread(target=resolve) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("resolved") == 1
    assert sum("Alice" in outcome for outcome in outcomes) == 5
    assert incident.events.filter(kind=EventKind.RESOLVED).count() == 1
    numbers = list(incident.events.values_list("sequence", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))


def test_reopen_within_the_window_starts_the_clock_again(alice: User, bob: User) -> None:
    incident = actions.declare(by=by(alice), title="Slow", severity=3)
    actions.take_role(by=by(alice), incident=incident, role="commander")
    actions.resolve(by=by(alice), incident=incident)
    epoch = Incident.objects.get(pk=incident.pk).epoch
    actions.reopen(by=by(bob), incident=incident, reason="slow again")
    incident.refresh_from_db()
    assert (incident.status, incident.reopen_count, incident.epoch) == ("investigating", 1, epoch + 1)
    assert (incident.acknowledged_at, incident.resolved_at) == (None, None)
    assert Reminder.objects.filter(incident=incident, kind="response_breach", state="armed").exists()


def test_reopen_after_the_window_is_refused(alice: User) -> None:
    with time_machine.travel(NOON, tick=False):
        incident = actions.declare(by=by(alice), title="Slow", severity=3)
        actions.resolve(by=by(alice), incident=incident)
    with time_machine.travel(NOON + timedelta(hours=25), tick=False), pytest.raises(Blocked) as refused:
        actions.reopen(by=by(alice), incident=incident, reason="again")
    assert refused.value.code == "too_late"
    [way_on] = refused.value.blockers
    assert way_on.url == f"/incidents/declare/?follows={incident.reference}"


def test_a_sev_1_is_observed_for_24_hours_with_four_checks(alice: User) -> None:
    with time_machine.travel(NOON, tick=False):
        incident = actions.declare(by=by(alice), title="Down", severity=1)
        actions.resolve(by=by(alice), incident=incident)
    watch = Observation.objects.get(incident=incident)
    assert watch.until == NOON + timedelta(hours=24)
    with time_machine.travel(NOON + timedelta(hours=13), tick=False):
        due.REMINDERS.sweep(clock.now())
        with pytest.raises(Blocked) as refused:
            actions.close(by=by(alice), incident=incident)
    assert "observation" in [blocker.code for blocker in refused.value.blockers]
    assert incident.events.filter(kind=EventKind.OBSERVATION_CHECKED).count() == 3
    with time_machine.travel(NOON + timedelta(hours=24, seconds=1), tick=False):
        due.REMINDERS.sweep(clock.now())
        due.REMINDERS.sweep(clock.now())
    watch.refresh_from_db()
    assert watch.ended_at is not None
    assert incident.events.filter(kind=EventKind.OBSERVATION_ENDED).count() == 1


def test_closing_waits_for_the_required_post_mortem(alice: User, incident: Incident) -> None:
    from postmortems.actions import publish_elsewhere

    pass_gates(alice, incident)
    actions.resolve(by=by(alice), incident=incident)
    with pytest.raises(Blocked) as refused:
        actions.close(by=by(alice), incident=incident)
    assert [blocker.code for blocker in refused.value.blockers] == ["postmortem"]
    record = PostMortem.objects.get(incident=incident)
    publish_elsewhere(by=by(alice), postmortem=record, url="https://wiki.example.org/inc-1")
    actions.close(by=by(alice), incident=incident)
    incident.refresh_from_db()
    assert (incident.status, incident.ended_at is not None) == ("closed", True)


def test_merge_moves_people_and_refuses_an_inactive_target(alice: User, bob: User) -> None:
    one = actions.declare(by=by(alice), title="A", severity=3)
    two = actions.declare(by=by(bob), title="B", severity=3)
    with pytest.raises(Invalid):
        actions.merge(by=by(alice), incident=two, into=two)
    actions.merge(by=by(alice), incident=two, into=one, reason="same cause")
    two.refresh_from_db()
    assert (two.status, two.merged_into) == ("merged", one)
    assert set(one.responders.values_list("user__name", flat=True)) == {"Alice", "Bob"}
    assert one.events.filter(kind=EventKind.MERGED_IN).exists()
    three = actions.declare(by=by(alice), title="C", severity=3)
    with pytest.raises(Conflict):
        actions.merge(by=by(alice), incident=three, into=two)


def test_the_worse_severity_goes_on_after_a_merge(alice: User) -> None:
    bad = actions.declare(by=by(alice), title="Down", severity=1)
    mild = actions.declare(by=by(alice), title="Slow", severity=4)
    actions.merge(by=by(alice), incident=bad, into=mild, reason="same cause")
    mild.refresh_from_db()
    assert (mild.severity, mild.peak_severity) == (1, 1)


def test_a_private_incidents_title_does_not_move_with_a_merge(alice: User) -> None:
    secret = actions.declare(by=by(alice), title="Keys were stolen", severity=3, is_private=True)
    public = actions.declare(by=by(alice), title="Slow", severity=3)
    actions.merge(by=by(alice), incident=secret, into=public, reason="")
    assert "stolen" not in str(list(public.events.values("text", "data")))


def test_a_checkpoint_still_reminds_after_a_reopening(alice: User) -> None:
    with time_machine.travel(NOON, tick=False) as time:
        incident = actions.declare(by=by(alice), title="Slow", severity=3)
        later = NOON + timedelta(hours=1)
        actions.set_checkpoint(by=by(alice), incident=incident, due_at=later, question="Any better?")
        actions.resolve(by=by(alice), incident=incident)
        actions.reopen(by=by(alice), incident=incident, reason="again")
        time.shift(timedelta(hours=1))
        due.REMINDERS.sweep(clock.now())
    assert incident.events.filter(kind=EventKind.REMINDER).count() == 1


def test_a_drill_and_a_real_incident_do_not_merge(alice: User) -> None:
    real = actions.declare(by=by(alice), title="A", severity=3)
    drill = actions.declare(by=by(alice), title="B", severity=3, is_drill=True)
    with pytest.raises(Conflict):
        actions.merge(by=by(alice), incident=drill, into=real)


@pytest.mark.django_db(transaction=True)
def test_two_merges_in_opposite_directions_do_not_wait_for_each_other(alice: User) -> None:
    one = actions.declare(by=by(alice), title="A", severity=3)
    two = actions.declare(by=by(alice), title="B", severity=3)
    start, outcomes = threading.Barrier(2), []

    def merge(source: Incident, target: Incident) -> None:
        try:
            start.wait()
            actions.merge(by=by(alice), incident=source, into=target, reason="same")
            outcomes.append("merged")
        except Conflict:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=merge, args=pair) for pair in ((one, two), (two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["merged", "refused"]


def test_every_status_has_its_way_in() -> None:
    assert set(SOURCES) == set(Status)
    assert all(Status.CLOSED not in sources for sources in SOURCES.values())
