"""What the API takes. Shape only: the actions decide what is allowed. Unknown names are ignored."""

from typing import Any

from rest_framework import serializers

from accounts.models import Team, User
from incidents.models import (
    ChecklistTick,
    Component,
    DecisionPoint,
    GateDefinition,
    GateResult,
    Hypothesis,
    ImpactEstimate,
    RoleDefinition,
    Severity,
    Status,
    Symptom,
)

Input = serializers.Serializer[Any]
_LONG = 50_000


def words() -> serializers.CharField:
    """Return a field for text that may be left out; the action says how long it may be."""
    return serializers.CharField(allow_blank=True, max_length=_LONG, default="")


def new_words() -> serializers.CharField:
    """Return a field for text that stays as it is when left out."""
    return serializers.CharField(allow_blank=True, max_length=_LONG, required=False)


def level(**options: Any) -> serializers.ChoiceField:
    return serializers.ChoiceField(choices=Severity.choices, help_text="1 (worst) to 4.", **options)


def component_slugs() -> Any:
    """Return a field that takes components by slug."""
    return serializers.SlugRelatedField[Any](
        slug_field="slug", queryset=Component.objects.filter(is_active=True), many=True, required=False
    )


def symptom_ids() -> Any:
    return serializers.PrimaryKeyRelatedField[Any](queryset=Symptom.objects.all(), many=True, required=False)


def a_person(**options: Any) -> Any:
    """Return a field that takes a person by id."""
    return serializers.PrimaryKeyRelatedField[Any](queryset=User.objects.filter(is_active=True), **options)


class Versioned(Input):
    expected_version = serializers.IntegerField(
        min_value=1,
        required=False,
        help_text="The incident's version that you saw: if it has changed since, the request is refused with 409.",
    )


class DeclareInput(Input):
    title = serializers.CharField(max_length=1000)
    severity = level(required=False)
    description = words()
    symptoms = symptom_ids()
    components = component_slugs()
    team = serializers.SlugRelatedField[Any](slug_field="slug", queryset=Team.objects.all(), required=False)
    is_drill = serializers.BooleanField(default=False)
    is_private = serializers.BooleanField(default=False)
    is_user_facing = serializers.BooleanField(default=False)
    is_security = serializers.BooleanField(default=False)
    is_data = serializers.BooleanField(default=False)
    is_public = serializers.BooleanField(default=False)
    detected_at = serializers.DateTimeField(required=False)
    impact_started_at = serializers.DateTimeField(required=False)
    follows = serializers.CharField(
        max_length=20,
        required=False,
        help_text="The incident that came back too late to be reopened, such as INC-41.",
    )


class ReportInput(Input):
    title = serializers.CharField(max_length=1000)
    description = words()


class ConvertInput(Versioned):
    severity = level(required=False)
    components = component_slugs()
    symptoms = symptom_ids()
    title = words()


class StatusInput(Versioned):
    to = serializers.ChoiceField(choices=[Status.INVESTIGATING, Status.MITIGATING, Status.MONITORING])
    note = words()
    rollback_plan = words()


class NoteInput(Versioned):
    note = words()


class ReasonInput(Versioned):
    reason = words()


class CloseInput(Versioned):
    pass


class MergeInput(ReasonInput):
    into = serializers.CharField(max_length=20, help_text="The incident that goes on, such as INC-41.")


class SeverityInput(ReasonInput):
    severity = level()


class RoleInput(Versioned):
    role = serializers.ChoiceField(choices=RoleDefinition.Key.choices)
    user = a_person(required=False)
    reason = words()


class ReleaseInput(Input):
    user = a_person(required=False)


class OfferInput(Input):
    role = serializers.ChoiceField(choices=RoleDefinition.Key.choices)
    to = a_person()
    situation = words()
    objectives = words()
    actions = words()
    resources = words()


class WhyInput(Input):
    reason = words()


class Nothing(Input):
    """An empty body."""


class WriteInput(Input):
    text = serializers.CharField(max_length=_LONG)
    kind = serializers.ChoiceField(choices=["note", "action", "evidence"], default="note")
    at = serializers.DateTimeField(required=False, help_text="When it happened; default now.")


class CorrectionInput(Input):
    entry = serializers.IntegerField(min_value=1, help_text="Number of the entry to correct.")
    text = serializers.CharField(max_length=_LONG)


class DecisionInput(Input):
    choice = serializers.CharField(max_length=1000)
    reason = words()
    alternatives = words()
    undo_note = words()
    point = serializers.PrimaryKeyRelatedField[Any](queryset=DecisionPoint.objects.all(), required=False)
    revisit_at = serializers.DateTimeField(required=False)


class HypothesisInput(Input):
    theory = serializers.CharField(max_length=1000)
    evidence = words()
    impact_assessment = words()
    fix_strategy = words()


class JudgeInput(Input):
    state = serializers.ChoiceField(choices=Hypothesis.State.choices)
    evidence = words()


class TickInput(Input):
    outcome = serializers.ChoiceField(choices=ChecklistTick.Outcome.choices, default="done")
    note = words()
    undo_note = words()


class CheckpointInput(Input):
    due_at = serializers.DateTimeField()
    question = serializers.CharField(max_length=1000)
    owner = a_person(required=False)


class AnswerInput(Input):
    answer = words()


class TaskInput(Input):
    title = serializers.CharField(max_length=1000)
    assignee = a_person()
    due_at = serializers.DateTimeField()


class ResultInput(Input):
    result = words()


class GateInput(Input):
    gate = serializers.SlugRelatedField[Any](
        slug_field="key", queryset=GateDefinition.objects.filter(is_active=True)
    )
    outcome = serializers.ChoiceField(choices=GateResult.Outcome.choices)
    text = words()


class WatchInput(Input):
    labels = serializers.DictField(child=serializers.CharField(max_length=500), allow_empty=False)
    expires_at = serializers.DateTimeField()


class ImpactInput(Input):
    method = serializers.ChoiceField(choices=ImpactEstimate.Method.choices)
    users_min = serializers.IntegerField(min_value=0, max_value=2**62, required=False)
    users_likely = serializers.IntegerField(min_value=0, max_value=2**62, required=False)
    users_max = serializers.IntegerField(min_value=0, max_value=2**62, required=False)
    denominator = serializers.IntegerField(min_value=0, max_value=2**62, required=False)
    text = words()


class DetailsInput(Versioned):
    title = new_words()
    description = new_words()
    impact = new_words()
    rollback_plan = new_words()
    bridge_url = new_words()
    impact_started_at = serializers.DateTimeField(required=False)
    is_user_facing = serializers.BooleanField(required=False)
    is_security = serializers.BooleanField(required=False)
    is_data = serializers.BooleanField(required=False)
    is_public = serializers.BooleanField(required=False)
    is_private = serializers.BooleanField(required=False)


class ComponentsInput(Versioned):
    components = component_slugs()
