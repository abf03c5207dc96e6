"""The pages that move an incident along: each works without JavaScript, says what is missing, loses nothing."""

import re

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.models import User
from incidents import actions
from incidents.models import Component, GateDefinition, Incident, Status
from tests.incidents.views.conftest import browser

pytestmark = pytest.mark.django_db


def url(incident: Incident, page: str) -> str:
    return f"/incidents/{incident.reference}/{page}/"


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


def status(incident: Incident) -> str:
    return Incident.objects.values_list("status", flat=True).get(pk=incident.pk)


def recover(user: User, incident: Incident) -> None:
    for gate in GateDefinition.objects.all():
        actions.record_gate(
            by=Actor.of(user), incident=incident, gate=gate, outcome="passed", text="graph is flat"
        )


PAGES = [
    "status/mitigating",
    "status/monitoring",
    "resolve",
    "cancel",
    "merge",
    "severity",
    "details",
    "components",
]
ALL_PAGES = [*PAGES, "reopen", "close"]


@pytest.mark.parametrize("page", PAGES)
def test_each_page_asks_first(incident: Incident, as_alice: Client, page: str) -> None:
    answer = as_alice.get(url(incident, page))
    assert answer.status_code == 200
    assert 'method="post"' in answer.content.decode()
    assert status(incident) == Status.INVESTIGATING


@pytest.mark.parametrize("page", ALL_PAGES)
def test_who_may_only_look_is_told_so(incident: Incident, as_dave: Client, page: str) -> None:
    for answer in (as_dave.get(url(incident, page)), as_dave.post(url(incident, page), {"reason": "x"})):
        assert answer.status_code == 403
        assert "responder role" in answer.content.decode()


@pytest.mark.parametrize("page", ALL_PAGES)
def test_a_visitor_is_asked_to_sign_in(incident: Incident, client: Client, page: str) -> None:
    assert client.post(url(incident, page)).headers["Location"].startswith("/account/login/")


@pytest.mark.parametrize("page", ALL_PAGES)
def test_there_is_no_such_page_for_an_unknown_incident(procedure: None, as_alice: Client, page: str) -> None:
    assert as_alice.get(f"/incidents/INC-77/{page}/").status_code == 404


@pytest.mark.parametrize("page", ["reopen", "close"])
def test_an_old_link_leads_to_the_incident_and_says_why(
    incident: Incident, as_alice: Client, page: str
) -> None:
    answer = as_alice.get(url(incident, page), follow=True)
    assert answer.redirect_chain == [(incident.get_absolute_url(), 302)]
    assert f"“{page.capitalize()}” is not possible now: it is investigating" in answer.content.decode()


def test_a_reference_is_written_with_the_digits_of_ours(incident: Incident, as_alice: Client) -> None:
    assert as_alice.get("/incidents/INC-\u0661/").status_code == 404  # an Arabic one


def test_an_unknown_status_is_not_found(incident: Incident, as_alice: Client) -> None:
    for to in ("resolved", "nonsense"):
        assert as_alice.get(url(incident, f"status/{to}")).status_code == 404


def test_an_incident_goes_all_the_way(incident: Incident, alice: User, as_alice: Client) -> None:
    as_alice.post(url(incident, "status/mitigating"), {"note": "rolling back"})
    assert status(incident) == Status.MITIGATING
    as_alice.post(url(incident, "status/monitoring"), {"note": "it helps", "rollback_plan": "redeploy v812"})
    assert status(incident) == Status.MONITORING
    recover(alice, incident)
    answer = as_alice.post(url(incident, "resolve"), {"note": "rolled back"}, follow=True)
    assert status(incident) == Status.RESOLVED
    assert "Resolved." in answer.content.decode()
    as_alice.post(url(incident, "reopen"), {"reason": "it is back"})
    assert status(incident) == Status.INVESTIGATING


def test_mitigating_needs_a_note_beside_its_field(incident: Incident, as_alice: Client) -> None:
    answer = as_alice.post(url(incident, "status/mitigating"), {"note": ""})
    assert answer.status_code == 400
    assert "Add a note: what you know now." in answer.content.decode()


def test_monitoring_without_a_rollback_plan_says_what_is_missing(
    incident: Incident, as_alice: Client
) -> None:
    answer = as_alice.post(url(incident, "status/monitoring"), {"note": "it helps"})
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "A rollback plan is missing" in page
    assert 'id="id_rollback_plan_error"' in page
    assert 'href="#id_rollback_plan"' in page  # the field is on this very page
    assert "it helps" in page  # nothing lost


