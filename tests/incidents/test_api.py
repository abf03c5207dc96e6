"""The API of incidents: what programs can do, which is everything that people can do."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from incidents.models import Component, GateDefinition, Incident, PhaseStep, Symptom
from tests.builders import bare_incident, team
from tests.support.api import Api, fault

pytestmark = pytest.mark.usefixtures("procedure")


@pytest.fixture
def declared(as_alice: Api) -> str:
    """A SEV-1 of Alice's, whose commander she is: its path."""
    reference = as_alice.post("incidents", title="Webhooks down", severity=1).json()["reference"]
    as_alice.post(f"incidents/{reference}/roles", role="commander")
    return f"incidents/{reference}"


def later(**length: int) -> str:
    return (timezone.now() + timedelta(**length)).isoformat()


# --- declaring ---


def test_a_declaration_answers_with_the_whole_incident(as_bob: Api) -> None:
    Component.objects.create(name="Webhooks", slug="webhooks", team=team("Data"), is_user_facing=True)
    answer = as_bob.post("incidents", title=" Webhooks\n down ", severity=2, components=["webhooks"])
    incident = answer.json()
    assert answer.status_code == 201
    assert (incident["title"], incident["severity"], incident["status"]) == (
        "Webhooks down",
        2,
        "investigating",
    )
    assert (incident["components"], incident["team"]) == (["webhooks"], "data")
    assert incident["is_user_facing"]
    assert incident["source"] == "api"
    assert incident["response_due_at"]


def test_a_declaration_can_follow_an_incident_that_is_over(as_bob: Api) -> None:
    earlier = bare_incident(status="resolved")
    answer = as_bob.post("incidents", title="Again", severity=2, follows=earlier.reference)
    assert (answer.status_code, answer.json()["follows"]) == (201, earlier.reference)
    assert as_bob.post("incidents", title="Again", severity=2, follows="INC-999").status_code == 404
    refused = as_bob.post("incidents", title="Again", severity=2, follows=answer.json()["reference"])
    assert (fault(refused)[0], fault(refused)[2]) == (400, "follows")


def test_ticked_symptoms_choose_the_severity(as_bob: Api) -> None:
    symptom = Symptom.objects.filter(flags_data=True).order_by("severity")[0]
    incident = as_bob.post("incidents", title="Rows are gone", symptoms=[symptom.pk]).json()
    assert (incident["severity"], incident["is_data"]) == (symptom.severity, True)


def test_the_same_request_with_the_same_key_declares_once(as_bob: Api) -> None:
    first = as_bob.post("incidents", title="Webhooks down", severity=1, once="deploy-7")
    second = as_bob.post("incidents", title="Webhooks down", severity=1, once="deploy-7")
    assert first.json()["reference"] == second.json()["reference"]
    assert Incident.objects.count() == 1


def test_another_request_with_the_same_key_is_refused(as_bob: Api) -> None:
    as_bob.post("incidents", title="Webhooks down", severity=1, once="deploy-7")
    status, sentence, _ = fault(as_bob.post("incidents", title="API down", severity=1, once="deploy-7"))
    assert (status, "already used" in sentence) == (409, True)
    assert Incident.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"severity": 1}, "title"),
        ({"title": " \u200b ", "severity": 1}, "title"),
        ({"title": "x" * 201, "severity": 1}, "title"),
        ({"title": "x"}, "severity"),
        ({"title": "x", "severity": 5}, "severity"),
        ({"title": "x", "severity": "bad"}, "severity"),
        ({"title": "x", "severity": 1, "components": ["nope"]}, "components"),
        ({"title": "x", "severity": 1, "symptoms": [10**9]}, "symptoms"),
        ({"title": "x", "severity": 1, "symptoms": [10**30]}, "symptoms"),
        ({"title": "x", "severity": 1, "team": "nope"}, "team"),
        ({"title": "x", "severity": 1, "detected_at": "yesterday"}, "detected_at"),
        ({"title": "x", "severity": 1, "detected_at": "2999-01-01T00:00:00Z"}, "detected_at"),
        ({"title": "x", "severity": 1, "description": "y" * 30_000}, "description"),
        ({"title": "nul \x00", "severity": 1}, "title"),
    ],
)
def test_bad_input_is_refused_at_its_field(as_bob: Api, body: dict[str, Any], field: str) -> None:
    answer = as_bob.post("incidents", body)
    assert answer.status_code == 400
    assert {error["attr"].split(".")[0] for error in answer.json()["errors"]} == {field}
    assert not Incident.objects.exists()


