"""What people write on the timeline, its checklist, checkpoints and tasks, and the export (R22-R31)."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts.actor import Actor
from accounts.models import User
from common import clock
from common.due import Resting
from common.errors import Conflict, Invalid, NotAllowed
from config import defaults
from incidents import actions, due, export
from incidents.masking import mask_secrets
from incidents.models import EventKind, Incident, PhaseStep

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 25, 12, 0, tzinfo=UTC)


def by(user: User) -> Actor:
    return Actor.of(user)


@pytest.fixture
def incident(alice: User) -> Incident:
    defaults.load()
    return actions.declare(by=by(alice), title="Webhooks down", severity=2)


def test_a_correction_points_at_the_entry_and_keeps_it(bob: User, incident: Incident) -> None:
    note = actions.add_note(by=by(bob), incident=incident, text="queue at 12k")
    fixed = actions.correct(by=by(bob), event=note, text="queue at 120k")
    again = actions.correct(by=by(bob), event=fixed, text="queue at 121k")
    note.refresh_from_db()
    assert (note.text, fixed.corrects, again.corrects) == ("queue at 12k", note, note)


def test_only_the_author_or_the_commander_corrects(
    alice: User, bob: User, carol: User, incident: Incident
) -> None:
    note = actions.add_note(by=by(bob), incident=incident, text="x")
    with pytest.raises(NotAllowed):
        actions.correct(by=by(carol), event=note, text="y")
    actions.correct(by=by(alice), event=note, text="y")


def test_what_the_system_wrote_stays(alice: User, incident: Incident) -> None:
    actions.take_role(by=by(alice), incident=incident, role="commander")
    event = incident.events.get(kind=EventKind.ROLE_TAKEN)
    with pytest.raises(Conflict):
        actions.correct(by=by(alice), event=event, text="never happened")


def test_a_time_in_the_future_is_refused(bob: User, incident: Incident) -> None:
    with pytest.raises(Invalid) as refused:
        actions.add_note(by=by(bob), incident=incident, text="x", at=clock.now() + timedelta(hours=1))
    assert refused.value.field == "at"


def test_a_time_in_the_past_is_kept_beside_when_it_was_written(bob: User, incident: Incident) -> None:
    earlier = clock.now() - timedelta(hours=1)
    note = actions.add_note(by=by(bob), incident=incident, text="the graph dipped", at=earlier)
    assert note.at == earlier
    assert note.recorded_at > earlier


@pytest.mark.parametrize("text", ["", "  ", "\x00\u202e"])
def test_an_empty_note_is_refused(bob: User, incident: Incident, text: str) -> None:
    with pytest.raises(Invalid):
        actions.add_note(by=by(bob), incident=incident, text=text)


def test_a_note_that_is_too_long_is_refused(bob: User, incident: Incident) -> None:
    with pytest.raises(Invalid) as refused:
        actions.add_note(by=by(bob), incident=incident, text="x" * 50_001)
    assert "50,001" in refused.value.sentence


@pytest.mark.parametrize(
    "secret",
    ["Authorization: Bearer abcdefghijklmnop", "password=hunter2hunter2", "postgres://app:s3cr3t@db/x",
     "ghp_abcdefghijklmnopqrstuvwxyz0123456789", "AKIAABCDEFGHIJKLMNOP", '{"api_key": "0123456789"}'],
)  # fmt: skip
def test_secrets_in_evidence_are_masked(bob: User, incident: Incident, secret: str) -> None:
    event = actions.add_note(by=by(bob), incident=incident, text=f"output: {secret} end", kind="evidence")
    assert "•••" in event.text
    assert mask_secrets(event.text) == event.text
    assert not any(
        word in event.text for word in ("hunter2", "s3cr3t", "ghp_", "AKIAA", "0123456789", "abcdefghijkl")
    )


def test_a_decision_is_looked_at_again_when_it_said(bob: User, incident: Incident) -> None:
    with time_machine.travel(clock.now(), tick=False) as time:
        later = clock.now() + timedelta(minutes=30)
        decision = actions.decide(
            by=by(bob),
            incident=incident,
            choice="Roll back v812",
            reason="5xx",
            undo_note="redeploy",
            revisit_at=later,
        )
        time.shift(timedelta(minutes=31))
        due.REMINDERS.sweep(clock.now())
        due.REMINDERS.sweep(clock.now())
    reminders = incident.events.filter(kind=EventKind.REMINDER)
    assert reminders.count() == 1
    assert decision.choice in reminders[0].data["headline"]


def test_a_discarded_hypothesis_stays(bob: User, incident: Incident) -> None:
    theory = actions.hypothesise(by=by(bob), incident=incident, theory="Disk is full")
    actions.change_hypothesis(by=by(bob), hypothesis=theory, state="discarded", evidence="40 % free")
    actions.change_hypothesis(by=by(bob), hypothesis=theory, state="discarded")
    assert incident.hypotheses.get().state == "discarded"
    assert incident.events.filter(kind=EventKind.HYPOTHESIS_CHANGED).count() == 1


def test_a_step_is_ticked_once_and_can_be_cleared(alice: User, bob: User, incident: Incident) -> None:
    step = PhaseStep.objects.filter(kind="step", auto_event="")[0]
    for user in (alice, bob):
        actions.tick_step(by=by(user), incident=incident, step=step)
    assert incident.events.filter(kind=EventKind.STEP_TICKED).count() == 1
    actions.clear_step(by=by(bob), incident=incident, step=step)
    assert not incident.ticks.exists()


def test_a_change_without_an_undo_note_carries_a_warning(bob: User, incident: Incident) -> None:
    step = PhaseStep.objects.filter(kind="change")[0]
    actions.tick_step(by=by(bob), incident=incident, step=step, note="scaled to 10")
    assert incident.events.get(kind=EventKind.STEP_TICKED).data["warning"]


def test_a_check_passes_or_fails_and_nothing_else(bob: User, incident: Incident) -> None:
    step = PhaseStep.objects.filter(kind="check")[0]
    with pytest.raises(Invalid):
        actions.tick_step(by=by(bob), incident=incident, step=step)
    actions.tick_step(by=by(bob), incident=incident, step=step, outcome="failed")
    actions.tick_step(by=by(bob), incident=incident, step=step, outcome="passed")
    assert incident.ticks.get().outcome == "passed"


def test_a_checkpoint_reminds_its_owner_once(bob: User, incident: Incident) -> None:
    with time_machine.travel(clock.now(), tick=False) as time:
        actions.set_checkpoint(
            by=by(bob), incident=incident, due_at=clock.now() + timedelta(minutes=10), question="Any better?"
        )
        time.shift(timedelta(minutes=10))
        for _ in range(2):
            due.REMINDERS.sweep(clock.now())
    event = incident.events.get(kind=EventKind.REMINDER)
    assert event.data["user"] == bob.pk


def test_a_reminder_that_cannot_be_handled_rests_and_does_not_stop_the_others(
    bob: User, incident: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    with time_machine.travel(clock.now(), tick=False) as time:
        when = clock.now() + timedelta(minutes=10)
        actions.set_checkpoint(by=by(bob), incident=incident, due_at=when, question="Any better?")
        later = when + timedelta(seconds=1)
        actions.decide(by=by(bob), incident=incident, choice="wait", revisit_at=later)
        monkeypatch.setitem(due._HANDLERS, "checkpoint", lambda *_: 1 / 0)
        monkeypatch.setattr(due, "_resting", Resting())
        time.shift(timedelta(minutes=11))
        assert due.REMINDERS.sweep(clock.now()) == 1
        armed = due.REMINDERS.next_due()
        assert armed is None or armed > clock.now()


def test_an_answered_checkpoint_reminds_nobody(bob: User, incident: Incident) -> None:
    with time_machine.travel(clock.now(), tick=False) as time:
        point = actions.set_checkpoint(
            by=by(bob), incident=incident, due_at=clock.now() + timedelta(minutes=10), question="Any better?"
        )
        actions.finish_checkpoint(by=by(bob), checkpoint=point, answer="yes")
        time.shift(timedelta(minutes=10))
        due.REMINDERS.sweep(clock.now())
    assert not incident.events.filter(kind=EventKind.REMINDER).exists()


def test_the_technical_lead_hands_out_tasks_that_remind(alice: User, bob: User, incident: Incident) -> None:
    when = clock.now() + timedelta(minutes=10)
    with pytest.raises(NotAllowed):
        actions.assign_task(
            by=by(bob), incident=incident, title="Look at the queue", assignee=alice, due_at=when
        )
    actions.take_role(by=by(bob), incident=incident, role="tech_lead")
    task = actions.assign_task(
        by=by(bob), incident=incident, title="Look at the queue", assignee=alice, due_at=when
    )
    due.REMINDERS.sweep(when)
    assert incident.events.get(kind=EventKind.REMINDER).data["user"] == alice.pk
    actions.finish_task(by=by(alice), task=task, result="12k and falling")
    assert incident.events.filter(kind=EventKind.TASK_DONE).count() == 1


def test_unknown_impact_is_not_zero(bob: User, incident: Incident) -> None:
    with pytest.raises(Invalid):
        actions.estimate_impact(by=by(bob), incident=incident, method="unknown", users_likely=0)
    with pytest.raises(Invalid):
        actions.estimate_impact(by=by(bob), incident=incident, method="estimated")
    with pytest.raises(Invalid):
        actions.estimate_impact(by=by(bob), incident=incident, method="estimated", users_min=9, users_max=2)
    estimate = actions.estimate_impact(by=by(bob), incident=incident, method="unknown", text="logs are down")
    assert (estimate.users_min, estimate.users_likely) == (None, None)


def test_the_export_has_every_entry_and_no_markup_of_its_writers(bob: User, incident: Incident) -> None:
    actions.add_note(by=by(bob), incident=incident, text="# not a heading\n<script>alert(1)</script>")
    text = export.as_markdown(incident)
    assert "\n# not a heading" not in text
    assert "  > # not a heading" in text
    body = json.loads(json.dumps(export.as_json(incident)))
    assert len(body["timeline"]) == incident.events.count()
    assert body["timeline"][0]["kind"] == "declared"
    assert body["timeline"][0]["at"].endswith("Z")


def test_details_change_once_and_only_what_differs(bob: User, incident: Incident) -> None:
    actions.change_details(by=by(bob), incident=incident, impact="Nobody gets webhooks", is_user_facing=True)
    actions.change_details(by=by(bob), incident=incident, impact="Nobody gets webhooks", is_user_facing=True)
    events = incident.events.filter(kind=EventKind.DETAILS_CHANGED)
    assert events.count() == 1
    assert events[0].data["changed"] == ["impact", "is_user_facing"]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "ftp://x"])
def test_a_bridge_that_is_no_web_address_is_refused(bob: User, incident: Incident, url: str) -> None:
    with pytest.raises(Invalid):
        actions.change_details(by=by(bob), incident=incident, bridge_url=url)
