"""Calendars that shifts are read from. Nothing is fetched here: the worker does."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join

from accounts.adminbase import AuditedModelAdmin, actor_of
from common import clock
from common.errors import Invalid
from oncall.foreign.actions import checked_url, read_now
from oncall.models import ForeignCalendar

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[ForeignCalendar]
else:
    ModelForm = forms.ModelForm


class ForeignCalendarForm(ModelForm):
    # A token in the address is a secret: webcal:// is no scheme that Django's field knows, either.
    url = forms.CharField(
        max_length=600,
        label="Address",
        help_text="https:// or webcal://. Kept out of the audit log.",
        widget=forms.TextInput(attrs={"class": "vURLField"}),
    )

    class Meta:
        model = ForeignCalendar
        fields = ["name", "purpose", "user", "url", "is_active"]

    def clean_url(self) -> str:
        try:
            return checked_url(self.cleaned_data["url"])
        except Invalid as error:
            raise forms.ValidationError(error.sentence) from error

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        is_personal = data.get("purpose") == ForeignCalendar.Purpose.ABSENCE
        if is_personal and not data.get("user"):
            self.add_error("user", "Say whose absences these are.")
        if not is_personal and data.get("user"):
            self.add_error("user", "The shifts of a layer are those of whoever the calendar names.")
        return data


@admin.register(ForeignCalendar)
class ForeignCalendarAdmin(AuditedModelAdmin):
    """An address, how reading it went, and whom it names that is nobody here."""

    form = ForeignCalendarForm
    list_display = ["name", "purpose", "state", "fetched_at"]
    list_filter = ["purpose", "is_active"]
    list_select_related = ["user"]
    search_fields = ["name", "user__name"]
    readonly_fields = ["state", "fetched_at", "due_at", "left_out", "nobody_here"]
    actions = ["read_selected"]

    @admin.display(description="How it went")
    def state(self, calendar: ForeignCalendar) -> str:
        if calendar.error:
            return calendar.error
        return "Read." if calendar.fetched_at else "Not read yet."

    @admin.display(description="Names that are nobody here")
    def nobody_here(self, calendar: ForeignCalendar) -> str:
        names = format_html_join(", ", "{}", ((name,) for name in calendar.unmatched))
        return names or "None: everybody in it is known."

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Have a new or changed address read at once, by the worker."""
        if not change or "url" in form.changed_data:
            obj.due_at, obj.etag = clock.now(), ""
        form.changed_data = [name for name in form.changed_data if name != "url"]
        super().save_model(request, obj, form, change)

    @admin.action(description="Read now")
    def read_selected(self, request: HttpRequest, queryset: QuerySet[ForeignCalendar]) -> None:
        for calendar in queryset:
            read_now(by=actor_of(request), calendar=calendar)
        messages.success(
            request, "They are read within a minute. Open this page again to see what came of it."
        )
