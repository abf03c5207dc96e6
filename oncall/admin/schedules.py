"""Schedules with their layers, overrides, fixed schedules and shadows, and what all of that means."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.adminbase import AuditedModelAdmin, actor_of
from common.errors import Invalid
from oncall import actions
from oncall.admin import fixed, overrides, preview
from oncall.admin.base import RotaAdmin, refuse, saved, tell, unchanged
from oncall.admin.layers import LAYER_FIELDS, LayerInline
from oncall.models import Layer, Override, Schedule, Shadow

if TYPE_CHECKING:
    ScheduleBase = forms.ModelForm[Schedule]
else:
    ScheduleBase = forms.ModelForm

_FIELDS = ["name", "slug", "team", "time_zone"]


class ScheduleForm(ScheduleBase):
    class Meta:
        model = Schedule
        fields = _FIELDS

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        try:
            actions.check_schedule(self.instance)
        except Invalid as error:
            refuse(self, error)


@admin.register(Schedule)
class ScheduleAdmin(RotaAdmin):
    form = ScheduleForm
    list_display = ["name", "team", "time_zone", "listed_now"]
    list_filter = ["team"]
    list_select_related = ["team"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    readonly_fields = ["on_call_now", "to_know", "coming_weeks"]
    inlines = [LayerInline, overrides.OverrideInline, fixed.FixedInline, fixed.ShadowInline]
    fieldsets = [
        (None, {"fields": [*_FIELDS]}),
        ("What it means", {"fields": ["on_call_now", "to_know", "coming_weeks"]}),
    ]

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        found = super().get_changelist_instance(request)
        words = preview.words_now(found.result_list)
        for schedule in found.result_list:
            schedule.words_now = words[schedule.pk]
        return found

    @admin.display(description="On call now")
    def listed_now(self, schedule: Any) -> str:
        return str(schedule.words_now)

    @admin.display(description="On call now")
    def on_call_now(self, schedule: Schedule) -> str:
        return preview.now_words(schedule)

    @admin.display(description="To know")
    def to_know(self, schedule: Schedule) -> SafeString | str:
        return preview.notes_list(schedule)

    @admin.display(description="The next four weeks")
    def coming_weeks(self, schedule: Schedule) -> SafeString | str:
        return preview.table(schedule)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        by = actor_of(request)
        if not change:
            saved(obj, actions.put_schedule(by=by, **{name: form.cleaned_data[name] for name in _FIELDS}))
        elif form.changed_data:
            changes = {name: form.cleaned_data[name] for name in form.changed_data}
            actions.edit_schedule(by=by, schedule=obj, changes=changes)

    def _audit(self, request: HttpRequest, verb: str, obj: Model, message: Any) -> None:
        if verb == "deleted":  # of one that never had a layer: there is no action for it
            AuditedModelAdmin._audit(self, request, verb, obj, message)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for row in formset.save(commit=False):
            if isinstance(row, Override):
                overrides.put(request, row)
            elif isinstance(row, Shadow):
                fixed.put_shadow(request, row)
            elif isinstance(row, Layer):
                fields = {name: getattr(row, name) for name in LAYER_FIELDS}
                actions.start_layer(by=actor_of(request), schedule=row.schedule, fields=fields)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        unchanged(formsets)
        tell(request, form.instance)
