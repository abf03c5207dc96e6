"""The checklist, checkpoints and tasks; recovery checks, impact and the watch."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.models import User
from common import clock
from incidents import actions
from incidents.models import (
    ChecklistTick,
    Checkpoint,
    Decision,
    GateDefinition,
    GateResult,
    ImpactEstimate,
    Incident,
    PhaseStep,
    Task,
    WatchRule,
)
from tests.incidents.views.conftest import HTMX, filled_in

pytestmark = pytest.mark.django_db


def url(incident: Incident, page: str) -> str:
    return f"/incidents/{incident.reference}/{page}/"


def step(kind: str) -> PhaseStep:
    return PhaseStep.objects.filter(kind=kind, auto_event="")[0]


def test_a_tap_ticks_and_another_clears(incident: Incident, as_bob: Client) -> None:
    plain = step("step")
    answer = as_bob.post(url(incident, f"steps/{plain.pk}/tick"))
    assert answer.headers["Location"] == f"/incidents/{incident.reference}/#checklist"
    assert ChecklistTick.objects.get(step=plain).ticked_by_label == "Bob"
    as_bob.post(url(incident, f"steps/{plain.pk}/clear"))
    assert not ChecklistTick.objects.exists()


def test_htmx_gets_the_checklist_as_it_is_now(incident: Incident, as_bob: Client) -> None:
    plain = step("step")
    answer = as_bob.post(url(incident, f"steps/{plain.pk}/tick"), headers=HTMX)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert page.lstrip().startswith('<div id="checklist-panel"')
    assert f"Untick: {plain.text}" in page


def test_ticking_twice_ticks_once(incident: Incident, as_bob: Client) -> None:
    plain = step("step")
    for _ in range(2):
        as_bob.post(url(incident, f"steps/{plain.pk}/tick"))
    assert ChecklistTick.objects.count() == 1
    assert incident.events.filter(kind="step_ticked").count() == 1


def test_a_change_asks_how_to_undo_it_and_warns_without(incident: Incident, as_bob: Client) -> None:
    change = step("change")
    page = url(incident, f"steps/{change.pk}/tick")
    assert "How is it undone?" in as_bob.get(page).content.decode()
    as_bob.post(page, {"note": "scaled up"})
    assert "No note on how to undo this." in as_bob.get(url(incident, "timeline")).content.decode()


def test_a_check_passes_or_fails(incident: Incident, as_bob: Client) -> None:
    check = step("check")
    page = url(incident, f"steps/{check.pk}/tick")
    assert "Failed" in as_bob.get(page).content.decode()
    as_bob.post(page, {"outcome": "failed"})
    assert ChecklistTick.objects.get(step=check).outcome == "failed"


def test_an_unknown_step_is_not_found_and_an_impossible_outcome_refused(
    incident: Incident, as_bob: Client
) -> None:
    assert as_bob.post(url(incident, "steps/9999/tick")).status_code == 404
    answer = as_bob.post(url(incident, f"steps/{step('step').pk}/tick"), {"outcome": "exploded"})
    assert answer.status_code == 400


def test_a_checkpoint_is_set_and_answered(incident: Incident, as_bob: Client) -> None:
    assert (
        as_bob.post(url(incident, "checkpoints"), {"question": "Does it help?", "due_in": "15"}).status_code
        == 302
    )
    checkpoint = Checkpoint.objects.get()
    assert as_bob.post(url(incident, f"checkpoints/{checkpoint.pk}"), {"answer": "yes"}).status_code == 302
    checkpoint.refresh_from_db()
    assert (checkpoint.answer, checkpoint.owner.name) == ("yes", "Bob")  # type: ignore[union-attr]
    assert as_bob.post(url(incident, "checkpoints"), {"question": "", "due_in": "-5"}).status_code == 400
    assert as_bob.get(url(incident, "checkpoints/999")).status_code == 404


def test_a_task_is_handed_out_and_finished(
    incident: Incident, bob: User, as_alice: Client, as_bob: Client
) -> None:
    data = {"title": "Read the log", "assignee": bob.pk, "due_in": "10"}
    assert as_alice.post(url(incident, "tasks"), data).status_code == 302
    task = Task.objects.get()
    assert as_bob.post(url(incident, f"tasks/{task.pk}"), {"answer": "nothing there"}).status_code == 302
    task.refresh_from_db()
    assert task.result == "nothing there"
    assert (
        as_alice.post(url(incident, "tasks"), {"title": "x", "assignee": "999", "due_in": "10"}).status_code
        == 400
    )


def test_a_recovery_check_gets_evidence_or_a_waiver(
    incident: Incident, as_alice: Client, as_bob: Client
) -> None:
    gate = GateDefinition.objects.all()[0]
    page = url(incident, f"gates/{gate.key}")
    assert as_bob.post(page, {"outcome": "passed", "text": ""}).status_code == 400
    assert as_bob.post(page, {"outcome": "waived", "text": "not measured"}).status_code == 403
    assert as_alice.post(page, {"outcome": "waived", "text": "not measured"}).status_code == 302
    assert GateResult.objects.get().outcome == "waived"
    assert as_bob.get(url(incident, "gates/nonsense")).status_code == 404


def test_an_impact_is_estimated_and_unknown_is_not_zero(incident: Incident, as_bob: Client) -> None:
    page = url(incident, "impact")
    data = {
        "method": "estimated",
        "users_min": "800",
        "users_likely": "1200",
        "users_max": "2000",
        "denominator": "5400",
    }
    assert as_bob.post(page, data).status_code == 302
    assert "1,200 users" in as_bob.get(url(incident, "panels/details")).content.decode()
    assert as_bob.post(page, {"method": "estimated", "users_min": "9", "users_max": "3"}).status_code == 400
    assert as_bob.post(page, {"method": "estimated"}).status_code == 400
    assert as_bob.post(page, {"method": "unknown"}).status_code == 302
    assert ImpactEstimate.objects.count() == 2


def test_the_watch_list_takes_labels_one_a_line(incident: Incident, as_alice: Client) -> None:
    page = url(incident, "watch")
    assert as_alice.post(page, {"labels": "service=web\nregion = eu", "hours": "24"}).status_code == 302
    assert WatchRule.objects.get().labels == {"service": "web", "region": "eu"}
    refused = as_alice.post(page, {"labels": "nonsense", "hours": "24"})
    assert refused.status_code == 400
    assert "write name=value" in refused.content.decode()
    assert as_alice.post(page, {"labels": "a=b", "hours": "0"}).status_code == 400


def test_the_observation_ends_early_with_a_reason(incident: Incident, alice: User, as_alice: Client) -> None:
    for gate in GateDefinition.objects.all():
        actions.record_gate(by=Actor.of(alice), incident=incident, gate=gate, outcome="passed", text="flat")
    actions.resolve(by=Actor.of(alice), incident=incident)
    page = url(incident, "observation/end")
    assert as_alice.post(page, {"reason": ""}).status_code == 400
    assert as_alice.post(page, {"reason": "quiet for ten hours"}).status_code == 302
    assert as_alice.post(page, {"reason": "again"}).status_code == 409


@pytest.mark.parametrize(
    ("page", "fields", "model"),
    [
        ("decide", {"choice": "Roll back", "revisit_in": "15"}, Decision),
        ("checkpoints", {"question": "Does it help?", "due_in": "15"}, Checkpoint),
        ("tasks", {"title": "Read the log", "assignee": "bob", "due_in": "10"}, Task),
        ("watch", {"labels": "service=web", "hours": "24"}, WatchRule),
        ("updates/next", {"next_in": "120"}, None),
    ],
)
def test_a_form_sent_twice_without_javascript_writes_once(
    incident: Incident, bob: User, as_alice: Client, page: str, fields: dict[str, str], model: Any
) -> None:
    if "assignee" in fields:
        fields = fields | {"assignee": str(bob.pk)}
    data = filled_in(as_alice, url(incident, page)) | fields
    for minutes in (0, 1):
        with clock.at(clock.now() + timedelta(minutes=minutes)):
            assert as_alice.post(url(incident, page), data).status_code == 302
        entries = incident.events.count()
        if minutes == 0:
            first = entries
    assert entries == first
    assert model is None or model.objects.count() == 1


@pytest.mark.parametrize(
    "page", ["steps/{step}/tick", "checkpoints", "tasks", "impact", "watch", "decide", "hypotheses"]
)
def test_who_may_only_look_changes_nothing(incident: Incident, as_dave: Client, page: str) -> None:
    page = page.format(step=PhaseStep.objects.first().pk)  # type: ignore[union-attr]
    assert as_dave.post(url(incident, page)).status_code == 403
