"""Writing on the timeline, correcting, deciding, suspecting, and taking it away as a file."""

import json

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.models import User
from incidents import actions
from incidents.models import Decision, DecisionPoint, Event, Hypothesis, Incident
from tests.incidents.views.conftest import HTMX

pytestmark = pytest.mark.django_db


def url(incident: Incident, page: str) -> str:
    return f"/incidents/{incident.reference}/{page}"


@pytest.mark.parametrize(
    ("typed", "kind", "text"),
    [
        ({"text": "It is the pool"}, "note", "It is the pool"),
        ({"text": "Restarted node 1", "kind": "action"}, "action", "Restarted node 1"),
        ({"text": "/did restarted node 1"}, "action", "restarted node 1"),
        ({"text": "/evidence ERROR pool exhausted", "kind": "note"}, "evidence", "ERROR pool exhausted"),
        ({"text": "/usr/bin/hooks is gone"}, "note", "/usr/bin/hooks is gone"),
        ({"text": "مرحبا 🚨\nsecond line"}, "note", "مرحبا 🚨\nsecond line"),
    ],
)
def test_what_is_typed_becomes_an_entry(
    incident: Incident, as_bob: Client, typed: dict[str, str], kind: str, text: str
) -> None:
    assert as_bob.post(url(incident, "write/"), typed).status_code == 302
    event = Event.objects.order_by("-sequence").filter(kind=kind)[0]
    assert event.text == text


def test_a_slash_decides(incident: Incident, as_bob: Client) -> None:
    as_bob.post(url(incident, "write/"), {"text": "/decision Roll back v812\nErrors began with it"})
    decision = Decision.objects.get()
    assert (decision.choice, decision.reason) == ("Roll back v812", "Errors began with it")


def test_a_slash_suspects(incident: Incident, as_bob: Client) -> None:
    as_bob.post(url(incident, "write/"), {"text": "v812 leaks\nThe graph", "kind": "hypothesis"})
    assert Hypothesis.objects.get().theory == "v812 leaks"


