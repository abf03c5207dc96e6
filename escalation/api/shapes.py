"""What the API shows of paging and on-call, and what it takes. Shape only."""

from typing import Any, Literal
from zoneinfo import ZoneInfo

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


class WokenWayShape(serializers.Serializer[Any]):
    """One way on which a page would reach somebody: "mail", 3 minutes after the page, or held by quiet hours."""

    way = serializers.CharField(source="words")
    delay_minutes = serializers.IntegerField()
    at = serializers.DateTimeField()
    is_held = serializers.BooleanField()


class WokenPersonShape(serializers.Serializer[Any]):
    user = PersonRef()
    reason = serializers.CharField()
    origin = serializers.ChoiceField(
        choices=["person", "team", "layer", "calendar", "override", "swap", "taken", "fixed"]
    )
    methods = serializers.ListField(child=serializers.CharField())
    ways = WokenWayShape(many=True)


class WokenRoundShape(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    at = serializers.DateTimeField()
    people = serializers.SerializerMethodField()

    def get_people(self, round_: Any) -> list[str]:
        return [str(target.user) for target in round_.people]


class WokenAgainShape(serializers.Serializer[Any]):
    """The repetitions in a role: everybody who was asked in it so far, until somebody answers."""

    minutes = serializers.IntegerField()
    clock = serializers.SerializerMethodField()
    rounds = WokenRoundShape(many=True)

    def get_clock(self, again: Any) -> Literal["wall", "business"]:
        return "business" if again.is_business else "wall"


class WokenShape(serializers.Serializer[Any]):
    """One step of an escalation in which nobody answers; ``local_at`` is its time in the zone that was asked for."""

    due_at = serializers.DateTimeField()
    local_at = serializers.SerializerMethodField()
    offset_seconds = serializers.SerializerMethodField()
    role = serializers.CharField()
    position = serializers.IntegerField()
    rule = serializers.CharField(source="rule.words")
    action = serializers.CharField(source="rule.action")
    condition = serializers.CharField()
    stops = serializers.CharField()
    why = serializers.CharField()
    is_gap = serializers.BooleanField()
    goes_on = serializers.BooleanField()
    passed_over = serializers.ListField(child=serializers.CharField())
    people = WokenPersonShape(many=True)
    again = WokenAgainShape(allow_null=True)

    def get_local_at(self, row: Any) -> str:
        zone: ZoneInfo = self.context.get("zone") or ZoneInfo("UTC")
        return str(row.due_at.astimezone(zone).isoformat())

    def get_offset_seconds(self, row: Any) -> int:
        return int(row.offset.total_seconds())


class PlanShape(serializers.Serializer[Any]):
    """Everything that a declaration would set in motion. ``verdict`` says why nobody would be paged, else nothing.

    ``note`` says what a clock change made of the wall time that was asked for.
    """

    severity = serializers.IntegerField()
    team = serializers.CharField(source="team.slug", allow_null=True)
    at = serializers.DateTimeField()
    time_zone = serializers.SerializerMethodField()
    note = serializers.SerializerMethodField()
    is_past = serializers.BooleanField()
    is_anybody_paged = serializers.BooleanField()
    is_anybody_told = serializers.BooleanField()
    is_agenda_only = serializers.BooleanField()
    has_gaps = serializers.BooleanField()
    verdict = serializers.CharField()
    notes = serializers.ListField(child=serializers.CharField())
    steps = WokenShape(source="rows", many=True)

    def get_time_zone(self, plan: Any) -> str:
        zone: ZoneInfo = self.context.get("zone") or ZoneInfo("UTC")
        return zone.key

    def get_note(self, plan: Any) -> str:
        return str(self.context.get("note", ""))


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
