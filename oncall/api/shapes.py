"""What the API shows of on-call, and what it takes. Shape only."""

from typing import Any

from rest_framework import serializers

from accounts.models import User
from incidents.api.shapes import PersonRef
from oncall.models import Override, Schedule


class ScheduleShape(serializers.ModelSerializer[Schedule]):
    team = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True, allow_null=True)

    class Meta:
        model = Schedule
        fields = ["id", "name", "slug", "team", "time_zone"]
        read_only_fields = fields


class ShiftShape(serializers.Serializer[Any]):
    """A shift; instants are UTC. Without a person it is a gap."""

    start = serializers.DateTimeField(source="shift.start")
    end = serializers.DateTimeField(source="shift.end")
    person = PersonRef(allow_null=True)
    is_gap = serializers.BooleanField()
    source_words = serializers.CharField(source="shift.source", help_text="Why: the layer, or the override.")


class OverrideShape(serializers.ModelSerializer[Override]):
    user = PersonRef(read_only=True)
    replaces = PersonRef(read_only=True, allow_null=True)

    class Meta:
        model = Override
        fields = ["id", "kind", "user", "replaces", "starts_at", "ends_at", "reason", "created_at"]
        read_only_fields = fields


class TargetShape(serializers.Serializer[Any]):
    user = PersonRef()
    reason = serializers.CharField()


class TeamNowShape(serializers.Serializer[Any]):
    team = serializers.CharField(source="team.slug")
    is_gap = serializers.BooleanField()
    people = TargetShape(many=True)


class OverrideInput(serializers.Serializer[Any]):
    user = serializers.PrimaryKeyRelatedField(queryset=User.objects.all())
    kind = serializers.ChoiceField(choices=Override.Kind.choices, default=Override.Kind.REPLACE)
    replaces = serializers.PrimaryKeyRelatedField(
        queryset=User.objects.all(), required=False, allow_null=True
    )
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    reason = serializers.CharField(max_length=200, allow_blank=True, default="")


class OverrideChange(serializers.Serializer[Any]):
    starts_at = serializers.DateTimeField(required=False)
    ends_at = serializers.DateTimeField(required=False)
    reason = serializers.CharField(max_length=200, allow_blank=True, required=False)
