"""Declare: three taps, symptoms where one is unsure, nothing lost; reports and what becomes of them."""

import re

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.models import User
from incidents import actions
from incidents.models import Component, Incident, Status, Symptom
from tests import builders
from tests.incidents.views.conftest import HTMX

pytestmark = pytest.mark.django_db
URL = "/incidents/declare/"


def key_of(page: str) -> str:
    found = re.search(r'name="idempotency_key" value="([0-9a-f]{32})"', page)
    assert found
    return found[1]


def test_the_picker_shows_what_each_severity_means(procedure: None, as_bob: Client) -> None:
    page = as_bob.get(URL).content.decode()
    for words in (
        "Complete service outage or critical functionality unavailable",
        "within 15 minutes",
        "Revenue loss, customer-facing issues",
        "next business day",
        "Database corruption",
    ):
        assert words in page


def test_a_title_and_a_severity_are_enough(procedure: None, as_bob: Client, bob: User) -> None:
    answer = as_bob.post(URL, {"title": "Webhooks down", "severity": "2"})
    incident = Incident.objects.get()
    assert answer.headers["Location"] == f"/incidents/{incident.reference}/"
    assert (incident.severity, incident.status, incident.declared_by) == (2, Status.INVESTIGATING, bob)


def test_components_text_and_drill_are_kept(webhooks: Component, as_bob: Client) -> None:
    as_bob.post(
        URL,
        {
            "title": "Practice",
            "severity": "1",
            "components": webhooks.pk,
            "is_drill": "on",
            "description": "مرحبا 🚨",
        },
    )
    incident = Incident.objects.get()
    assert incident.is_drill
    assert list(incident.components.all()) == [webhooks]
    assert incident.description == "مرحبا 🚨"


def test_the_same_form_twice_declares_once(procedure: None, as_bob: Client) -> None:
    data = {
        "title": "Webhooks down",
        "severity": "1",
        "idempotency_key": key_of(as_bob.get(URL).content.decode()),
    }
    places = {as_bob.post(URL, data).headers["Location"] for _ in range(2)}
    assert len(places) == 1
    assert Incident.objects.count() == 1


def test_symptoms_alone_decide_the_worst_severity(procedure: None, as_bob: Client) -> None:
    ticked = Symptom.objects.filter(text__in=["Slow response times", "Data loss"]).values_list(
        "pk", flat=True
    )
    as_bob.post(URL, {"title": "Rows are missing", "symptoms": list(ticked)})
    incident = Incident.objects.get()
    assert incident.severity == 1
    assert incident.is_data


def test_without_javascript_the_button_proposes_and_keeps_what_was_typed(
    procedure: None, as_bob: Client
) -> None:
    ticked = Symptom.objects.get(text="High error rates").pk
    page = as_bob.post(URL, {"title": "Errors", "symptoms": ticked, "propose": "1"}).content.decode()
    assert Incident.objects.count() == 0
    assert re.search(r'name="severity" value="2" checked', page)
    assert 'value="Errors"' in page


def test_a_missing_title_and_severity_are_said_beside_their_fields(procedure: None, as_bob: Client) -> None:
    answer = as_bob.post(URL, {"title": "", "description": "kept words"})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "Say in a few words what is wrong." in page
    assert "Choose how bad it is" in page
    assert "kept words" in page


@pytest.mark.parametrize(
    "data",
    [
        {"title": "x", "severity": "0"},
        {"title": "x", "severity": "nine"},
        {"title": "x" * 201, "severity": "1"},
        {"title": "x", "severity": "1", "components": "999999"},
        {"title": "x", "severity": "1", "components": "abc"},
        {"title": "x", "severity": "1", "symptoms": "999999"},
        {"title": "\x00\x07", "severity": "1"},
        {"title": "x", "severity": "1", "description": "y" * 50_001},
        {"title": "x", "severity": "1", "idempotency_key": "k" * 300},
    ],
)
def test_nonsense_is_refused_and_nothing_is_declared(
    procedure: None, as_bob: Client, data: dict[str, str]
) -> None:
    assert as_bob.post(URL, data).status_code == 400
    assert Incident.objects.count() == 0


