"""The settings: every page of the admin opens, says what is wrong, and lies where an admin looks for it."""

import re

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, User
from communications.models import UpdateTemplate
from config import defaults
from config.admingroups import GROUPS, MORE
from incidents.models import Incident, IncidentSettings, Phase, PhaseStep, SeverityDefinition, Symptom
from tests import builders

pytestmark = pytest.mark.django_db
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


@pytest.fixture
def ada(client: Client) -> User:
    defaults.load()
    ada = builders.person("Ada", "admin", is_staff=True, is_superuser=True)
    client.force_login(ada)
    return ada


def name_of(model: type[Model]) -> str:
    return str(model._meta.label)


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_each_list_opens(client: Client, model: type[Model]) -> None:
    page = client.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"))
    assert page.status_code == 200


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_each_list_can_be_searched_without_an_error(client: Client, model: type[Model]) -> None:
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    assert client.get(address, {"q": "’; -- INC-42 😀"}).status_code in (200, 302)


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_each_row_of_the_default_data_opens(client: Client, model: type[Model]) -> None:
    row = model._default_manager.first()
    if row is None:
        return
    page = client.get(
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk])
    )
    assert page.status_code == 200


@pytest.mark.usefixtures("ada")
def test_the_settings_are_grouped_by_purpose_and_nothing_is_left_over(client: Client) -> None:
    html = client.get(reverse("admin:index")).content.decode()
    headings = re.findall(r"<caption>\s*<a[^>]*>([^<]+)<", html)
    assert headings == [heading for heading in GROUPS if heading in headings]
    assert MORE not in headings
    assert headings[0] == "People and teams"


@pytest.mark.usefixtures("ada")
def test_the_settings_wear_the_products_own_tokens(client: Client) -> None:
    html = client.get(reverse("admin:index")).content.decode()
    assert "css/tokens.css" in html
    assert "css/admin.css" in html
    assert "Back to Allclear" in html
    assert " style=" not in html


def test_somebody_who_is_no_admin_is_refused(client: Client) -> None:
    client.force_login(builders.bob())
    assert client.get(reverse("admin:index")).status_code == 403


@pytest.mark.usefixtures("ada")
def test_a_severity_without_a_time_is_refused_beside_the_field(client: Client) -> None:
    severity = SeverityDefinition.objects.get(level=1)
    form = {"name": "Critical", "definition": "x", "business_impact": "y", "response_minutes": "0",
            "response_clock": "wall"}  # fmt: skip
    page = client.post(reverse("admin:incidents_severitydefinition_change", args=[severity.pk]), form)
    assert page.status_code == 200
    assert b"Say within how many minutes" in page.content


@pytest.mark.usefixtures("ada")
def test_a_changed_severity_is_in_the_audit_log(client: Client) -> None:
    severity = SeverityDefinition.objects.get(level=2)
    form = {"name": "Serious", "definition": "x", "business_impact": "y", "response_minutes": "30",
            "response_clock": "wall"}  # fmt: skip
    client.post(reverse("admin:incidents_severitydefinition_change", args=[severity.pk]), form)
    severity.refresh_from_db()
    assert severity.name == "Serious"
    entry = AuditEntry.objects.get(action="severitydefinition.changed")
    assert entry.data["fields"]["name"] == ["High", "Serious"]


@pytest.mark.usefixtures("ada")
def test_severities_roles_and_phases_are_a_fixed_set(client: Client) -> None:
    for model in ("severitydefinition", "roledefinition", "phase"):
        assert client.get(reverse(f"admin:incidents_{model}_add")).status_code == 403
    phase = Phase.objects.get(key="detection")
    assert (
        client.post(reverse("admin:incidents_phase_delete", args=[phase.pk]), {"post": "yes"}).status_code
        == 403
    )


@pytest.mark.usefixtures("ada")
def test_a_symptom_can_be_added_and_is_offered_from_then_on(client: Client) -> None:
    form = {"text": "Printer on fire", "severity": "3", "position": "9"}
    client.post(reverse("admin:incidents_symptom_add"), form)
    assert Symptom.objects.filter(text="Printer on fire", severity=3).exists()


