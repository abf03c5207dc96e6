"""Layers with who takes turns and their weekly hours. What has begun is never rewritten: it is closed and succeeded."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.adminbase import actor_of
from common import clock
from common.errors import Invalid
from oncall import actions
from oncall.actions import MemberRow, WindowRow
from oncall.admin import preview
from oncall.admin.base import NewOnly, RotaAdmin, TabularInline, refuse, saved, tell, unchanged
from oncall.models import ForeignCalendar, Layer, LayerMember, LayerWindow

if TYPE_CHECKING:
    LayerBase = forms.ModelForm[Layer]
    MemberBase = forms.ModelForm[LayerMember]
    FormSet = BaseInlineFormSet[Any, Any, Any]
else:
    LayerBase = MemberBase = forms.ModelForm
    FormSet = BaseInlineFormSet

LAYER_FIELDS = ["name", "priority", "mode", "unit", "interval", "handoff_time", "anchor_date", "effective_from",
                "effective_until", "worked_shifts_only", "holidays", "feed"]  # fmt: skip


class LayerForm(LayerBase):
    class Meta:
        model = Layer
        fields = ["schedule", *LAYER_FIELDS]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding and "effective_from" in self.fields:
            now = clock.now().replace(second=0, microsecond=0)
            self.fields["effective_from"].initial = now
            self.fields["anchor_date"].initial = now.date()
        if "feed" in self.fields:
            shifts = ForeignCalendar.objects.filter(purpose=ForeignCalendar.Purpose.SHIFTS)
            self.fields["feed"].queryset = shifts  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        self._check("effective_from", data)
        self._check("effective_until", data)
        return data

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        layer = self.instance
        if self.errors or getattr(layer, "schedule", None) is None:
            return
        try:
            actions.check_turns(layer)
            if layer.holidays != Layer.Holidays.AS_USUAL:
                actions.check_holidays(layer)
        except Invalid as error:
            refuse(self, error)

    def _check(self, name: str, data: dict[str, Any]) -> None:
        """Refuse a beginning or an end that would change the past."""
        exists = not self.instance._state.adding
        if data.get(name) is None or (exists and name not in self.changed_data):
            return
        begun = exists and (self.initial.get("effective_from") or clock.now()) <= clock.now()
        if name == "effective_from" and begun:
            self.add_error(name, "This layer has begun: its beginning is history.")
            return
        try:
            data[name] = actions.start_from_now(data[name], clock.now(), field=name)
        except Invalid as error:
            self.add_error(name, error.sentence)


class LayerInline(NewOnly, TabularInline):
    model = Layer
    form = LayerForm
    extra = 0
    fields = [*LAYER_FIELDS]
    show_change_link = True
    verbose_name_plural = "layers: open one to say who takes turns"


class MemberFormSet(FormSet):
    """New rows go to the end unless they say otherwise; one that says nothing at all is none."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["position"].required = False
        if form.instance._state.adding:
            form.initial["position"] = None

    def clean(self) -> None:
        super().clean()
        for form in self.forms:
            data = getattr(form, "cleaned_data", {})
            since, until = data.get("since"), data.get("until")
            if since and until and until <= since:
                form.add_error("until", "The person would leave before they join.")
            elif data and not data.get("DELETE"):
                self._check(form, MemberRow(data.get("user"), since, until))
        if not any(self.errors):
            self._check_source()

    def _check(self, form: Any, row: MemberRow) -> None:
        try:
            actions.check_member(row, clock.now())
        except Invalid as error:
            form.add_error("user", error.sentence)

    def _check_source(self) -> None:
        """Refuse an order of people beside a calendar that says who is on call, and a calendar that is not named."""
        try:
            actions.check_source(self.instance, self.rows())
        except Invalid as error:
            raise forms.ValidationError(error.sentence) from error

    def rows(self) -> list[MemberRow]:
        """Return the places in their order."""
        kept = [form for form in self.forms if _is_kept(form)]
        last = len(kept)
        ordered = sorted(kept, key=lambda form: _position(form, last))
        return [
            MemberRow(
                form.cleaned_data.get("user"), form.cleaned_data.get("since"), form.cleaned_data.get("until")
            )
            for form in ordered
        ]


def _position(form: Any, last: int) -> int:
    position: int | None = form.cleaned_data.get("position")
    return last if position is None else position


def _is_kept(form: Any) -> bool:
    data = getattr(form, "cleaned_data", {})
    return bool(data) and not data.get("DELETE") and (form.instance.pk is not None or form.has_changed())


