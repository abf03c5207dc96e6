"""Settings pages for cadences and wording; the ledger and what was published are read-only."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from accounts.adminbase import AuditedModelAdmin, ReadOnlyModelAdmin
from communications.models import Attempt, CadenceRule, Delivery, Update, UpdateTemplate

if TYPE_CHECKING:
    AttemptBase = admin.TabularInline[Attempt, Delivery]
else:
    AttemptBase = admin.TabularInline


@admin.register(CadenceRule)
class CadenceRuleAdmin(AuditedModelAdmin):
    list_display = ["severity", "audience", "promise"]
    list_filter = ["audience"]
    fields = ["severity", "audience", "unit", "minutes", "monitoring_minutes"]

    @admin.display(description="An update is due")
    def promise(self, rule: CadenceRule) -> str:
        return rule.words


@admin.register(UpdateTemplate)
class UpdateTemplateAdmin(AuditedModelAdmin):
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
