"""What the API shows of incidents. Shape only: who may see what, ``access`` and ``visible_to`` decide."""

from typing import Any

from rest_framework import serializers

from accounts.models import User
from incidents import describe
from incidents.access import may_know
from incidents.models import (
    ChecklistTick,
    Checkpoint,
    Component,
    Decision,
    DecisionPoint,
    Event,
    GateDefinition,
    GateResult,
    Hypothesis,
    ImpactEstimate,
    Incident,
    Phase,
    PhaseStep,
    Responder,
    RoleAssignment,
    RoleDefinition,
    RoleOffer,
    SeverityDefinition,
    Symptom,
    Task,
    WatchRule,
)


class PersonRef(serializers.ModelSerializer[User]):
    """A person, in short."""

    class Meta:
        model = User
        fields = ["id", "name"]
        read_only_fields = fields


class RoleShape(serializers.ModelSerializer[RoleAssignment]):
    user = PersonRef(read_only=True)

    class Meta:
        model = RoleAssignment
        fields = ["role", "user", "since", "until"]
        read_only_fields = fields


class IncidentRow(serializers.ModelSerializer[Incident]):
    """An incident as lists show it. Instants are UTC."""

    reference = serializers.CharField(read_only=True)
    url = serializers.CharField(source="full_url", read_only=True, help_text="Its page.")
    team = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True, allow_null=True)
    components = serializers.SlugRelatedField[Any](slug_field="slug", many=True, read_only=True)
    acknowledged_by = PersonRef(read_only=True, allow_null=True)
    roles = RoleShape(source="current_roles", many=True, read_only=True)

    class Meta:
        model = Incident
        fields = [
            "reference", "number", "url", "title", "status", "severity", "peak_severity", "is_drill", "is_private",
            "team", "components", "roles", "detected_at", "declared_at", "acknowledged_at", "acknowledged_by",
            "mitigated_at", "resolved_at", "ended_at", "response_due_at", "response_breached_at", "version",
        ]  # fmt: skip
        read_only_fields = fields