@pytest.mark.parametrize(
    ("page", "field", "reads_optional"),
    [
        ("status/monitoring", "rollback_plan", False),
        ("severity", "reason", False),
        ("roles/commander/take", "reason", False),
        ("status/monitoring", "note", True),
    ],
)
def test_what_may_be_needed_does_not_read_optional(
    incident: Incident, as_bob: Client, page: str, field: str, reads_optional: bool
) -> None:
    label = as_bob.get(url(incident, page)).content.decode().partition(f'<label for="id_{field}">')[2]
    assert ("optional" in label.partition("</label>")[0]) is reads_optional


def test_a_rollback_plan_is_optional_on_a_sev_3(incident: Incident, alice: User, as_alice: Client) -> None:
    actions.change_severity(by=Actor.of(alice), incident=incident, severity=3, reason="few are affected")
    label = as_alice.get(url(incident, "status/monitoring")).content.decode().partition("Rollback plan")[2]
    assert "optional" in label.partition("</label>")[0]


def test_a_merge_says_what_happened(incident: Incident, alice: User, as_alice: Client) -> None:
    other = actions.declare(by=Actor.of(alice), title="The same again", severity=2)
    answer = as_alice.post(url(other, "merge"), {"into": incident.reference}, follow=True)
    assert answer.redirect_chain[-1][0] == incident.get_absolute_url()
    assert f"{other.reference} is now part of this incident." in answer.content.decode()


def test_resolving_lists_each_missing_recovery_check_with_a_link(
    incident: Incident, as_alice: Client
) -> None:
    before = as_alice.get(url(incident, "resolve")).content.decode()
    answer = as_alice.post(url(incident, "resolve"), {"note": "I think so"})
    assert answer.status_code == 409
    for page in (before, answer.content.decode()):
        assert page.count("has neither evidence nor a waiver") == GateDefinition.objects.count()
        assert f'href="/incidents/{incident.reference}/#recovery"' in page
    assert "I think so" in answer.content.decode()


def test_a_responder_without_the_role_cannot_resolve(incident: Incident, alice: User, as_bob: Client) -> None:
    recover(alice, incident)
    answer = as_bob.post(url(incident, "resolve"), {"note": ""})
    assert answer.status_code == 403
    assert "Only the Incident Commander" in answer.content.decode()
    assert status(incident) == Status.INVESTIGATING


def test_a_stale_form_is_told_who_was_first_and_keeps_what_was_typed(
    incident: Incident, alice: User, as_alice: Client
) -> None:
    recover(alice, incident)
    form = as_alice.get(url(incident, "severity")).content.decode()
    actions.resolve(by=Actor.of(alice), incident=incident, note="done")
    answer = as_alice.post(
        url(incident, "severity"),
        {"severity": "2", "reason": "only one region", "version": hidden(form, "version")},
    )
    page = answer.content.decode()
    assert answer.status_code == 409
    assert re.search(r"resolved by Alice \d+ s ago", page)
    assert "only one region" in page


def test_a_form_refused_as_stale_works_when_sent_again(
    incident: Incident, alice: User, as_alice: Client
) -> None:
    form = as_alice.get(url(incident, "severity")).content.decode()
    data = {"severity": "2", "reason": "one region", "version": hidden(form, "version")}
    actions.change_details(by=Actor.of(alice), incident=incident, impact="all customers")
    refused = as_alice.post(url(incident, "severity"), data)
    assert refused.status_code == 409
    fresh = {name: hidden(refused.content.decode(), name) for name in ("version", "idempotency_key")}
    assert as_alice.post(url(incident, "severity"), data | fresh).status_code == 302


def test_a_double_tap_does_nothing_twice(incident: Incident, as_alice: Client) -> None:
    form = as_alice.get(url(incident, "severity")).content.decode()
    names = ("version", "idempotency_key")
    data = {"severity": "2", "reason": "one region"} | {name: hidden(form, name) for name in names}
    assert [as_alice.post(url(incident, "severity"), data).status_code for _ in range(2)] == [302, 302]
    assert incident.events.filter(kind="severity_changed").count() == 1


