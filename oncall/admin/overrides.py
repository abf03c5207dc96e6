"""Overrides to add and to take back."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.adminbase import actor_of
from common import clock
from common.errors import Invalid
from oncall import actions
from oncall.admin.base import NewOnly, RotaAdmin, TabularInline, refuse, saved, tell
from oncall.models import Override

if TYPE_CHECKING:
    OverrideBase = forms.ModelForm[Override]
else:
    OverrideBase = forms.ModelForm


class OverrideForm(OverrideBase):
    class Meta:
        model = Override
        fields = ["schedule", "kind", "user", "replaces", "starts_at", "ends_at", "reason"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        needed = ("kind", "user", "starts_at", "ends_at")
        if not self.has_changed() or any(data.get(name) is None for name in needed):
            return data
        try:
            data["starts_at"] = actions.checked_start(
                **{name: data[name] for name in needed}, replaces=data.get("replaces")
            )
            schedule = data.get("schedule") or getattr(self.instance, "schedule", None)
            if schedule is not None and schedule.pk is not None:
                values = {name: data[name] for name in needed} | {"replaces": data.get("replaces")}
                actions.check_room(schedule=schedule, **values)
        except Invalid as error:
            refuse(self, error)
        return data


class OverrideInline(NewOnly, TabularInline):
    model = Override
    form = OverrideForm
    extra = 0
    fields = ["kind", "user", "replaces", "starts_at", "ends_at", "reason"]
    show_change_link = True
    verbose_name_plural = "overrides that are not over"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(ends_at__gt=clock.now())


@admin.register(Override)
class OverrideAdmin(RotaAdmin):
    """Overrides to add and to take back. One that has begun ends now instead of vanishing."""

    form = OverrideForm
    list_display = ["schedule", "kind", "user", "starts_at", "ends_at", "reason", "state"]
    list_filter = ["schedule", "kind"]
    search_fields = ["user__name", "reason"]
    list_select_related = ["schedule", "user"]
    actions = None

    @admin.display(description="State")
    def state(self, override: Override) -> str:
        now = clock.now()
        if override.ends_at <= now:
            return "over"
        return "running" if override.starts_at <= now else "to come"

    def has_change_permission(self, request: HttpRequest, obj: Override | None = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Override | None = None) -> bool:
        over = obj is not None and obj.ends_at <= clock.now()
        return super().has_delete_permission(request, obj) and not over

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        saved(obj, put(request, obj))
        tell(request, obj.schedule)

    def delete_model(self, request: HttpRequest, obj: Override) -> None:
        actions.take_back(by=actor_of(request), override=obj)
        tell(request, obj.schedule)


def put(request: HttpRequest, row: Override) -> Override:
    """Store the override that a form describes; return it."""
    return actions.put_override(
        by=actor_of(request),
        schedule=row.schedule,
        user=row.user,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        kind=row.kind,
        replaces=row.replaces,
        reason=row.reason,
    )
