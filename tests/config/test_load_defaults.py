"""``manage.py load_defaults`` (R01-R13, R22-R36, R39, R40, R45-R48)."""

from io import StringIO

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import models

from accounts.actor import Actor
from accounts.models import BusinessCalendar, Team
from communications.models import CadenceRule, UpdateTemplate
from config import defaults
from config.defaults import process
from escalation.models import EscalationRule, Page
from incidents import actions
from incidents.models import (
    Component,
    DecisionPoint,
    EventKind,
    GateDefinition,
    Phase,
    PhaseStep,
    RoleDefinition,
    SeverityDefinition,
    Symptom,
    TechnicalLevel,
)
from oncall.models import EscalationRole
from tests import builders

pytestmark = pytest.mark.django_db


def run() -> str:
    out = StringIO()
    call_command("load_defaults", stdout=out)
    return out.getvalue()


def contents() -> dict[str, list[object]]:
    """Return every row of the applications' own tables."""
    own = ("accounts", "incidents", "escalation", "communications", "alerts", "postmortems")
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values())
        for model in apps.get_models()
        if model._meta.app_label in own
    }


def test_it_says_what_it_created_and_then_that_nothing_is_missing() -> None:
    assert "4 severities" in run()
    assert run() == "The default data is already there.\n"


def test_running_it_twice_gives_the_same_rows() -> None:
    run()
    before = contents()
    run()
    assert contents() == before


def test_what_an_admin_changed_or_removed_stays_so() -> None:
    defaults.load()
    SeverityDefinition.objects.filter(level=1).update(name="Catastrophe")
    EscalationRule.objects.filter(role="team_lead", severity=1).update(delay_minutes=5)
    Symptom.objects.filter(text="Minor bugs").delete()
    PhaseStep.objects.filter(text="List the pods").update(text="List the machines")
    PhaseStep.objects.filter(text="Database scaling").delete()
    Team.objects.update(name="Night watch", slug="night-watch")
    Component.objects.all().delete()
    before = contents()
    defaults.load()
    assert contents() == before


def test_a_missing_cell_of_the_matrix_comes_back() -> None:
    defaults.load()
    EscalationRule.objects.filter(role="executive", severity=4).delete()
    assert run() == "Default data created: 1 escalation rules.\n"


def test_the_severities_carry_the_procedures_promises() -> None:
    defaults.load()
    promises = {d.get_level_display(): d.response_words for d in SeverityDefinition.objects.all()}
    assert promises == {
        "SEV-1": "within 15 minutes",
        "SEV-2": "within 1 hour",
        "SEV-3": "within 4 business hours",
        "SEV-4": "next business day",
    }


def test_the_fourteen_symptoms_lead_to_a_severity_and_three_of_them_to_a_flag() -> None:
    defaults.load()
    assert Symptom.objects.count() == 14
    assert list(Symptom.objects.filter(flags_security=True).values_list("text", flat=True)) == [
        "Security breach"
    ]
    assert set(Symptom.objects.filter(flags_data=True).values_list("text", flat=True)) == {
        "Data loss",
        "Database corruption",
    }


MATRIX = {
    "on_call": ["Immediate", "Immediate", "Business hours", "Business hours"],
    "team_lead": ["15 min", "1 hour", "4 business hours", "Next day"],
    "manager": ["30 min", "4 hours", "Next day", "Weekly review"],
    "executive": ["1 hour", "Next day", "Weekly review", "Monthly review"],
}


@pytest.mark.parametrize("role", EscalationRole.values)
def test_the_matrix_reads_as_the_procedure_prints_it(role: str) -> None:
    defaults.load()
    rules = EscalationRule.objects.filter(role=role).order_by("severity")
    assert [rule.words for rule in rules] == MATRIX[role]


def test_pages_stop_at_mitigation_notices_at_resolution_and_reviews_never() -> None:
    defaults.load()
    conditions = {
        "immediate": "not_mitigated",
        "after": "not_mitigated",
        "business_hours": "unresolved",
        "next_day": "unresolved",
        "weekly_review": "always",
        "monthly_review": "always",
    }
    assert {(r.timing, r.condition) for r in EscalationRule.objects.all()} == set(conditions.items())


