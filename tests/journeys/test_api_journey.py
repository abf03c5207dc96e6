"""The whole journey over the API, with real mail: from the alert at night to the exported timeline."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import User
from common import clock
from escalation.models import EscalationTimer
from incidents.models import GateDefinition, Incident, PhaseStep
from postmortems.models import PostMortem
from tests import builders
from tests.journeys.story import NIGHT, Time, World, page_link, raise_alert
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db


class Api:
    """A person's API key at work; every answer but the expected status is a failure that shows its body."""

    def __init__(self, user: User) -> None:
        self._client = Client()
        self._headers = {"Authorization": f"Bearer {builders.api_key(user)}"}

    def post(
        self, path: str, body: dict[str, Any] | None = None, *, expect: int | None = None, key: str = ""
    ) -> Any:
        headers = self._headers | ({"Idempotency-Key": key} if key else {})
        answer = self._client.post(
            f"/api/v1/{path}", json.dumps(body or {}), "application/json", headers=headers
        )
        good = answer.status_code == expect if expect else 200 <= answer.status_code < 300
        assert good, (answer.status_code, answer.content[:500])
        return answer.json() if answer.content else None

    def get(self, path: str) -> Any:
        answer = self._client.get(f"/api/v1/{path}", headers=self._headers)
        assert answer.status_code == 200, (answer.status_code, answer.content[:500])
        return answer.json() if "json" in answer["Content-Type"] else answer.content.decode()


@pytest.fixture
def world(db: None) -> World:
    return World()


@pytest.fixture
def time() -> Iterator[Time]:
    with time_machine.travel(NIGHT, tick=False) as travel:
        yield Time(travel)


def mails_to(smtp_sink: SmtpSink, user: User) -> list[str]:
    return [mail.subject for mail in smtp_sink.mails() if user.email in mail.recipients]


def pages_to(smtp_sink: SmtpSink, *users: User) -> int:
    """Return how many mails were pages: reminders of updates go on after an acknowledgement."""
    subjects = [subject for user in users for subject in mails_to(smtp_sink, user)]
    return sum(subject.endswith("5xx at 38 %") for subject in subjects)


def test_nobody_answers_and_everybody_is_paged_at_their_time(
    world: World, time: Time, smtp_sink: SmtpSink
) -> None:
    reference = raise_alert()
    incident = Incident.objects.get()
    assert reference == incident.reference
    assert incident.response_due_at == NIGHT + timedelta(minutes=15)
    rules = dict(EscalationTimer.objects.filter(incident=incident, kind="rule").values_list("role", "due_at"))
    assert rules == {
        "on_call": NIGHT,
        "team_lead": NIGHT + timedelta(minutes=15),
        "manager": NIGHT + timedelta(minutes=30),
        "executive": NIGHT + timedelta(hours=1),
    }
    first_mail = {}
    for minute in range(62):
        time.pass_(seconds=10)
        for user in (world.bob, world.femi, world.alice, world.dan, world.erin):
            if user.name not in first_mail and mails_to(smtp_sink, user):
                first_mail[user.name] = minute
        time.pass_(seconds=50)
    assert first_mail == {"Bob": 0, "Femi": 5, "Alice": 15, "Dan": 30, "Erin": 60}
    kinds = list(incident.events.values_list("kind", flat=True))
    assert "response_warning" in kinds
    assert "response_breached" in kinds


def test_from_the_mail_to_the_exported_timeline(world: World, time: Time, smtp_sink: SmtpSink) -> None:
    reference = raise_alert()
    says_i_have_it_by_mail(world, time, smtp_sink, reference)
    incident = Incident.objects.get()
    assert incident.acknowledged_by == world.bob
    time.pass_(minutes=11)
    assert pages_to(smtp_sink, world.bob, world.femi) == 1

    bob, alice = Api(world.bob), Api(world.alice)
    here = f"incidents/{reference}"
    work_on_it(alice, bob, here, time)
    refused = alice.post(f"{here}/status", {"to": "monitoring"}, expect=409)
    assert refused["blockers"][0]["code"] == "rollback_plan"
    alice.post(f"{here}/status", {"to": "monitoring", "note": "flat", "rollback_plan": "redeploy v811"})
    assert not EscalationTimer.objects.filter(incident=incident, state="armed", kind="rule").exists()
    refused = alice.post(f"{here}/resolve", expect=409)
    assert len(refused["blockers"]) == 4
    resolve(alice, bob, here)
    assert PostMortem.objects.get(incident=incident).is_required
    assert not EscalationTimer.objects.filter(incident=incident, state="armed").exists()
    quiet = len(smtp_sink.mails())
    time.pass_(minutes=40)
    assert not any("[SEV-1]" in mail.subject for mail in smtp_sink.mails()[quiet:])

    assert "Roll back v812" in alice.get(f"{here}/timeline.md")
    timeline = alice.get(f"{here}/timeline.json")["timeline"]
    assert [entry["number"] for entry in timeline] == list(range(1, len(timeline) + 1))

    alice.post(f"{here}/reopen", {"reason": "5xx again"})
    time.pass_(seconds=10)
    incident.refresh_from_db()
    assert (incident.status, incident.reopen_count) == ("investigating", 1)
    assert any(world.bob.email in mail.recipients for mail in smtp_sink.mails()[quiet:])


