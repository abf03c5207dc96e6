"""The escalation matrix: when each role hears of which severity, and who fills the role."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from accounts.adminbase import AuditedModelAdmin
from escalation.models import EscalationRule
from incidents.models import Severity
from oncall.models import EscalationRole

CELLS = len(EscalationRole.values) * len(Severity.values)


@admin.register(EscalationRule)
class EscalationRuleAdmin(AuditedModelAdmin):
    """Sixteen cells. Running escalations keep the copy that was taken when they were declared."""

    list_display = ["cell", "words", "timing", "delay_minutes", "clock", "condition", "action"]
    list_display_links = ["cell"]
    list_editable = ["timing", "delay_minutes", "clock", "condition", "action"]
    ordering = ["severity", "pk"]
    actions = None

    @admin.display(description="Cell", ordering="severity")
    def cell(self, rule: EscalationRule) -> str:
        return f"{rule.get_severity_display()} {rule.get_role_display()}"

    @admin.display(description="In the matrix")
    def words(self, rule: EscalationRule) -> str:
        return rule.words

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["role", "severity"] if obj else []

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and EscalationRule.objects.count() < CELLS

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the form of a row of the list: the model's own checks with their sentences."""
        return super().get_changelist_form(request, **{"form": forms.ModelForm, **kwargs})