def test_the_roles_have_their_duties_and_only_experts_and_observers_may_be_many() -> None:
    defaults.load()
    roles = {role.key: role for role in RoleDefinition.objects.all()}
    assert roles["commander"].duty_list == [
        "Overall incident coordination",
        "Decision making authority",
        "Communication with stakeholders",
        "Resource allocation",
    ]
    assert {key for key, role in roles.items() if not role.is_unique} == {"expert", "observer"}
    commander_tag = roles["commander"].qualification
    assert commander_tag is not None
    assert commander_tag.key == "incident-commander"


def test_the_four_phases_have_the_procedures_time_boxes() -> None:
    defaults.load()
    boxes = [(p.key, p.box_from_minutes, p.box_to_minutes, p.anchor) for p in Phase.objects.all()]
    assert boxes == [
        ("detection", 0, 15, "declared"),
        ("diagnosis", 15, 60, "declared"),
        ("mitigation", 60, 240, "declared"),
        ("verification", 30, 120, "mitigated"),
    ]
    assert DecisionPoint.objects.count() == 3
    assert GateDefinition.objects.count() == 4
    assert TechnicalLevel.objects.count() == 4


def test_each_variable_in_a_command_has_a_value_for_the_service_of_the_procedure() -> None:
    defaults.load()
    known = {*Component.objects.get().variables, "incident"}
    for step in PhaseStep.objects.exclude(command=""):
        names = {part.split("}}")[0] for part in step.command.split("{{")[1:] if "}}" in part}
        assert names <= known, step.text


def test_steps_that_tick_themselves_wait_for_events_that_exist() -> None:
    kinds = {step["auto_event"] for steps in process.STEPS.values() for step in steps if "auto_event" in step}
    assert "update_published" in kinds
    assert kinds <= set(EventKind.values)


def test_the_update_template_is_the_procedures_with_the_siren() -> None:
    defaults.load()
    body = UpdateTemplate.objects.get(audience="internal").body
    assert body.splitlines()[0] == "🚨 INCIDENT UPDATE - {reference} - {time}"
    assert [line.split(":")[0] for line in body.splitlines()[1:]] == [
        "Severity",
        "Status",
        "Impact",
        "Actions",
        "ETA",
        "Next Update",
    ]


def test_the_cadences_are_the_procedures() -> None:
    defaults.load()
    words = [rule.words for rule in CadenceRule.objects.filter(audience="internal")]
    assert words == [
        "every 15 minutes",
        "every 30 minutes during business hours",
        "every 2 hours during business hours",
        "once per business day",
    ]
    promised = {rule.words for rule in CadenceRule.objects.filter(audience="customer")}
    assert promised == {"every 30 minutes"}


def test_an_existing_default_calendar_and_team_are_kept() -> None:
    BusinessCalendar.objects.create(name="Ours", time_zone="Asia/Tokyo", is_default=True)
    Team.objects.create(name="Us", slug="us", is_default=True)
    defaults.load()
    assert BusinessCalendar.objects.count() == 1
    assert Team.objects.count() == 1


def test_every_default_row_passes_the_admins_own_validation() -> None:
    defaults.load()
    loaded: list[type[models.Model]] = [
        SeverityDefinition, Symptom, RoleDefinition, Phase, PhaseStep, DecisionPoint, GateDefinition,
        TechnicalLevel, EscalationRule, CadenceRule, UpdateTemplate, Component, BusinessCalendar, Team,
    ]  # fmt: skip
    rows = [row for model in loaded for row in model._default_manager.all()]
    assert len(rows) > 100
    assert [complaint for row in rows for complaint in complaints(row)] == []


def complaints(row: models.Model) -> list[str]:
    """Return what the admin would say about a row, beside which field."""
    try:
        row.full_clean()
    except ValidationError as error:
        return [f"{row}: {error.message_dict}"]
    return []


def test_a_new_installation_pages_somebody() -> None:
    """Without any rota everybody in the default team is asked."""
    defaults.load()
    team = Team.objects.get(is_default=True)
    alice = builders.alice()
    team.members.add(alice)
    actions.declare(by=Actor.of(alice), title="Down", severity=1)
    assert Page.objects.get(user=alice).role == EscalationRole.ON_CALL
