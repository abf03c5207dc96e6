"""The forms that move an incident along its lifecycle and say what it is about."""

from typing import Any

from django import forms

from common.forms import needed
from incidents.forms.base import ActionForm, text
from incidents.models import Component, Incident, Severity, Status


class SeverityForm(ActionForm):
    severity = forms.TypedChoiceField(
        label="How bad is it now?", choices=Severity.choices, coerce=int,
        error_messages={"required": "Choose a severity.", "invalid_choice": "Choose SEV-1 (worst) to SEV-4."},
    )  # fmt: skip
    reason = text("Why?", help_text="Needed to lower it; a word helps either way.", rows=2)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        needed(self.fields["reason"])


class StatusForm(ActionForm):
    note = text("What do you know now?", rows=3)
    rollback_plan = text("Rollback plan", help_text="What do we do if it comes back?")

    def __init__(self, *args: Any, to: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if to == Status.MONITORING:
            self.fields["note"].label = "What helped?"
            self.initial.setdefault("rollback_plan", self.incident.rollback_plan if self.incident else "")
            if self.incident and self.incident.severity <= Severity.SEV2:
                needed(self.fields["rollback_plan"])
        else:
            del self.fields["rollback_plan"]
            self.fields["note"].required = True
            self.fields["note"].error_messages["required"] = "Add a note: what you know now."


class NoteForm(ActionForm):
    note = text("What helped?", help_text="The first line of the post-mortem.")


class MergeForm(ActionForm):
    into = forms.CharField(
        label="Into which incident?", max_length=20,
        widget=forms.TextInput({"placeholder": "INC-42", "list": "targets"}),
        error_messages={"required": "Say into which incident, such as INC-42."},
    )  # fmt: skip
    reason = text("Why?", rows=2)


class DetailsForm(ActionForm):
    title = forms.CharField(max_length=200, error_messages={"required": "An incident needs a title."})
    description = text("Description", rows=4)
    impact = text("Impact", help_text="In plain words: who notices, and how.")
    rollback_plan = text("Rollback plan", help_text="What do we do if it comes back?")
    bridge_url = forms.CharField(
        label="Bridge", required=False, max_length=300, help_text="Address of the call."
    )
    is_user_facing = forms.BooleanField(label="Customers notice", required=False)
    is_security = forms.BooleanField(label="A security matter", required=False)
    is_data = forms.BooleanField(
        label="Touches data", required=False, help_text="Lost, damaged or seen by the wrong people."
    )
    is_public = forms.BooleanField(label="Press or social media talk about it", required=False)

    FIELDS = ("title", "description", "impact", "rollback_plan", "bridge_url",
              "is_user_facing", "is_security", "is_data", "is_public")  # fmt: skip

    def __init__(self, *args: Any, incident: Incident, **kwargs: Any) -> None:
        initial = {name: getattr(incident, name) for name in self.FIELDS}
        super().__init__(*args, incident=incident, initial=initial, **kwargs)

    def changes(self) -> dict[str, Any]:
        """Return what the person changed and nothing else, so that two people editing do not undo each other."""
        return {name: self.cleaned_data[name] for name in self.changed_data if name in self.FIELDS}


class ComponentsForm(ActionForm):
    components = forms.ModelMultipleChoiceField(
        label="What is affected?", queryset=Component.objects.filter(is_active=True), required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