class WindowFormSet(FormSet):
    def rows(self) -> list[WindowRow]:
        data = (form.cleaned_data for form in self.forms if _is_kept(form))
        return [WindowRow(row["weekday"], row["starts"], row["ends"]) for row in data]


class MemberForm(MemberBase):
    def clean_position(self) -> int:
        position = self.cleaned_data.get("position")
        return 999 if position is None else int(position)


class MemberInline(TabularInline):
    model = LayerMember
    form = MemberForm
    formset = MemberFormSet
    extra = 0
    fields = ["position", "user", "since", "until"]
    verbose_name_plural = "who takes turns, in this order (a position without a person is nobody's turn)"


class WindowInline(TabularInline):
    model = LayerWindow
    formset = WindowFormSet
    extra = 0
    fields = ["weekday", "starts", "ends"]
    verbose_name_plural = "weekly hours (none: always)"


@admin.register(Layer)
class LayerAdmin(RotaAdmin):
    """A layer that has begun is closed and succeeded by what is saved here; one that has ended can only be read."""

    form = LayerForm
    list_display = ["__str__", "people", "unit", "interval", "effective_from", "effective_until"]
    list_filter = ["schedule"]
    list_select_related = ["schedule"]
    inlines = [MemberInline, WindowInline]
    readonly_fields = ["on_call_now", "coming_weeks"]
    fieldsets = [
        (None, {"fields": ["schedule", "name", ("priority", "mode"), ("unit", "interval"),
                           ("handoff_time", "anchor_date"), ("effective_from", "effective_until")]}),
        ("Less common", {"fields": ["worked_shifts_only", "holidays", "feed"]}),
        ("What it means", {"fields": ["on_call_now", "coming_weeks"]}),
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("members__user")

    @admin.display(description="Who takes turns")
    def people(self, layer: Layer) -> str:
        return ", ".join(str(member.user or "nobody") for member in layer.members.all()) or "nobody"

    @admin.display(description="On call now")
    def on_call_now(self, layer: Layer) -> str:
        return preview.now_words(layer.schedule if layer.pk else None)

    @admin.display(description="The next four weeks of the schedule")
    def coming_weeks(self, layer: Layer) -> SafeString | str:
        return preview.table(layer.schedule if layer.pk else None)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["schedule", *self.readonly_fields] if obj else [*self.readonly_fields]

    def has_change_permission(self, request: HttpRequest, obj: Layer | None = None) -> bool:
        ended = obj is not None and obj.effective_until is not None and obj.effective_until <= clock.now()
        return super().has_change_permission(request, obj) and not ended

    def has_delete_permission(self, request: HttpRequest, obj: Layer | None = None) -> bool:
        begun = obj is not None and obj.effective_from <= clock.now()
        return super().has_delete_permission(request, obj) and not begun

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Leave it to ``save_related``: a layer is written with its people and hours, by one action."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        layer: Layer = form.instance
        members, windows = formsets
        if not change:
            fields = {name: form.cleaned_data[name] for name in LAYER_FIELDS}
            stored = actions.start_layer(
                by=actor_of(request),
                schedule=layer.schedule,
                fields=fields,
                members=members.rows(),
                windows=windows.rows(),
            )
            saved(layer, stored)
        elif form.changed_data or any(formset.has_changed() for formset in formsets):
            request._successor = self._change(request, form, members, windows)  # type: ignore[attr-defined]
        unchanged(formsets)
        tell(request, layer.schedule)

    def _change(self, request: HttpRequest, form: Any, members: Any, windows: Any) -> Layer:
        layer, by = form.instance, actor_of(request)
        rows_changed = members.has_changed() or windows.has_changed()
        end = form.cleaned_data.get("effective_until")
        if form.changed_data == ["effective_until"] and end is not None and not rows_changed:
            actions.end_layer(by=by, layer=layer, at=end)
            return Layer.objects.get(pk=layer.pk)
        return actions.succeed_layer(
            by=by,
            layer=layer,
            members=members.rows(),
            windows=windows.rows(),
            changes={name: form.cleaned_data[name] for name in form.changed_data},
        )

    def delete_model(self, request: HttpRequest, obj: Layer) -> None:
        actions.end_layer(by=actor_of(request), layer=obj)
        tell(request, obj.schedule)

    def response_change(self, request: HttpRequest, obj: Layer) -> HttpResponse:
        successor = getattr(request, "_successor", None)
        if successor is None or successor.pk == obj.pk:
            return super().response_change(request, obj)
        messages.success(
            request,
            f"{obj} had begun: it was closed, and this layer succeeds it from now on. The past stays as it was.",
        )
        return HttpResponseRedirect(reverse("admin:oncall_layer_change", args=[successor.pk]))
