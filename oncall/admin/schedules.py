"""Schedules with their layers and overrides. What has begun is never rewritten: it is closed and succeeded."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.adminbase import AuditedModelAdmin, actor_of
from common import clock
from common.errors import DomainError, Invalid
from oncall import actions
from oncall.actions import MemberRow, WindowRow
from oncall.admin import preview
from oncall.models import Layer, LayerMember, LayerWindow, Override, Schedule
from oncall.notes import notes

if TYPE_CHECKING:
    TabularInline = admin.TabularInline[Any, Any]
    LayerBase = forms.ModelForm[Layer]
    OverrideBase = forms.ModelForm[Override]
    MemberBase = forms.ModelForm[LayerMember]
    WindowBase = forms.ModelForm[LayerWindow]
    FormSet = BaseInlineFormSet[Any, Any, Any]
else:
    TabularInline = admin.TabularInline
    LayerBase = OverrideBase = MemberBase = WindowBase = forms.ModelForm
    FormSet = BaseInlineFormSet

LAYER_FIELDS = ["name", "priority", "mode", "unit", "interval", "handoff_time", "anchor_date",
                "effective_from", "effective_until", "worked_shifts_only"]  # fmt: skip


def tell(request: HttpRequest, schedule: Schedule) -> None:
    """Say what the saved schedule means: gaps, whoever is in it twice, hand-offs on a clock change."""
    for sentence in notes(schedule):
        say = messages.info if "the pager changes hands" in sentence else messages.warning
        say(request, sentence)


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
        except Invalid as error:
            self.add_error(error.field, error.sentence)
        return data


class NewOnly:
    """Rows can be added, and are shown; what has begun is changed on its own page, by its own rules."""

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class OverrideInline(NewOnly, TabularInline):
    model = Override
    form = OverrideForm
    extra = 0
    fields = ["kind", "user", "replaces", "starts_at", "ends_at", "reason"]
    show_change_link = True
    verbose_name_plural = "overrides that are not over"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(ends_at__gt=clock.now())


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

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        self._check("effective_from", data)
        self._check("effective_until", data)
        return data

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


@admin.register(Schedule)
class ScheduleAdmin(AuditedModelAdmin):
    list_display = ["name", "team", "time_zone", "on_call_now"]
    list_filter = ["team"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    readonly_fields = ["on_call_now", "coming_weeks"]
    inlines = [LayerInline, OverrideInline]
    fieldsets = [
        (None, {"fields": ["name", "slug", "team", "time_zone"]}),
        ("What it means", {"fields": ["on_call_now", "coming_weeks"]}),
    ]

    @admin.display(description="On call now")
    def on_call_now(self, schedule: Schedule) -> str:
        return preview.now_words(schedule)

    @admin.display(description="The next four weeks")
    def coming_weeks(self, schedule: Schedule) -> SafeString | str:
        return preview.table(schedule)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for row in formset.save(commit=False):
            if isinstance(row, Override):
                row.created_by = actor_of(request).user
            row.save()
        formset.save_m2m()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        tell(request, form.instance)


@admin.register(Layer)
class LayerAdmin(AuditedModelAdmin):
    """A layer that has begun is closed and succeeded by what is saved here; one that has ended can only be read."""

    form = LayerForm
    list_display = ["__str__", "people", "unit", "interval", "effective_from", "effective_until"]
    list_filter = ["schedule"]
    list_select_related = ["schedule"]
    inlines = [MemberInline, WindowInline]
    readonly_fields = ["coming_weeks"]
    fields = ["schedule", *LAYER_FIELDS, "coming_weeks"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("members__user")

    @admin.display(description="Who takes turns")
    def people(self, layer: Layer) -> str:
        return ", ".join(str(member.user or "nobody") for member in layer.members.all()) or "nobody"

    @admin.display(description="The next four weeks of the schedule")
    def coming_weeks(self, layer: Layer) -> SafeString | str:
        return preview.table(layer.schedule if layer.pk else None)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["schedule", "coming_weeks"] if obj else ["coming_weeks"]

    def has_change_permission(self, request: HttpRequest, obj: Layer | None = None) -> bool:
        ended = obj is not None and obj.effective_until is not None and obj.effective_until <= clock.now()
        return super().has_change_permission(request, obj) and not ended

    def has_delete_permission(self, request: HttpRequest, obj: Layer | None = None) -> bool:
        begun = obj is not None and obj.effective_from <= clock.now()
        return super().has_delete_permission(request, obj) and not begun

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        request._begun = change and Layer.objects.get(pk=obj.pk).effective_from <= clock.now()  # type: ignore[attr-defined]
        if not request._begun:  # type: ignore[attr-defined]
            super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        if not request._begun:  # type: ignore[attr-defined]
            super().save_related(request, form, formsets, change)
        elif form.changed_data or any(formset.has_changed() for formset in formsets):
            request._successor = self._succeed(request, form, formsets)  # type: ignore[attr-defined]
        for formset in formsets:
            for name in ("new_objects", "changed_objects", "deleted_objects"):
                setattr(formset, name, getattr(formset, name, []))
        tell(request, form.instance.schedule)

    def _succeed(self, request: HttpRequest, form: Any, formsets: Any) -> Layer:
        members, windows = formsets
        only_ends = form.changed_data == ["effective_until"] and not (
            members.has_changed() or windows.has_changed()
        )
        if only_ends:
            layer: Layer = form.instance
            Layer.objects.filter(pk=layer.pk).update(effective_until=layer.effective_until)
            return layer
        return actions.succeed_layer(
            by=actor_of(request),
            layer=form.instance,
            members=members.rows(),
            windows=windows.rows(),
            changes={name: form.cleaned_data[name] for name in form.changed_data},
        )

    def response_change(self, request: HttpRequest, obj: Layer) -> HttpResponse:
        successor = getattr(request, "_successor", None)
        if successor is None or successor.pk == obj.pk:
            return super().response_change(request, obj)
        messages.success(
            request,
            f"{obj} had begun: it was closed, and this layer succeeds it from now on. The past stays as it was.",
        )
        return HttpResponseRedirect(reverse("admin:oncall_layer_change", args=[successor.pk]))


@admin.register(Override)
class OverrideAdmin(AuditedModelAdmin):
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
        obj.created_by = actor_of(request).user
        super().save_model(request, obj, form, change)
        tell(request, obj.schedule)

    def delete_model(self, request: HttpRequest, obj: Override) -> None:
        try:
            actions.take_back(by=actor_of(request), override=obj)
        except DomainError as error:
            messages.error(request, error.sentence)
        tell(request, obj.schedule)
