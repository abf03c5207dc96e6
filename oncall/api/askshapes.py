"""What the API shows of requests, shadows and hand-overs, and what it takes. Shape only."""

from typing import Any

from rest_framework import serializers

from accounts.models import User
from incidents.api.shapes import PersonRef
from oncall.models import CoverRefusal, CoverRequest, Schedule, Shadow, ShiftChange


def _people() -> Any:
    return serializers.PrimaryKeyRelatedField(queryset=User.objects.all(), required=False, allow_null=True)


class RefusalShape(serializers.ModelSerializer[CoverRefusal]):
    user = PersonRef(read_only=True)

    class Meta:
        model = CoverRefusal
        fields = ["user", "reason", "created_at"]
        read_only_fields = fields


class CoverShape(serializers.ModelSerializer[CoverRequest]):
    """A request for cover, or for a swap where there is a span in return. Instants are UTC."""

    schedule = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    asked_by = PersonRef(read_only=True)
    asked_of = PersonRef(read_only=True, allow_null=True, help_text="Null: everybody of the rota.")
    answered_by = PersonRef(read_only=True, allow_null=True)
    refusals = RefusalShape(many=True, read_only=True)

    class Meta:
        model = CoverRequest
        fields = [
            "id", "schedule", "asked_by", "asked_of", "starts_at", "ends_at", "return_starts_at", "return_ends_at",
            "reason", "state", "lapses_at", "answered_by", "answered_at", "answer", "refusals", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class ChangeShape(serializers.Serializer[Any]):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    was = PersonRef(many=True)
    will_be = PersonRef(many=True)


class CoverDetailShape(CoverShape):
    """A request with the difference that a yes makes."""

    changes = serializers.SerializerMethodField()
    warnings = serializers.SerializerMethodField()

    class Meta(CoverShape.Meta):
        fields = [*CoverShape.Meta.fields, "changes", "warnings"]
        read_only_fields = fields

    def get_changes(self, request: CoverRequest) -> list[dict[str, Any]]:
        return [dict(row) for row in ChangeShape(self.context.get("changes", []), many=True).data]

    def get_warnings(self, request: CoverRequest) -> list[str]:
        return list(self.context.get("warnings", []))


class AskInput(serializers.Serializer[Any]):
    schedule = serializers.SlugRelatedField[Any](slug_field="slug", queryset=Schedule.objects.all())
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    asked_of = _people()
    return_starts_at = serializers.DateTimeField(required=False, allow_null=True)
    return_ends_at = serializers.DateTimeField(required=False, allow_null=True)
    lapses_at = serializers.DateTimeField(required=False, allow_null=True)
    reason = serializers.CharField(max_length=200, allow_blank=True, default="")


class CoverAnswerInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=200, allow_blank=True, default="")


class NoInput(serializers.Serializer[Any]):
    """Nothing is needed."""


class TakeInput(serializers.Serializer[Any]):
    until = serializers.DateTimeField(
        required=False, allow_null=True, help_text="Default: the end of the shift that is running."
    )
    with_incidents = serializers.BooleanField(default=False)
    reason = serializers.CharField(max_length=200, allow_blank=True, default="")


class ShadowShape(serializers.ModelSerializer[Shadow]):
    user = PersonRef(read_only=True)

    class Meta:
        model = Shadow
        fields = ["id", "user", "starts_at", "ends_at"]
        read_only_fields = fields


class ShadowInput(serializers.Serializer[Any]):
    user = _people()
    starts_at = serializers.DateTimeField(required=False, allow_null=True, help_text="Default: now.")
    ends_at = serializers.DateTimeField(required=False, allow_null=True)


class HandOverShape(serializers.ModelSerializer[ShiftChange]):
    """The pager changed hands. The brief is as it was sent."""

    schedule = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    incoming = PersonRef(read_only=True, allow_null=True)
    outgoing = PersonRef(many=True, read_only=True)

    class Meta:
        model = ShiftChange
        fields = [
            "id",
            "schedule",
            "at",
            "incoming",
            "outgoing",
            "until",
            "brief",
            "acknowledged_at",
            "created_at",
        ]
        read_only_fields = fields