class OtherIncident(serializers.SlugRelatedField[Any]):
    """Another incident's reference; ``null`` for who may not know of that one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(slug_field="reference", **options)

    def to_representation(self, value: Any) -> Any:
        return super().to_representation(value) if may_know(self.context["request"].user, value) else None


class IncidentShape(IncidentRow):
    """Everything about one incident but its timeline."""

    declared_by = PersonRef(read_only=True, allow_null=True)
    merged_into = OtherIncident(read_only=True, allow_null=True)
    follows = OtherIncident(read_only=True, allow_null=True)

    class Meta(IncidentRow.Meta):
        fields = [
            *IncidentRow.Meta.fields, "description", "source", "declared_severity", "declared_by", "declared_by_label",
            "is_user_facing", "is_security", "is_data", "is_public", "impact_started_at", "first_paged_at",
            "response_started_at", "bridge_url", "channel", "impact", "rollback_plan", "resolution", "merged_into",
            "follows", "reopen_count", "epoch", "event_sequence",
        ]  # fmt: skip
        read_only_fields = fields


class EventShape(serializers.ModelSerializer[Event]):
    """One entry of the timeline."""

    headline = serializers.SerializerMethodField(help_text="The entry in one plain sentence.")
    actor = serializers.CharField(source="actor_label", read_only=True)
    actor_id = serializers.IntegerField(read_only=True, allow_null=True)
    corrects = serializers.SlugRelatedField[Any](slug_field="sequence", read_only=True, allow_null=True)

    class Meta:
        model = Event
        fields = [
            "sequence", "kind", "at", "recorded_at", "actor", "actor_id", "via", "headline", "text", "data", "corrects",
        ]  # fmt: skip
        read_only_fields = fields

    def get_headline(self, event: Event) -> str:
        return describe.headline(event)


class ResponderShape(serializers.ModelSerializer[Responder]):
    user = PersonRef(read_only=True)

    class Meta:
        model = Responder
        fields = ["user", "joined_at", "left_at", "last_seen_sequence"]
        read_only_fields = fields


class RoleOfferShape(serializers.ModelSerializer[RoleOffer]):
    from_user = PersonRef(read_only=True, allow_null=True)
    to_user = PersonRef(read_only=True)

    class Meta:
        model = RoleOffer
        fields = ["id", "role", "from_user", "to_user", "briefing", "state", "created_at", "lapses_at"]
        read_only_fields = fields


class DecisionShape(serializers.ModelSerializer[Decision]):
    entry = serializers.IntegerField(
        source="event.sequence", read_only=True, help_text="Number of its entry."
    )
    decided_by = PersonRef(read_only=True, allow_null=True)

    class Meta:
        model = Decision
        fields = [
            "id", "entry", "point", "choice", "reason", "alternatives", "undo_note", "decided_by", "decided_at",
            "revisit_at",
        ]  # fmt: skip
        read_only_fields = fields


class HypothesisShape(serializers.ModelSerializer[Hypothesis]):
    entry = serializers.IntegerField(
        source="event.sequence", read_only=True, help_text="Number of its entry."
    )

    class Meta:
        model = Hypothesis
        fields = [
            "id", "entry", "theory", "evidence", "impact_assessment", "fix_strategy", "state", "created_at",
            "changed_at",
        ]  # fmt: skip
        read_only_fields = fields


class TickShape(serializers.ModelSerializer[ChecklistTick]):
    ticked_by = serializers.CharField(source="ticked_by_label", read_only=True)

    class Meta:
        model = ChecklistTick
        fields = ["step", "outcome", "note", "ticked_at", "ticked_by"]
        read_only_fields = fields


class CheckpointShape(serializers.ModelSerializer[Checkpoint]):
    owner = PersonRef(read_only=True, allow_null=True)

    class Meta:
        model = Checkpoint
        fields = ["id", "due_at", "question", "owner", "answer", "done_at"]
        read_only_fields = fields


class TaskShape(serializers.ModelSerializer[Task]):
    assignee = PersonRef(read_only=True, allow_null=True)

    class Meta:
        model = Task
        fields = ["id", "title", "assignee", "due_at", "done_at", "result"]
        read_only_fields = fields


class GateResultShape(serializers.ModelSerializer[GateResult]):
    gate = serializers.SlugRelatedField[Any](slug_field="key", read_only=True)
    recorded_by = PersonRef(read_only=True, allow_null=True)

    class Meta:
        model = GateResult
        fields = ["gate", "outcome", "text", "recorded_at", "recorded_by"]
        read_only_fields = fields


class WatchRuleShape(serializers.ModelSerializer[WatchRule]):
    class Meta:
        model = WatchRule
        fields = ["id", "labels", "expires_at"]
        read_only_fields = fields


class ImpactShape(serializers.ModelSerializer[ImpactEstimate]):
    created_by = PersonRef(read_only=True, allow_null=True)

    class Meta:
        model = ImpactEstimate
        fields = [
            "id", "method", "users_min", "users_likely", "users_max", "denominator", "text", "created_at", "created_by",
        ]  # fmt: skip
        read_only_fields = fields


class SeverityShape(serializers.ModelSerializer[SeverityDefinition]):
    label: Any = serializers.CharField(source="get_level_display", read_only=True)
    response_words = serializers.CharField(read_only=True, help_text="Such as “within 15 minutes”.")

    class Meta:
        model = SeverityDefinition
        fields = [
            "level", "label", "name", "definition", "business_impact", "response_minutes", "response_clock",
            "response_words",
        ]  # fmt: skip
        read_only_fields = fields


class SymptomShape(serializers.ModelSerializer[Symptom]):
    class Meta:
        model = Symptom
        fields = ["id", "text", "severity", "flags_security", "flags_data"]
        read_only_fields = fields


class RoleDefinitionShape(serializers.ModelSerializer[RoleDefinition]):
    duties = serializers.ListField(source="duty_list", child=serializers.CharField(), read_only=True)

    class Meta:
        model = RoleDefinition
        fields = ["key", "name", "short_name", "duties", "is_unique"]
        read_only_fields = fields


class StepShape(serializers.ModelSerializer[PhaseStep]):
    role = serializers.CharField(read_only=True, help_text="Whose step it is; empty for anybody's.")

    class Meta:
        model = PhaseStep
        fields = ["id", "group", "text", "kind", "command", "link", "role"]
        read_only_fields = fields


class DecisionPointShape(serializers.ModelSerializer[DecisionPoint]):
    class Meta:
        model = DecisionPoint
        fields = ["id", "question", "option_a", "option_b"]
        read_only_fields = fields


class PhaseShape(serializers.ModelSerializer[Phase]):
    steps = StepShape(source="active_steps", many=True, read_only=True)
    decision_points = DecisionPointShape(many=True, read_only=True)

    class Meta:
        model = Phase
        fields = ["key", "name", "box_from_minutes", "box_to_minutes", "anchor", "steps", "decision_points"]
        read_only_fields = fields


class GateShape(serializers.ModelSerializer[GateDefinition]):
    class Meta:
        model = GateDefinition
        fields = ["key", "name", "help_text", "applies_up_to"]
        read_only_fields = fields


class ComponentShape(serializers.ModelSerializer[Component]):
    team = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True, allow_null=True)

    class Meta:
        model = Component
        fields = ["slug", "name", "description", "team", "is_user_facing"]
        read_only_fields = fields
