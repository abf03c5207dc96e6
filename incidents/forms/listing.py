"""The filters of the list of incidents."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from accounts.models import Team
from incidents.models import Component, Severity, Status


class FilterForm(forms.Form):
    """The filters of the list. Every field is optional; what makes no sense is said beside it and left out."""

    q = forms.CharField(label="Search", required=False, max_length=200)
    status = forms.ChoiceField(
        required=False, choices=[("", "Any status"), ("open", "Open"), ("over", "Over"), *Status.choices]
    )
    severity = forms.TypedChoiceField(
        required=False, coerce=int, empty_value=None, choices=[("", "Any severity"), *Severity.choices]
    )
    team = forms.ModelChoiceField(Team.objects.all(), required=False, empty_label="Any team")
    component = forms.ModelChoiceField(Component.objects.all(), required=False, empty_label="Any component")
    drill = forms.ChoiceField(
        label="Drills",
        required=False,
        choices=[("", "With drills"), ("no", "No drills"), ("only", "Only drills")],
    )
    since = forms.DateField(label="From", required=False, widget=forms.DateInput({"type": "date"}))
    until = forms.DateField(label="Until", required=False, widget=forms.DateInput({"type": "date"}))
    sort = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)

    def clean_since(self) -> datetime | None:
        return _midnight(self.cleaned_data["since"])

    def clean_until(self) -> datetime | None:
        day: date | None = self.cleaned_data["until"]
        return _midnight(day + timedelta(days=1)) if day and day < date.max else None

    def filters(self) -> dict[str, Any]:
        """Return the filters that make sense; call after ``is_valid()``."""
        return {name: value for name, value in self.cleaned_data.items() if value}


def _midnight(day: date | None) -> datetime | None:
    """Return the beginning of a day in the viewer's zone."""
    return datetime.combine(day, time(), tzinfo=timezone.get_current_timezone()) if day else None
