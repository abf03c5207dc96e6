"""Fixed schedules, shift by shift, and who shadows a rota."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.adminbase import actor_of
from common import clock
from common.errors import Invalid
from oncall import actions
from oncall.actions import FixedRow
from oncall.admin import preview
from oncall.admin.base import NewOnly, RotaAdmin, TabularInline, refuse, saved, tell, unchanged
from oncall.models import FixedSchedule, FixedShift, Shadow

if TYPE_CHECKING:
    FixedBase = forms.ModelForm[FixedSchedule]
    ShadowBase = forms.ModelForm[Shadow]
    FormSet = BaseInlineFormSet[Any, Any, Any]
else:
    FixedBase = ShadowBase = forms.ModelForm
    FormSet = BaseInlineFormSet


class FixedForm(FixedBase):
    class Meta:
        model = FixedSchedule
        fields = ["schedule", "starts_at", "ends_at", "reason"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        is_new = self.instance._state.adding
        if data.get("starts_at") and (is_new or "starts_at" in self.changed_data):
            try:
                data["starts_at"] = actions.start_from_now(data["starts_at"], clock.now())
            except Invalid as error:
                refuse(self, error)
        return data


class ShiftFormSet(FormSet):
    """The shifts of a fixed schedule; all of them have to lie within it."""

    def clean(self) -> None:
        super().clean()
        starts_at, ends_at = self.instance.starts_at, self.instance.ends_at
        if any(self.errors) or not starts_at or not ends_at:
            return
        try:
            actions.check_fixed(starts_at, ends_at, self.rows())
        except Invalid as error:
            raise forms.ValidationError(error.sentence) from error

    def rows(self) -> list[FixedRow]:
        """Return the shifts that stay."""
        data = (form.cleaned_data for form in self.forms if hasattr(form, "cleaned_data"))
        return [
            FixedRow(row["user"], row["starts_at"], row["ends_at"])
            for row in data
            if row.get("user") and not row.get("DELETE")
        ]


class ShiftInline(TabularInline):
    model = FixedShift
    formset = ShiftFormSet
    extra = 0
    fields = ["user", "starts_at", "ends_at"]
    verbose_name_plural = "who is on call when (between them: nobody)"


@admin.register(FixedSchedule)
class FixedScheduleAdmin(RotaAdmin):
    """Shifts that stand instead of all layers. Of one that has begun only the future changes; deleting ends it."""

    form = FixedForm
    list_display = ["__str__", "schedule", "starts_at", "ends_at"]
    list_filter = ["schedule"]
    list_select_related = ["schedule"]
    inlines = [ShiftInline]
    readonly_fields = ["coming_weeks"]
    fields = ["schedule", "starts_at", "ends_at", "reason", "coming_weeks"]

    @admin.display(description="The next four weeks of the schedule")
    def coming_weeks(self, fixed: FixedSchedule) -> SafeString | str:
        return preview.table(fixed.schedule if fixed.pk else None)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if obj is None:
            return ["coming_weeks"]
        return [
            "schedule",
            "coming_weeks",
            *(["starts_at", "reason"] if obj.starts_at <= clock.now() else []),
        ]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not _is_over(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not _is_over(obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Leave it to ``save_related``: the shifts are written with it, by one action."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        fixed: FixedSchedule = form.instance
        by, rows = actor_of(request), formsets[0].rows()
        if change:
            names = [name for name in form.changed_data if name in ("starts_at", "ends_at", "reason")]
            values = {name: form.cleaned_data[name] for name in names}
            actions.move_fixed(by=by, fixed=fixed, shifts=rows, **values)
        else:
            values = {name: form.cleaned_data[name] for name in ("starts_at", "ends_at", "reason")}
            saved(fixed, actions.start_fixed(by=by, schedule=fixed.schedule, shifts=rows, **values))
        unchanged(formsets)
        tell(request, fixed.schedule)

    def delete_model(self, request: HttpRequest, obj: FixedSchedule) -> None:
        actions.take_back_fixed(by=actor_of(request), fixed=obj)
        tell(request, obj.schedule)


def _is_over(fixed: Model | None) -> bool:
    return isinstance(fixed, FixedSchedule) and fixed.ends_at <= clock.now()


class FixedInline(NewOnly, TabularInline):
    """What stands, with a link to its shifts; a new one is written on a page of its own."""

    model = FixedSchedule
    extra = 0
    fields = ["starts_at", "ends_at", "reason"]
    show_change_link = True
    verbose_name_plural = "fixed schedules that are not over: open one to say who is on call when"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(ends_at__gt=clock.now())

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ShadowForm(ShadowBase):
    class Meta:
        model = Shadow
        fields = ["schedule", "user", "starts_at", "ends_at"]

    def clean_starts_at(self) -> Any:
        try:
            return actions.start_from_now(self.cleaned_data["starts_at"], clock.now())
        except Invalid as error:
            raise forms.ValidationError(error.sentence) from error

    def clean_user(self) -> Any:
        user = self.cleaned_data["user"]
        if not user.is_active:
            raise forms.ValidationError(f"{user} can no longer sign in, and would see nothing.")
        return user


class ShadowInline(NewOnly, TabularInline):
    model = Shadow
    form = ShadowForm
    extra = 0
    fields = ["user", "starts_at", "ends_at"]
    show_change_link = True
    verbose_name_plural = "who shadows: sees everything, is told second and quietly"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(Q(ends_at=None) | Q(ends_at__gt=clock.now()))


@admin.register(Shadow)
class ShadowAdmin(RotaAdmin):
    """Who shadows a rota. Deleting one that has begun ends it now."""

    form = ShadowForm
    list_display = ["user", "schedule", "starts_at", "ends_at"]
    list_filter = ["schedule"]
    list_select_related = ["schedule", "user"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        saved(obj, put_shadow(request, obj))

    def delete_model(self, request: HttpRequest, obj: Shadow) -> None:
        actions.take_back_shadow(by=actor_of(request), shadow=obj)


def put_shadow(request: HttpRequest, row: Shadow) -> Shadow:
    """Store the shadow that a form describes; return it."""
    return actions.put_shadow(
        by=actor_of(request),
        schedule=row.schedule,
        user=row.user,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
    )
