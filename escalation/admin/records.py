"""What happened: pages, timers, agenda items. Actions write them; here they are looked at."""

from django.contrib import admin

from accounts.adminbase import ReadOnlyModelAdmin
from escalation.models import AgendaItem, Escalation, EscalationTimer, Page


@admin.register(Page)
class PageAdmin(ReadOnlyModelAdmin):
    list_display = [
        "incident",
        "user_label",
        "role",
        "position",
        "round",
        "state",
        "due_at",
        "late_seconds",
        "answered_at",
    ]
    list_filter = ["state", "role"]
    list_select_related = ["incident"]
    search_fields = ["user_label", "=incident__number"]


@admin.register(EscalationTimer)
class EscalationTimerAdmin(ReadOnlyModelAdmin):
    list_display = ["incident", "epoch", "key", "kind", "role", "due_at", "state", "settled_at", "note"]
    list_filter = ["state", "kind", "role"]
    list_select_related = ["incident"]
    search_fields = ["=incident__number", "key"]


@admin.register(Escalation)
class EscalationAdmin(ReadOnlyModelAdmin):
    list_display = ["incident", "created_at", "exhausted_at"]
    list_select_related = ["incident"]
    search_fields = ["=incident__number"]


@admin.register(AgendaItem)
class AgendaItemAdmin(ReadOnlyModelAdmin):
    list_display = ["incident", "review", "role", "review_at", "discussed_at"]
    list_filter = ["review", "role"]
    list_select_related = ["incident"]
    search_fields = ["=incident__number", "incident__title"]