def says_i_have_it_by_mail(world: World, time: Time, smtp_sink: SmtpSink, reference: str) -> None:
    """Bob takes the link of his mail, twice; he is not signed in."""
    time.pass_(seconds=10)
    mail = next(mail for mail in smtp_sink.mails() if world.bob.email in mail.recipients)
    assert "[SEV-1]" in mail.subject
    assert reference in mail.subject
    assert "5xx at 38 %" in mail.text
    phone = Client()
    link = page_link(mail.text)
    assert "5xx at 38 %" in phone.get(link).content.decode()
    for _ in range(2):
        assert phone.post(f"{link}acknowledge/").status_code in (200, 302)


def work_on_it(alice: Api, bob: Api, here: str, time: Time) -> None:
    """Roles, a note sent twice, its correction, a theory, a decision, a step, an update."""
    alice.post(f"{here}/roles", {"role": "commander"})
    bob.post(f"{here}/roles", {"role": "tech_lead"})
    said = {"text": "v812 went out at 01:55"}
    note, again = (bob.post(f"{here}/notes", said, key="tap") for _ in range(2))
    assert again["sequence"] == note["sequence"]
    bob.post(f"{here}/corrections", {"entry": note["sequence"], "text": "v812 went out at 01:58"})
    theory = bob.post(f"{here}/hypotheses", {"theory": "v812 broke the signature check"})
    bob.post(f"{here}/hypotheses/{theory['id']}", {"state": "supported"})
    decision = {"choice": "Roll back v812", "reason": "5xx since", "undo_note": "redeploy v813"}
    alice.post(f"{here}/decisions", decision)
    step = PhaseStep.objects.filter(kind="step", auto_event="")[0]
    bob.post(f"{here}/steps/{step.pk}")
    time.pass_(minutes=1)
    alice.post(f"{here}/updates", {"impact": "No webhooks arrive", "actions": "Rolling back", "eta": "02:30"})
    bob.post(f"{here}/status", {"to": "mitigating", "note": "rolling back"})


def resolve(alice: Api, bob: Api, here: str) -> None:
    """With evidence for each recovery check; only the commander may; who comes second hears who was first."""
    for gate in GateDefinition.objects.all():
        alice.post(f"{here}/gates", {"gate": gate.key, "outcome": "passed", "text": "back to baseline"})
    bob.post(f"{here}/resolve", expect=403)
    alice.post(f"{here}/resolve", {"note": "rolled back"})
    conflict = alice.post(f"{here}/resolve", expect=409)
    assert "Alice" in conflict["errors"][0]["detail"]


def test_an_upgrade_pages_again_and_a_downgrade_does_not(
    world: World, time: Time, smtp_sink: SmtpSink
) -> None:
    bob, alice = Api(world.bob), Api(world.alice)
    body = {"title": "Slow", "severity": 2, "components": ["webhooks"]}
    reference = bob.post("incidents", body, key="declare")["reference"]
    assert bob.post("incidents", body, key="declare")["reference"] == reference
    time.pass_(seconds=10)
    assert len(mails_to(smtp_sink, world.bob)) == 1
    bob.post(f"incidents/{reference}/severity", {"severity": 1, "reason": "all regions"})
    time.pass_(seconds=10)
    assert any("UPGRADED" in subject for subject in mails_to(smtp_sink, world.bob))
    paged = sum("[SEV-" in mail.subject for mail in smtp_sink.mails())
    alice.post(f"incidents/{reference}/severity", {"severity": 3, "reason": "one customer"})
    time.pass_(seconds=10)
    new = [mail.subject for mail in smtp_sink.mails()][paged:]
    assert not any("UPGRADED" in subject for subject in new)


def test_cancel_and_merge_end_what_was_armed(world: World, time: Time, smtp_sink: SmtpSink) -> None:
    alice = Api(world.alice)
    one, two, three = (
        alice.post("incidents", {"title": title, "severity": 1})["reference"] for title in "ABC"
    )
    alice.post(f"incidents/{two}/merge", {"into": one, "reason": "same cause"})
    alice.post(f"incidents/{three}/cancel", {"reason": "a test"})
    states = {row.reference: row.status for row in Incident.objects.all()}
    assert states == {one: "investigating", two: "merged", three: "cancelled"}
    armed = EscalationTimer.objects.filter(state="armed").values_list("incident__number", flat=True)
    assert {f"INC-{number}" for number in armed} <= {one}
    assert clock.now() >= NIGHT
