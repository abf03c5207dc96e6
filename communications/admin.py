"""Settings pages for cadences and wording; the ledger and what was published are read-only."""

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest

from accounts.adminbase import AuditedModelAdmin, ReadOnlyModelAdmin
from communications.models import Attempt, Audience, CadenceRule, Delivery, Update, UpdateTemplate

if TYPE_CHECKING:
    AttemptBase = admin.TabularInline[Attempt, Delivery]
    TemplateForm = forms.ModelForm[UpdateTemplate]
else:
    AttemptBase = admin.TabularInline
    TemplateForm = forms.ModelForm

# What a template may name. An unknown name would be printed in braces to everybody.
NAMES = {"reference", "title", "time", "severity", "status", "impact", "actions", "eta", "next_update"}
OUTSIDE = NAMES | {
    "services",
    "workaround",
    "cadence",
    "business_impact",
    "response_team",
    "communication_plan",
}


@admin.register(CadenceRule)
class CadenceRuleAdmin(AuditedModelAdmin):
    list_display = ["severity", "audience", "promise"]
    list_filter = ["audience"]
    fields = ["severity", "audience", "unit", "minutes", "monitoring_minutes"]

    @admin.display(description="An update is due")
    def promise(self, rule: CadenceRule) -> str:
        return rule.words


class UpdateTemplateForm(TemplateForm):
    def clean(self) -> dict[str, Any] | None:
        """Refuse names that nothing stands for, beside the field that has them."""
        cleaned = super().clean() or {}
        audience = cleaned.get("audience") or self.instance.audience
        known = NAMES if audience == Audience.INTERNAL else OUTSIDE
        for field in ("subject", "body"):
            unknown = sorted(set(re.findall(r"\{([^{}]*)\}", cleaned.get(field) or "")) - known)
            if unknown:
                words = ", ".join(f"{{{name}}}" for name in unknown)
                self.add_error(
                    field, ValidationError(f"Nothing stands for {words}. Known: {_listed(known)}.")
                )
        return cleaned


def _listed(names: set[str]) -> str:
    return " ".join(f"{{{name}}}" for name in sorted(names))


@admin.register(UpdateTemplate)
class UpdateTemplateAdmin(AuditedModelAdmin):
    form = UpdateTemplateForm
    list_display = ["audience", "subject"]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class AttemptInline(AttemptBase):
    model = Attempt
    extra = 0
    can_delete = False
    ordering = ["number"]

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyModelAdmin):
    list_display = ["pk", "kind", "user", "transport", "address", "state", "due_at", "attempts", "last_error"]
    list_filter = ["state", "kind", "transport"]
    list_select_related = ["user"]
    search_fields = ["=incident__number", "user__name", "address", "topic"]
    exclude = ["payload", "lease_token"]
    inlines = [AttemptInline]
    show_full_result_count = False


@admin.register(Update)
class UpdateAdmin(ReadOnlyModelAdmin):
    list_display = ["incident", "number", "audience", "status", "published_at", "published_by_label"]
    list_filter = ["audience", "status"]
    list_select_related = ["incident"]
    search_fields = ["=incident__number", "text"]
    date_hierarchy = "published_at"
    show_full_result_count = False