@pytest.mark.parametrize("severity", ["0", "5", "", "x", "1 OR 1=1"])
def test_an_impossible_severity_is_refused(incident: Incident, as_alice: Client, severity: str) -> None:
    answer = as_alice.post(url(incident, "severity"), {"severity": severity})
    assert answer.status_code == 400
    assert "Choose" in answer.content.decode()


def test_lowering_needs_a_reason(incident: Incident, as_alice: Client) -> None:
    answer = as_alice.post(url(incident, "severity"), {"severity": "3"})
    assert answer.status_code == 400
    assert "Say why it is less severe" in answer.content.decode()


def test_cancelling_needs_a_reason(incident: Incident, as_alice: Client) -> None:
    assert as_alice.post(url(incident, "cancel"), {"reason": " "}).status_code == 400
    assert as_alice.post(url(incident, "cancel"), {"reason": "false alarm"}).status_code == 302
    assert status(incident) == Status.CANCELLED


def test_merging_leads_to_the_incident_that_goes_on(
    incident: Incident, alice: User, as_alice: Client
) -> None:
    other = actions.declare(by=Actor.of(alice), title="The same thing", severity=2)
    page = as_alice.get(url(other, "merge")).content.decode()
    assert incident.reference in page
    answer = as_alice.post(url(other, "merge"), {"into": incident.reference.lower(), "reason": "same cause"})
    assert answer.headers["Location"] == f"/incidents/{incident.reference}/"
    assert status(other) == Status.MERGED
    assert (
        f'href="/incidents/{incident.reference}/"'
        in as_alice.get(url(other, "").replace("//", "/")).content.decode()
    )


@pytest.mark.parametrize("into", ["INC-99", "nonsense", "", "own"])
def test_merging_into_nothing_is_refused(incident: Incident, as_alice: Client, into: str) -> None:
    target = incident.reference if into == "own" else into
    answer = as_alice.post(url(incident, "merge"), {"into": target})
    assert answer.status_code == 400
    assert status(incident) == Status.INVESTIGATING


def test_details_write_only_what_was_changed(incident: Incident, alice: User, as_alice: Client) -> None:
    form = as_alice.get(url(incident, "details")).content.decode()
    assert "Webhooks answer 500" in form
    data = {"title": "Webhooks answer 503", "impact": "all customers", "is_user_facing": "on"}
    assert as_alice.post(url(incident, "details"), data).status_code == 302
    incident.refresh_from_db()
    assert (incident.title, incident.impact, incident.is_user_facing) == (
        "Webhooks answer 503",
        "all customers",
        True,
    )
    assert as_alice.post(url(incident, "details"), {"title": ""}).status_code == 400
    assert (
        as_alice.post(url(incident, "details"), {"title": "x", "bridge_url": "javascript:x"}).status_code
        == 400
    )


def test_components_can_be_changed(incident: Incident, as_alice: Client) -> None:
    api = Component.objects.create(name="API", slug="api")
    as_alice.post(url(incident, "components"), {"components": [api.pk]})
    assert list(incident.components.all()) == [api]
    assert as_alice.post(url(incident, "components"), {"components": ["77"]}).status_code == 400


def test_closing_waits_for_the_observation(incident: Incident, alice: User, as_alice: Client) -> None:
    recover(alice, incident)
    actions.resolve(by=Actor.of(alice), incident=incident)
    answer = as_alice.post(url(incident, "close"))
    assert answer.status_code == 409
    assert "The observation lasts until" in answer.content.decode()


def test_without_a_token_nothing_is_done(incident: Incident, alice: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert strict.post(url(incident, "cancel"), {"reason": "from elsewhere"}).status_code == 403
    assert status(incident) == Status.INVESTIGATING


def test_a_merge_into_a_private_incident_tells_nobody_else_which(
    incident: Incident, alice: User, as_dave: Client
) -> None:
    secret = actions.declare(by=Actor.of(alice), title="A leak", severity=1, is_private=True)
    actions.merge(by=Actor.of(alice), incident=incident, into=secret)
    place = f"/incidents/{incident.reference}/"
    api = f"/api/v1/incidents/{incident.reference}"
    for path in (place, f"{place}timeline/", f"{place}timeline.md", api, f"{api}/timeline"):
        assert secret.reference not in as_dave.get(path).content.decode(), path
    assert "in another incident that only its responders see" in as_dave.get(place).content.decode()
    as_her = browser(alice)
    assert secret.reference in as_her.get(place).content.decode()
    assert as_her.get(api).json()["merged_into"] == secret.reference