def test_htmx_gets_a_fresh_composer_with_the_entry_in_it(incident: Incident, as_bob: Client) -> None:
    answer = as_bob.post(url(incident, "write/"), {"text": "It is the pool"}, headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert page.startswith('<form id="composer"')
    assert 'data-live-entry="event-' in page
    assert "It is the pool" in page.split("<template", 1)[1]


@pytest.mark.parametrize("typed", ["", "   ", "\x00\x01", "/decision", "/note  "])
def test_nothing_written_is_said_beside_the_field(incident: Incident, as_bob: Client, typed: str) -> None:
    count = Event.objects.count()
    for headers in (HTMX, {}):
        answer = as_bob.post(url(incident, "write/"), {"text": typed}, headers=headers)
        assert answer.status_code == 400
        assert "field-error" in answer.content.decode()
    assert Event.objects.count() == count


def test_a_decision_too_long_keeps_what_was_typed(incident: Incident, as_bob: Client) -> None:
    answer = as_bob.post(url(incident, "write/"), {"text": "x" * 301, "kind": "decision"})
    assert answer.status_code == 400
    assert "x" * 301 in answer.content.decode()
    assert "300 is the most" in answer.content.decode()


def test_the_same_entry_twice_is_written_once(incident: Incident, as_bob: Client) -> None:
    typed = {"text": "once", "idempotency_key": "a" * 32}
    for _ in range(2):
        assert as_bob.post(url(incident, "write/"), typed).status_code == 302
    assert Event.objects.filter(text="once").count() == 1


def test_who_may_only_look_cannot_write(incident: Incident, as_dave: Client) -> None:
    assert as_dave.post(url(incident, "write/"), {"text": "x"}).status_code == 403


def test_the_page_of_the_composer_works_alone(incident: Incident, as_bob: Client) -> None:
    assert "<textarea" in as_bob.get(url(incident, "write/")).content.decode()


def test_a_correction_keeps_the_old_text_one_tap_away(incident: Incident, bob: User, as_bob: Client) -> None:
    event = actions.add_note(by=Actor.of(bob), incident=incident, text="one node")
    page = url(incident, f"entries/{event.sequence}/correct/")
    assert "one node" in as_bob.get(page).content.decode()
    assert as_bob.post(page, {"text": "three nodes"}).status_code == 302
    shown = as_bob.get(url(incident, "timeline/")).content.decode()
    assert "three nodes" in shown
    assert "<del>" in shown
    assert "Corrected by Bob" in shown
    assert as_bob.post(page, {"text": ""}).status_code == 400
    assert as_bob.get(url(incident, "entries/999/correct/")).status_code == 404


def test_a_machines_entry_cannot_be_corrected(incident: Incident, as_alice: Client) -> None:
    event = incident.events.filter(kind="role_taken").first()
    assert event is not None
    answer = as_alice.post(url(incident, f"entries/{event.sequence}/correct/"), {"text": "x"})
    assert answer.status_code == 409


def test_a_standing_question_is_decided_with_its_options(incident: Incident, as_alice: Client) -> None:
    point = DecisionPoint.objects.all()[0]
    page = as_alice.get(url(incident, f"decide/?point={point.pk}&choice=Work+around")).content.decode()
    assert point.question in page
    assert 'value="Work around"' in page
    data = {
        "choice": "Work around",
        "reason": "faster",
        "undo_note": "switch it off",
        "point": point.pk,
        "revisit_in": "30",
    }
    assert as_alice.post(url(incident, "decide/"), data).status_code == 302
    decision = Decision.objects.get()
    assert decision.point == point
    assert decision.revisit_at is not None
    assert as_alice.get(url(incident, "decide/?point=999&choice=")).status_code == 200
    assert as_alice.post(url(incident, "decide/"), {"choice": "", "revisit_in": "7"}).status_code == 400


def test_a_theory_is_judged_and_stays_struck_through(incident: Incident, as_bob: Client) -> None:
    as_bob.post(url(incident, "hypotheses/"), {"theory": "The certificate expired"})
    theory = Hypothesis.objects.get()
    answer = as_bob.post(
        url(incident, f"hypotheses/{theory.pk}/"), {"state": "discarded", "evidence": "valid"}
    )
    assert answer.status_code == 302
    page = as_bob.get(url(incident, "timeline/")).content.decode()
    assert "Hypothesis, discarded" in page
    assert as_bob.post(url(incident, f"hypotheses/{theory.pk}/"), {"state": "perhaps"}).status_code == 400
    assert as_bob.get(url(incident, "hypotheses/999/")).status_code == 404


def test_the_timeline_leaves_as_markdown_and_json(incident: Incident, as_dave: Client) -> None:
    markdown = as_dave.get(url(incident, "timeline.md"))
    assert markdown.headers["Content-Type"].startswith("text/markdown")
    assert markdown.headers["Content-Disposition"] == f'attachment; filename="{incident.reference}.md"'
    assert "Webhooks answer 500" in markdown.content.decode()
    data = json.loads(as_dave.get(url(incident, "timeline.json")).content)
    assert data["reference"] == incident.reference
    assert data["timeline"][0]["kind"] == "declared"


def test_htmx_is_told_who_was_first(incident: Incident, alice: User, as_bob: Client) -> None:
    """A fragment that is refused is not shown: its sentence comes as a toast."""
    actions.cancel(by=Actor.of(alice), incident=incident, reason="a false alarm")
    answer = as_bob.post(
        f"/incidents/{incident.reference}/checkpoints/",
        {"question": "Better?", "due_in": "15"},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 409
    toast = json.loads(answer.headers["HX-Trigger"])["toast"]
    assert "Alice" in toast["text"]
    assert toast["kind"] == "danger"