def test_text_in_any_script_is_kept(as_bob: Api) -> None:
    title = "انقطاع 🚨 <script>alert(1)</script>"
    assert as_bob.post("incidents", title=title, severity=3).json()["title"] == title


def test_somebody_outside_may_look_but_not_declare(as_dave: Api) -> None:
    assert fault(as_dave.post("incidents", title="x", severity=1))[0] == 403
    assert as_dave.get("incidents").status_code == 200


def test_a_report_waits_for_triage_and_can_be_declared(as_dave: Api, as_bob: Api) -> None:
    report = as_dave.post("reports", title="The page is slow").json()
    assert report["status"] == "reported"
    incident = as_bob.post(f"incidents/{report['reference']}/declare", severity=3).json()
    assert (incident["status"], incident["severity"]) == ("investigating", 3)


# --- reading ---


def test_a_list_can_be_filtered_searched_and_ordered(as_bob: Api) -> None:
    old = bare_incident(
        "Webhooks down", 1, status="resolved", declared_at=timezone.now() - timedelta(days=30)
    )
    new = bare_incident("Slow search", 3, is_drill=True, declared_at=timezone.now())

    def found(**query: Any) -> list[int]:
        return [row["number"] for row in as_bob.get("incidents", **query).json()["results"]]

    assert found() == [new.number, old.number]
    assert found(status="active") == found(drill="true") == found(severity=3) == [new.number]
    assert found(status=["active", "resolved"]) == [new.number, old.number]
    assert found(q="webhook") == found(q=old.reference) == [old.number]
    assert found(declared_before=later(days=-20)) == [old.number]
    assert found(ordering="number") == [old.number, new.number]
    assert found(team="none-such") == found(component="none-such") == []


@pytest.mark.parametrize(
    "query",
    [{"status": "bad"}, {"severity": "9"}, {"declared_after": "x"}, {"ordering": "title"}, {"q": "a\x00"}],
)
def test_a_wrong_filter_is_told(as_bob: Api, query: dict[str, str]) -> None:
    assert as_bob.get("incidents", **query).status_code == 400


def test_a_page_that_does_not_exist_is_404(as_bob: Api) -> None:
    assert as_bob.get("incidents", page=99).status_code == 404


@pytest.mark.parametrize("reference", ["INC-999", "nonsense", "INC-99999999999999999999", "1e9", "%00"])
def test_an_unknown_incident_is_404(as_bob: Api, reference: str) -> None:
    assert as_bob.get(f"incidents/{reference}").status_code == 404


def test_a_private_incident_is_not_there_for_others(as_bob: Api, as_alice: Api) -> None:
    path = f"incidents/{as_alice.post('incidents', title='Break-in', severity=1, is_private=True).json()['reference']}"
    for below in ("", "/timeline", "/timeline.md", "/timeline.json", "/decisions", "/responders", "/steps"):
        assert as_bob.get(f"{path}{below}").status_code == 404
    assert as_bob.post(f"{path}/notes", text="hello").status_code == 404
    assert as_bob.get("incidents").json()["count"] == 0
    assert as_alice.get(path).status_code == 200


