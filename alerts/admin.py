"""Settings page of the alert sources; alerts themselves are read-only."""

import secrets
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from accounts.adminbase import AuditedModelAdmin, ReadOnlyModelAdmin, actor_of
from alerts import actions
from alerts.models import Alert, AlertSource


@admin.register(AlertSource)
class AlertSourceAdmin(AuditedModelAdmin):
    """A new source's key is shown once, in the message after saving; later only a new key can be made."""

    list_display = ["name", "is_active", "default_severity", "default_component", "hint", "last_used_at"]
    list_filter = ["is_active"]
    search_fields = ["name"]
    readonly_fields = ["hint", "created_at", "last_used_at"]
    actions = ["new_key"]

    @admin.display(description="key")
    def hint(self, source: AlertSource) -> str:
        return f"{source.key_hint}…" if source.key_hint else "made when you save"

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        if not change and isinstance(obj, AlertSource):
            key = secrets.token_urlsafe(24)
            obj.key_digest, obj.key_hint = actions.digest(key), key[:4]
            self._show(request, obj, key)
        super().save_model(request, obj, form, change)

    @admin.action(description="Make a new key (the old one stops working at once)", permissions=["change"])
    def new_key(self, request: HttpRequest, queryset: QuerySet[AlertSource]) -> None:
        for source in queryset:
            key = secrets.token_urlsafe(24)
            digest = actions.digest(key)
            actions.rotate_key(by=actor_of(request), source=source, key_digest=digest, key_hint=key[:4])
            self._show(request, source, key)

    def _show(self, request: HttpRequest, source: AlertSource, key: str) -> None:
        address = request.build_absolute_uri(f"/api/v1/alerts/{key}")
        messages.warning(
            request, f"{source.name}: send alerts to {address} — this address is shown only now."
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Alerts point at their source: it is switched off, not deleted.
        return super().has_delete_permission(request, obj) and not (obj and obj.alerts.exists())


@admin.register(Alert)
class AlertAdmin(ReadOnlyModelAdmin):
    list_display = [
        "title",
        "state",
        "severity",
        "source",
        "component",
        "count",
        "first_at",
        "last_at",
        "incident",
    ]
    list_filter = ["state", "severity", "source"]
    search_fields = ["title", "dedup_key"]
    list_select_related = ["source", "component", "incident"]
    date_hierarchy = "first_at"
    show_full_result_count = False