@pytest.mark.usefixtures("ada")
def test_a_step_can_only_wait_for_an_event_that_exists(client: Client) -> None:
    phase = Phase.objects.get(key="detection")
    form = {"phase": phase.pk, "text": "Wait", "kind": "step", "auto_event": "doomsday", "position": "1"}
    page = client.post(reverse("admin:incidents_phasestep_add"), form)
    assert b"not one of the available choices" in page.content
    assert not PhaseStep.objects.filter(text="Wait").exists()


@pytest.mark.usefixtures("ada")
def test_variables_that_are_not_names_and_texts_are_refused(client: Client) -> None:
    form = {"name": "API", "slug": "api", "variables": '{"port": 80}', "position": "0"}
    page = client.post(reverse("admin:incidents_component_add"), form)
    assert b"names with text values" in page.content


@pytest.mark.usefixtures("ada")
def test_incidents_can_be_read_and_not_written(client: Client) -> None:
    incident = builders.bare_incident()
    address = reverse("admin:incidents_incident_change", args=[incident.pk])
    assert client.get(address).status_code == 200
    assert client.post(address, {"title": "Nothing happened"}).status_code == 403
    assert client.get(reverse("admin:incidents_incident_add")).status_code == 403
    assert Incident.objects.get().title == incident.title


@pytest.mark.usefixtures("ada")
def test_a_template_that_names_what_nothing_stands_for_is_refused(client: Client) -> None:
    template = UpdateTemplate.objects.get(audience="internal")
    form = {"audience": "internal", "subject": "{reference}", "body": "Culprit: {who}"}
    page = client.post(reverse("admin:communications_updatetemplate_change", args=[template.pk]), form)
    assert "Nothing stands for {who}" in page.content.decode()
    assert UpdateTemplate.objects.get(audience="internal").body == template.body


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("audience", ["internal", "customer", "executive"])
def test_the_default_templates_can_be_saved_as_they_are(client: Client, audience: str) -> None:
    row = UpdateTemplate.objects.get(audience=audience)
    form = {"audience": audience, "subject": row.subject, "body": row.body}
    answer = client.post(reverse("admin:communications_updatetemplate_change", args=[row.pk]), form)
    assert answer.status_code == 302


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("bridge_url_template", "99:99", "begins with https://"),
        ("bridge_url_template", "javascript:alert(1)", "begins with https://"),
        ("bridge_url_template", "https://meet.example.com/{reference.foo}", "Only {reference}"),
        ("bridge_url_template", "https://meet.example.com/{reference:>9999999}", "Only {reference}"),
        ("bridge_url_template", "https://meet.example.com/" + "x" * 263 + "{reference}", "longer than 300"),
        ("channel_template", "#{", "Only {reference}"),
        ("channel_template", "#{reference[0]}", "Only {reference}"),
        ("channel_template", "#{reference}" * 10, "longer than 120"),
    ],
)
def test_an_address_that_no_incident_could_have_is_refused(
    client: Client, field: str, text: str, said: str
) -> None:
    form = {
        "organisation": "Acme",
        "channel_template": "#{reference}",
        "observation_hours": 24,
        "reopen_hours": 24,
    }
    row, _ = IncidentSettings.objects.get_or_create()
    answer = client.post(f"/admin/incidents/incidentsettings/{row.pk}/change/", {**form, field: text})
    assert answer.status_code == 200
    assert any(said in sentence for sentence in answer.context["adminform"].form.errors[field])


@pytest.mark.usefixtures("ada")
def test_each_incident_gets_its_own_call_and_channel(client: Client) -> None:
    row, _ = IncidentSettings.objects.get_or_create()
    form = {"organisation": "Acme", "observation_hours": 24, "reopen_hours": 24}
    form |= {
        "bridge_url_template": "https://meet.example.com/{reference}",
        "channel_template": "#{reference}",
    }
    saved = client.post(f"/admin/incidents/incidentsettings/{row.pk}/change/", form)
    assert saved.status_code == 302
    client.post("/api/v1/incidents", {"title": "Slow", "severity": 4}, content_type="application/json")
    incident = Incident.objects.get()
    assert incident.bridge_url == f"https://meet.example.com/{incident.reference}"
    assert incident.channel == f"#{incident.reference.lower()}"