def test_the_aside_warns_of_a_similar_open_incident(incident: Incident, as_bob: Client) -> None:
    page = as_bob.get(f"{URL}aside/?title=webhooks+answer+late", headers=HTMX).content.decode()
    assert incident.reference in page
    assert incident.reference not in as_bob.get(f"{URL}aside/?title=login", headers=HTMX).content.decode()


def test_the_aside_proposes_a_severity(procedure: None, as_bob: Client) -> None:
    ticked = Symptom.objects.get(text="High error rates").pk
    page = as_bob.get(f"{URL}aside/?symptoms={ticked}&symptoms=nonsense&severity=x").content.decode()
    assert 'data-proposed="2"' in page


def test_who_may_only_look_cannot_declare(procedure: None, as_dave: Client) -> None:
    assert as_dave.get(URL).status_code == 403
    assert as_dave.post(URL, {"title": "x", "severity": "1"}).status_code == 403
    assert Incident.objects.count() == 0


def test_a_visitor_is_asked_to_sign_in(client: Client, db: None) -> None:
    assert client.post(URL, {"title": "x"}).headers["Location"].startswith("/account/login/")


def test_anybody_signed_in_reports_a_problem_and_nobody_is_paged(procedure: None, as_dave: Client) -> None:
    assert as_dave.get("/incidents/report/").status_code == 200
    answer = as_dave.post(
        "/incidents/report/", {"title": "Login is broken", "description": "since 9"}, follow=True
    )
    assert "Somebody will look at it" in answer.content.decode()
    assert Incident.objects.get().status == Status.REPORTED
    assert as_dave.post("/incidents/report/", {"title": " "}).status_code == 400


def test_a_report_becomes_an_incident(procedure: None, dave: User, as_bob: Client) -> None:
    report = actions.report(by=Actor.of(dave), title="Login is broken")
    url = f"/incidents/{report.reference}/declare/"
    assert "Login is broken" in as_bob.get(url).content.decode()
    assert as_bob.post(url, {"title": "Login is broken", "severity": "2"}).status_code == 302
    report.refresh_from_db()
    assert (report.status, report.severity) == (Status.INVESTIGATING, 2)
    again = as_bob.post(url, {"title": "Login is broken", "severity": "2"})
    assert again.status_code == 409


def test_a_report_is_dismissed_with_a_reason(procedure: None, dave: User, as_bob: Client) -> None:
    report = actions.report(by=Actor.of(dave), title="Login is broken")
    url = f"/incidents/{report.reference}/cancel/"
    assert as_bob.post(url, {"reason": ""}).status_code == 400
    assert as_bob.post(url, {"reason": "caps lock"}).status_code == 302
    report.refresh_from_db()
    assert report.status == Status.CANCELLED


def test_the_form_declares_the_incident_that_follows_another(procedure: None, as_bob: Client) -> None:
    earlier = builders.bare_incident(title="Webhooks down", status="resolved")
    page = as_bob.get(f"/incidents/declare/?follows={earlier.reference}").content.decode()
    assert f"It follows {earlier.reference}" in page
    assert 'value="Webhooks down"' in page
    sent = {"title": "Webhooks down", "severity": "2", "follows": earlier.reference}
    there = as_bob.post("/incidents/declare/", sent, follow=True)
    assert Incident.objects.get(title="Webhooks down", severity=2).follows == earlier
    assert f"following {earlier.reference}" in there.content.decode()


def test_one_that_is_open_or_unknown_cannot_be_followed(procedure: None, as_bob: Client) -> None:
    is_open = builders.bare_incident()
    for reference in (is_open.reference, "INC-999"):
        answer = as_bob.post("/incidents/declare/", {"title": "x", "severity": "2", "follows": reference})
        assert answer.status_code == 400
        assert reference in answer.content.decode()
    assert as_bob.get("/incidents/declare/?follows=INC-999").status_code == 404
    assert not Incident.objects.filter(title="x").exists()
