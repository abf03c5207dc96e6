"""Settings pages: what the organisation means by its severities, roles, phases and checks. Incidents are read-only."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.adminbase import AuditedModelAdmin, ReadOnlyModelAdmin
from incidents.models import (
    Clock,
    Component,
    DecisionPoint,
    Event,
    EventKind,
    GateDefinition,
    Incident,
    IncidentSettings,
    Phase,
    PhaseStep,
    RoleDefinition,
    SeverityDefinition,
    Symptom,
    TechnicalLevel,
)

if TYPE_CHECKING:
    SeverityForm = forms.ModelForm[SeverityDefinition]
    StepForm = forms.ModelForm[PhaseStep]
    StepInline = admin.TabularInline[PhaseStep, Phase]
    PointInline = admin.TabularInline[DecisionPoint, Phase]
else:
    SeverityForm = StepForm = forms.ModelForm
    StepInline = PointInline = admin.TabularInline


class FixedSetAdmin(AuditedModelAdmin):
    """For tables with one row per value of ``key_field``: rows are edited; none is deleted, none added twice."""

    key_field = "key"

    def has_add_permission(self, request: HttpRequest) -> bool:
        choices = self.model._meta.get_field(self.key_field).choices or ()
        return super().has_add_permission(request) and self.model._default_manager.count() < len(choices)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return [self.key_field] if obj else []


class SeverityDefinitionForm(SeverityForm):
    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        if cleaned.get("response_clock") != Clock.NEXT_DAY and not cleaned.get("response_minutes"):
            self.add_error("response_minutes", "Say within how many minutes somebody has to acknowledge.")
        return cleaned


@admin.register(SeverityDefinition)
class SeverityDefinitionAdmin(FixedSetAdmin):
    key_field = "level"
    form = SeverityDefinitionForm
    list_display = ["__str__", "definition", "response"]
    ordering = ["level"]
    fields = ["level", "name", "definition", "business_impact", "response_minutes", "response_clock"]

    @admin.display(description="Acknowledged")
    def response(self, definition: SeverityDefinition) -> str:
        return definition.response_words


@admin.register(Symptom)
class SymptomAdmin(AuditedModelAdmin):
    list_display = ["text", "severity", "flags_security", "flags_data", "position"]
    list_display_links = ["text"]
    list_editable = ["severity", "position"]
    list_filter = ["severity", "flags_security", "flags_data"]
    search_fields = ["text"]


@admin.register(RoleDefinition)
class RoleDefinitionAdmin(FixedSetAdmin):
    list_display = ["name", "short_name", "is_unique", "qualification"]
    list_select_related = ["qualification"]
    fields = [
        "key",
        "name",
        "short_name",
        "duties",
        "selection_criteria",
        "qualification",
        "is_unique",
        "position",
    ]


class PhaseStepForm(StepForm):
    auto_event = forms.ChoiceField(
        required=False,
        choices=[("", "By hand only"), *EventKind.choices],
        label="Ticks itself on",
        help_text=PhaseStep._meta.get_field("auto_event").help_text,
    )


class PhaseStepInline(StepInline):
    model = PhaseStep
    fields = ["position", "group", "text", "kind", "role", "is_active"]
    extra = 0
    show_change_link = True

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False  # a step that was ticked somewhere stays: take its tick for "active" away instead


class DecisionPointInline(PointInline):
    model = DecisionPoint
    extra = 0


@admin.register(Phase)
class PhaseAdmin(FixedSetAdmin):
    list_display = ["name", "box", "anchor", "steps_shown"]
    fields = ["key", "name", ("box_from_minutes", "box_to_minutes"), "anchor", "position"]
    inlines = [PhaseStepInline, DecisionPointInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Phase]:
        return Phase.objects.annotate(step_count=Count("steps"))

    @admin.display(description="Time box")
    def box(self, phase: Phase) -> str:
        return f"{phase.box_from_minutes}-{phase.box_to_minutes} min"

    @admin.display(description="Steps", ordering="step_count")
    def steps_shown(self, phase: Any) -> int:
        count: int = phase.step_count
        return count


@admin.register(PhaseStep)
class PhaseStepAdmin(AuditedModelAdmin):
    form = PhaseStepForm
    list_display = ["text", "phase", "group", "kind", "has_command", "is_active"]
    list_filter = ["phase", "kind", "is_active", "role"]
    list_select_related = ["phase"]
    search_fields = ["text", "group", "command"]

    @admin.display(description="Command", boolean=True)
    def has_command(self, step: PhaseStep) -> bool:
        return bool(step.command)


@admin.register(GateDefinition)
class GateDefinitionAdmin(AuditedModelAdmin):
    list_display = ["name", "applies_up_to", "is_active", "position"]
    list_editable = ["is_active", "position"]
    prepopulated_fields = {"key": ["name"]}


@admin.register(TechnicalLevel)
class TechnicalLevelAdmin(AuditedModelAdmin):
    list_display = ["__str__", "from_minutes", "to_minutes"]


@admin.register(Component)
class ComponentAdmin(AuditedModelAdmin):
    list_display = ["name", "team", "is_user_facing", "is_active", "position"]
    list_editable = ["is_active", "position"]
    list_filter = ["team", "is_user_facing", "is_active"]
    list_select_related = ["team"]
    search_fields = ["name", "description"]
    prepopulated_fields = {"slug": ["name"]}
    filter_horizontal = ["experts"]


@admin.register(IncidentSettings)
class IncidentSettingsAdmin(AuditedModelAdmin):
    list_display = ["organisation", "bridge_url_template", "channel_template", "observation_hours"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not IncidentSettings.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Incident)
class IncidentAdmin(ReadOnlyModelAdmin):
    list_display = ["reference_link", "title", "severity", "status", "team", "declared_at", "is_drill"]
    list_display_links = ["title"]
    list_filter = ["status", "severity", "is_drill", "team"]
    list_select_related = ["team"]
    search_fields = ["title", "=number"]
    date_hierarchy = "declared_at"
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Incident]:
        return (
            Incident.objects.visible_to(request.user)
            if request.user.is_authenticated
            else Incident.objects.none()
        )

    @admin.display(description="Reference", ordering="number")
    def reference_link(self, incident: Incident) -> SafeString:
        return format_html('<a href="{}">{}</a>', incident.get_absolute_url(), incident.reference)


@admin.register(Event)
class EventAdmin(ReadOnlyModelAdmin):
    list_display = ["incident", "sequence", "kind", "at", "actor_label", "text"]
    list_filter = ["kind"]
    list_select_related = ["incident"]
    search_fields = ["=incident__number", "actor_label"]
    ordering = ["-pk"]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        if not request.user.is_authenticated:
            return Event.objects.none()
        return Event.objects.filter(incident__in=Incident.objects.visible_to(request.user))