def test_a_list_costs_the_same_for_one_row_and_for_thirty(
    as_bob: Api, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(30):
        bare_incident()
    with django_assert_max_num_queries(7):
        assert len(as_bob.get("incidents").json()["results"]) == 30


def test_the_timeline_continues_after_the_last_known_entry(as_bob: Api, declared: str) -> None:
    as_bob.post(f"{declared}/notes", text="one")
    entries = as_bob.get(f"{declared}/timeline").json()
    last = entries[-1]["sequence"]
    assert [entry["sequence"] for entry in entries] == list(range(1, last + 1))
    assert as_bob.get(f"{declared}/timeline", after=last).json() == []
    as_bob.post(f"{declared}/notes", text="two")
    assert [entry["text"] for entry in as_bob.get(f"{declared}/timeline", after=last).json()] == ["two"]
    assert fault(as_bob.get(f"{declared}/timeline", after="x"))[0::2] == (400, "after")


def test_the_timeline_can_be_taken_away(as_bob: Api, declared: str) -> None:
    as_bob.post(f"{declared}/notes", text="looked at the logs")
    assert "looked at the logs" in as_bob.get(f"{declared}/timeline.md").content.decode()
    assert as_bob.get(f"{declared}/timeline.json").json()["timeline"][-1]["text"] == "looked at the logs"


@pytest.mark.parametrize("what", ["severities", "symptoms", "roles", "phases", "gates", "components"])
def test_definitions_can_be_read(as_dave: Api, what: str) -> None:
    answer = as_dave.get(what)
    assert answer.status_code == 200
    assert answer.json()["results"] or what == "components"


# --- working ---


def test_an_incident_is_carried_from_declaration_to_resolution(as_alice: Api, declared: str) -> None:
    status = as_alice.post(f"{declared}/status", to="mitigating", note="Rolling back").json()["status"]
    assert status == "mitigating"
    moved = as_alice.post(
        f"{declared}/status", to="monitoring", note="Errors fall", rollback_plan="Redeploy v812"
    )
    assert moved.json()["mitigated_at"]

    refused = as_alice.post(f"{declared}/resolve", note="Fixed")
    assert refused.status_code == 409
    assert refused.json()["blockers"][0]["sentence"]

    for key in GateDefinition.objects.filter(is_active=True).values_list("key", flat=True):
        as_alice.post(f"{declared}/gates", gate=key, outcome="passed", text="See the dashboard")
    resolved = as_alice.post(f"{declared}/resolve", note="Fixed").json()
    assert (resolved["status"], bool(resolved["resolved_at"])) == ("resolved", True)
    assert as_alice.post(f"{declared}/reopen", reason="It is back").json()["reopen_count"] == 1


def test_a_stale_version_is_told_who_was_first(as_alice: Api, as_bob: Api, declared: str) -> None:
    seen = as_alice.get(declared).json()["version"]
    as_alice.post(f"{declared}/severity", severity=2, reason="Fewer than thought")
    answer = as_alice.post(f"{declared}/status", to="mitigating", note="x", expected_version=seen)
    assert answer.status_code == 409
    assert "Alice" in answer.json()["errors"][0]["detail"]


def test_only_the_commander_resolves_and_a_refusal_is_audited(as_bob: Api, declared: str) -> None:
    from accounts.models import AuditEntry

    status, sentence, _ = fault(as_bob.post(f"{declared}/resolve", note="Done"))
    assert (status, "Incident Commander" in sentence) == (403, True)
    assert AuditEntry.objects.get(action="request.refused").actor == "Bob"


def test_the_severity_goes_up_and_down(as_alice: Api, declared: str) -> None:
    assert as_alice.post(f"{declared}/severity", severity=3, reason="Small").json()["severity"] == 3
    assert as_alice.post(f"{declared}/severity", severity=1).json()["peak_severity"] == 1


def test_a_role_is_handed_over_with_a_briefing(as_alice: Api, as_bob: Api, bob: User, declared: str) -> None:
    offer = as_alice.post(f"{declared}/role-offers", role="commander", to=bob.pk, situation="Rolling back")
    assert offer.status_code == 201
    accepted = as_bob.post(f"{declared}/role-offers/{offer.json()['id']}/accept")
    assert accepted.json()["state"] == "accepted"
    holders = [role["user"]["name"] for role in as_bob.get(declared).json()["roles"]]
    assert holders == ["Bob"]
    assert as_alice.post(f"{declared}/role-offers/{offer.json()['id']}/decline").status_code == 403
    assert as_bob.post(f"{declared}/roles/commander/release").status_code == 409


def test_people_join_and_leave(as_bob: Api, declared: str) -> None:
    assert as_bob.post(f"{declared}/responders").status_code == 200
    assert "Bob" in [row["user"]["name"] for row in as_bob.get(f"{declared}/responders").json()]
    assert as_bob.delete(f"{declared}/responders").status_code == 204


def test_notes_decisions_hypotheses_and_corrections(as_bob: Api, as_alice: Api, declared: str) -> None:
    note = as_bob.post(f"{declared}/notes", text="It began at 03:02", kind="evidence")
    assert (note.status_code, note.json()["kind"]) == (201, "evidence")
    entry = note.json()["sequence"]
    fixed = as_bob.post(f"{declared}/corrections", entry=entry, text="It began at 02:58")
    assert fixed.json()["corrects"] == entry
    assert as_bob.post(f"{declared}/corrections", entry=999, text="x").status_code == 404

    decision = as_alice.post(
        f"{declared}/decisions", choice="Roll back v812", reason="Fastest", revisit_at=later(hours=1)
    )
    assert decision.json()["decided_by"]["name"] == "Alice"
    theory = as_bob.post(f"{declared}/hypotheses", theory="Connection pool").json()
    judged = as_bob.post(f"{declared}/hypotheses/{theory['id']}", state="discarded", evidence="Pool is idle")
    assert judged.json()["state"] == "discarded"
    assert [row["choice"] for row in as_bob.get(f"{declared}/decisions").json()] == ["Roll back v812"]
    assert [row["state"] for row in as_bob.get(f"{declared}/hypotheses").json()] == ["discarded"]


def test_steps_are_ticked_and_cleared(as_bob: Api, declared: str) -> None:
    step = PhaseStep.objects.filter(kind="step")[0]
    assert as_bob.post(f"{declared}/steps/{step.pk}").json()["ticked_by"] == "Bob"
    assert [row["step"] for row in as_bob.get(f"{declared}/steps").json()] == [step.pk]
    assert as_bob.delete(f"{declared}/steps/{step.pk}").status_code == 204
    assert as_bob.get(f"{declared}/steps").json() == []
    assert as_bob.post(f"{declared}/steps/999999").status_code == 404


def test_checkpoints_and_tasks(as_alice: Api, as_bob: Api, bob: User, declared: str) -> None:
    checkpoint = as_alice.post(
        f"{declared}/checkpoints", due_at=later(minutes=15), question="Do errors fall?"
    )
    done = as_alice.post(f"{declared}/checkpoints/{checkpoint.json()['id']}", answer="Yes")
    assert done.json()["done_at"]
    task = as_alice.post(
        f"{declared}/tasks", title="Read the logs", assignee=bob.pk, due_at=later(minutes=20)
    )
    assert as_bob.post(f"{declared}/tasks/{task.json()['id']}", result="Nothing").json()["done_at"]
    assert fault(as_alice.post(f"{declared}/checkpoints", due_at=later(minutes=-5), question="x"))[0::2] == (
        400,
        "due_at",
    )


def test_impact_components_and_details(as_alice: Api, declared: str) -> None:
    Component.objects.create(name="API", slug="api")
    assert as_alice.post(f"{declared}/components", components=["api"]).json()["components"] == ["api"]
    details = as_alice.post(f"{declared}/details", title="Webhooks time out", impact="Orders are late")
    assert (details.json()["title"], details.json()["impact"]) == ("Webhooks time out", "Orders are late")
    estimate = as_alice.post(
        f"{declared}/impact", method="estimated", users_min=10, users_likely=50, users_max=90
    )
    assert (estimate.status_code, estimate.json()["users_likely"]) == (201, 50)


def test_cancel_and_merge(as_alice: Api, as_bob: Api, declared: str) -> None:
    other = as_alice.post("incidents", title="Webhooks time out", severity=2).json()["reference"]
    merged = as_alice.post(f"incidents/{other}/merge", into=declared.split("/")[1], reason="The same")
    assert merged.json()["reference"] == declared.split("/")[1]
    assert as_alice.get(f"incidents/{other}").json()["merged_into"] == declared.split("/")[1]
    assert as_alice.post(f"{declared}/cancel", reason="A test").json()["status"] == "cancelled"
    assert as_alice.post(f"incidents/{other}/merge", into="INC-999").status_code == 404


def test_a_watch_and_an_early_end_need_a_resolved_incident(as_alice: Api, declared: str) -> None:
    assert as_alice.post(f"{declared}/observation", reason="x").status_code == 409
    answer = as_alice.post(f"{declared}/watch", labels={"service": "webhooks"}, expires_at=later(hours=5))
    assert answer.status_code == 201
    assert as_alice.get(f"{declared}/watch").json()[0]["labels"] == {"service": "webhooks"}


def test_a_trailing_slash_does_no_harm(as_bob: Api, declared: str) -> None:
    assert as_bob.get(f"{declared}/").status_code == 200
