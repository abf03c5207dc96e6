"""What the API shows of paging and on-call, and what it takes. Shape only."""

from typing import Any

from rest_framework import serializers

from accounts.models import User
from escalation.models import AgendaItem, EscalationRule, EscalationTimer, Page
from incidents.api.shapes import PersonRef
from oncall.models import EscalationRole


class PageShape(serializers.ModelSerializer[Page]):
    incident = serializers.CharField(source="incident.reference", read_only=True)
    user = PersonRef(read_only=True, allow_null=True)

    class Meta:
        model = Page
        fields = [
            "id", "incident", "user", "user_label", "role", "position", "round", "reason", "needs_answer", "state",
            "due_at", "created_at", "late_seconds", "answered_at", "answered_via", "note",
        ]  # fmt: skip
        read_only_fields = fields


class TimerShape(serializers.ModelSerializer[EscalationTimer]):
    incident = serializers.CharField(source="incident.reference", read_only=True)

    class Meta:
        model = EscalationTimer
        fields = [
            "id",
            "incident",
            "epoch",
            "kind",
            "role",
            "position",
            "round",
            "due_at",
            "state",
            "settled_at",
            "note",
        ]
        read_only_fields = fields


class RuleShape(serializers.ModelSerializer[EscalationRule]):
    words = serializers.CharField(read_only=True, help_text="The cell as the matrix prints it.")

    class Meta:
        model = EscalationRule
        fields = [
            "id",
            "role",
            "severity",
            "timing",
            "delay_minutes",
            "clock",
            "condition",
            "action",
            "words",
        ]
        read_only_fields = fields


class AgendaShape(serializers.ModelSerializer[AgendaItem]):
    incident = serializers.CharField(source="incident.reference", read_only=True)
    discussed_by = PersonRef(read_only=True, allow_null=True)

    class Meta:
        model = AgendaItem
        fields = ["id", "incident", "review", "role", "review_at", "discussed_at", "discussed_by"]
        read_only_fields = fields


class WokenPersonShape(serializers.Serializer[Any]):
    user = PersonRef()
    reason = serializers.CharField()
    methods = serializers.ListField(child=serializers.CharField())


class WokenShape(serializers.Serializer[Any]):
    """One step of an escalation in which nobody answers."""

    due_at = serializers.DateTimeField()
    offset_seconds = serializers.SerializerMethodField()
    role = serializers.CharField()
    position = serializers.IntegerField()
    rule = serializers.CharField(source="rule.words")
    action = serializers.CharField(source="rule.action")
    condition = serializers.CharField()
    is_gap = serializers.BooleanField()
    people = WokenPersonShape(many=True)

    def get_offset_seconds(self, row: Any) -> int:
        return int(row.offset.total_seconds())


# ---- what is taken ----


class AcknowledgeInput(serializers.Serializer[Any]):
    """An empty body."""


class DiscussInput(serializers.Serializer[Any]):
    """An empty body."""


class EscalateInput(serializers.Serializer[Any]):
    role = serializers.ChoiceField(choices=EscalationRole.choices)


class PersonToReleaseInput(serializers.Serializer[Any]):
    user = serializers.PrimaryKeyRelatedField(queryset=User.objects.all())


class PagePersonInput(PersonToReleaseInput):
    reason = serializers.CharField(max_length=160)
    role = serializers.ChoiceField(choices=["direct", "expert"], default="direct")


class DeclineInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=200, allow_blank=True, default="")
