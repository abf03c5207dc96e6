"""The forms that declare an incident and report a problem."""

from typing import Any

from django import forms

from incidents.forms.base import ActionForm, text
from incidents.models import Component, Severity, Symptom


class DeclareForm(ActionForm):
    title = forms.CharField(
        label="What is wrong?",
        max_length=200,
        widget=forms.TextInput(
            {"placeholder": "Checkout answers 500", "autofocus": True, "autocomplete": "off"}
        ),
        error_messages={"required": "Say in a few words what is wrong."},
    )
    severity = forms.TypedChoiceField(
        label="How bad is it?", choices=Severity.choices, coerce=int, required=False, empty_value=None,
        error_messages={"invalid_choice": "Choose SEV-1 (worst) to SEV-4."},
    )  # fmt: skip
    symptoms = forms.ModelMultipleChoiceField(
        label="What do you see?",
        queryset=Symptom.objects.all(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    components = forms.ModelMultipleChoiceField(
        label="Where?", queryset=Component.objects.filter(is_active=True), required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    description = text("What else is known?", help_text="What people see, since when. Markdown works.")
    is_drill = forms.BooleanField(
        label="This is a drill",
        required=False,
        help_text="Only its participants are told. This cannot be changed later.",
    )

    follows = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("severity") and "severity" not in self.errors:
            if data.get("symptoms"):
                data["severity"] = min(symptom.severity for symptom in data["symptoms"])
            else:
                self.add_error("severity", "Choose how bad it is, or tick what you see below.")
        return data


class ReportForm(ActionForm):
    title = forms.CharField(
        label="What is wrong?", max_length=200, widget=forms.TextInput({"autofocus": True, "autocomplete": "off"}),
        error_messages={"required": "Say in a few words what is wrong."},
    )  # fmt: skip
    description = text(
        "What do you see, and since when?", help_text="An address, a message, a time: whatever you have."
    )
