"""What the API shows of rotas, and what it takes to change them. Shape only: the actions say what makes no sense."""

from typing import Any

from rest_framework import serializers

from accounts.models import Team, User
from incidents.api.shapes import PersonRef
from oncall.actions import FixedRow, MemberRow, WindowRow
from oncall.models import (
    FixedSchedule,
    FixedShift,
    ForeignCalendar,
    Layer,
    LayerMember,
    LayerWindow,
    Schedule,
)
from oncall.notes import notes


class MemberShape(serializers.ModelSerializer[LayerMember]):
    user = PersonRef(read_only=True, allow_null=True)

    class Meta:
        model = LayerMember
        fields = ["user", "since", "until"]
        read_only_fields = fields


class WindowShape(serializers.ModelSerializer[LayerWindow]):
    class Meta:
        model = LayerWindow
        fields = ["weekday", "starts", "ends"]
        read_only_fields = fields


class LayerShape(serializers.ModelSerializer[Layer]):
    members = MemberShape(many=True, read_only=True)
    windows = WindowShape(many=True, read_only=True)

    class Meta:
        model = Layer
        fields = ["id", "name", "priority", "mode", "unit", "interval", "handoff_time", "anchor_date",
                  "effective_from", "effective_until", "worked_shifts_only", "holidays", "feed", "succeeds",
                  "members", "windows"]  # fmt: skip
        read_only_fields = fields


class FixedShiftShape(serializers.ModelSerializer[FixedShift]):
    user = PersonRef(read_only=True)

    class Meta:
        model = FixedShift
        fields = ["user", "starts_at", "ends_at"]
        read_only_fields = fields


class FixedShape(serializers.ModelSerializer[FixedSchedule]):
    shifts = FixedShiftShape(many=True, read_only=True)

    class Meta:
        model = FixedSchedule
        fields = ["id", "starts_at", "ends_at", "reason", "shifts"]
        read_only_fields = fields


class _Noted(serializers.Serializer[Any]):
    notes = serializers.SerializerMethodField(
        help_text="What the schedule means now: gaps, one person in two layers at once, hand-offs on a clock change."
    )

    def get_notes(self, row: Layer | FixedSchedule | Schedule) -> list[str]:
        return notes(row if isinstance(row, Schedule) else row.schedule)


class LayerAnswer(LayerShape, _Noted):
    class Meta(LayerShape.Meta):
        fields = [*LayerShape.Meta.fields, "notes"]
        read_only_fields = fields


class FixedAnswer(FixedShape, _Noted):
    class Meta(FixedShape.Meta):
        fields = [*FixedShape.Meta.fields, "notes"]
        read_only_fields = fields


class MemberInput(serializers.Serializer[Any]):
    user = serializers.PrimaryKeyRelatedField(
        queryset=User.objects.all(), allow_null=True, help_text="null is nobody, on purpose."
    )
    since = serializers.DateTimeField(required=False, allow_null=True, default=None)
    until = serializers.DateTimeField(required=False, allow_null=True, default=None)


class WindowInput(serializers.Serializer[Any]):
    weekday = serializers.IntegerField(min_value=0, max_value=6, help_text="Monday is 0.")
    starts = serializers.TimeField()
    ends = serializers.TimeField(help_text="Not after the start: on the next day.")


class LayerFields(serializers.Serializer[Any]):
    """What may be said of a layer. Left out: the default for a new one, as before for a change."""

    name = serializers.CharField(max_length=120, required=False)
    priority = serializers.IntegerField(min_value=0, max_value=32_767, required=False)
    mode = serializers.ChoiceField(choices=Layer.Mode.choices, required=False)
    unit = serializers.ChoiceField(choices=Layer.Unit.choices, required=False)
    interval = serializers.IntegerField(min_value=1, max_value=365, required=False)
    handoff_time = serializers.TimeField(required=False)
    anchor_date = serializers.DateField(required=False)
    effective_from = serializers.DateTimeField(required=False)
    effective_until = serializers.DateTimeField(required=False, allow_null=True)
    worked_shifts_only = serializers.BooleanField(required=False)
    holidays = serializers.ChoiceField(choices=Layer.Holidays.choices, required=False)
    feed = serializers.PrimaryKeyRelatedField(
        queryset=ForeignCalendar.objects.all(), required=False, allow_null=True
    )
    members = MemberInput(many=True, required=False, help_text="All of them, in the order of their turns.")
    windows = WindowInput(many=True, required=False, help_text="All weekly hours; none: always.")


class LayerChange(LayerFields):
    at = serializers.DateTimeField(
        required=False, help_text="When the changed layer succeeds one that has begun. Default: now."
    )


class FixedShiftInput(serializers.Serializer[Any]):
    user = serializers.PrimaryKeyRelatedField(queryset=User.objects.all())
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class FixedInput(serializers.Serializer[Any]):
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    reason = serializers.CharField(max_length=200, allow_blank=True, default="")
    shifts = FixedShiftInput(many=True, help_text="Between them nobody is on call.")


class FixedChange(serializers.Serializer[Any]):
    starts_at = serializers.DateTimeField(required=False)
    ends_at = serializers.DateTimeField(required=False)
    reason = serializers.CharField(max_length=200, allow_blank=True, required=False)
    shifts = FixedShiftInput(many=True, help_text="All that it has from now on.")


class ScheduleInput(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    slug = serializers.SlugField(max_length=50, required=False)
    team = serializers.SlugRelatedField[Any](
        slug_field="slug", queryset=Team.objects.all(), required=False, allow_null=True
    )
    time_zone = serializers.CharField(max_length=64, help_text="Such as Europe/London.")


class ScheduleChange(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120, required=False)
    team = serializers.SlugRelatedField[Any](
        slug_field="slug", queryset=Team.objects.all(), required=False, allow_null=True
    )
    time_zone = serializers.CharField(max_length=64, required=False)


def members_of(rows: list[dict[str, Any]]) -> list[MemberRow]:
    """Return the places that a body names."""
    return [MemberRow(row["user"], row["since"], row["until"]) for row in rows]


def windows_of(rows: list[dict[str, Any]]) -> list[WindowRow]:
    """Return the weekly hours that a body names."""
    return [WindowRow(row["weekday"], row["starts"], row["ends"]) for row in rows]


def shifts_of(rows: list[dict[str, Any]]) -> list[FixedRow]:
    """Return the fixed shifts that a body names."""
    return [FixedRow(row["user"], row["starts_at"], row["ends_at"]) for row in rows]
