"""The forms about whether it has recovered: gates, impact, what is watched for."""

from typing import Any

from django import forms

from incidents.forms.base import ActionForm, text
from incidents.models import GateResult, ImpactEstimate


class GateForm(ActionForm):
    outcome = forms.ChoiceField(
        label="Has it recovered?",
        choices=GateResult.Outcome.choices,
        initial="passed",
        widget=forms.RadioSelect,
    )
    text = text("What shows it, or why can it be left out?", required=True, rows=3)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].error_messages["required"] = "Say what shows it, or why it can be left out."


class ImpactForm(ActionForm):
    method = forms.ChoiceField(
        label="How do you know?",
        choices=ImpactEstimate.Method.choices,
        initial="estimated",
        widget=forms.RadioSelect,
    )
    users_min = forms.IntegerField(label="At least", required=False)
    users_likely = forms.IntegerField(label="Likely", required=False)
    users_max = forms.IntegerField(label="At most", required=False)
    denominator = forms.IntegerField(label="Out of", required=False, min_value=1, max_value=10**15)
    text = text("What do they notice?", rows=2)


class WatchForm(ActionForm):
    labels = text(
        "Labels to watch for", required=True, help_text="One a line, such as service=web. All have to match."
    )
    hours = forms.IntegerField(label="For how many hours", min_value=1, max_value=168, initial=24)

    def clean_labels(self) -> dict[str, str]:
        labels = {}
        for line in self.cleaned_data["labels"].splitlines():
            name, sign, value = line.partition("=")
            if line.strip() and not (sign and name.strip() and value.strip()):
                raise forms.ValidationError(f"“{line.strip()[:40]}” is not a label: write name=value.")
            if line.strip():
                labels[name.strip()] = value.strip()
        return labels
