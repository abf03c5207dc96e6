"""What the pages of this app ask for. A form checks shape only; the actions decide."""

from typing import Any

from django import forms

from common import instants
from communications import updates
from communications.actions import unchanged
from incidents.forms import ActionForm, MinutesField, text
from incidents.models import Incident

LONGER = [
    (15, "15 min"),
    (30, "30 min"),
    (60, "1 h"),
    (120, "2 h"),
    (240, "4 h"),
    (480, "8 h"),
    (1440, "24 h"),
]


class UpdateForm(ActionForm):
    """Only what the template cannot know: impact, actions, estimate. The rest is filled in."""

    impact = text("Impact", required=True, rows=3, help_text="Who notices, and how.")
    actions = text("Actions", required=True, rows=3, help_text="What is being done now.")
    eta = forms.CharField(
        label="Estimated time of resolution",
        required=False,
        max_length=200,
        widget=forms.TextInput({"placeholder": "Unknown", "autocomplete": "off"}),
    )
    next_in = MinutesField(label="Next update in", required=False)

    def __init__(self, *args: Any, incident: Incident, **kwargs: Any) -> None:
        impact, actions, eta = unchanged(incident)
        has_one = incident.updates.filter(audience="internal").exists()
        initial = {"impact": impact, "actions": actions if has_one else "", "eta": eta}
        super().__init__(*args, incident=incident, initial=initial, **kwargs)
        self.fields["impact"].error_messages["required"] = "Say who notices, and how."
        self.fields["actions"].error_messages["required"] = "Say what is being done."
        if updates.running(incident) is None:
            del self.fields["next_in"]
        else:
            choices = [("", _as_agreed(incident)), *LONGER]
            self.fields["next_in"] = MinutesField(label="Next update in", required=False, choices=choices)

    def values(self) -> dict[str, Any]:
        """Return the action's arguments; incomplete input, as a preview has it, gives empty ones."""
        data = self.cleaned_data
        words = {name: data.get(name) or "" for name in ("impact", "actions", "eta")}
        return words | {"next_due_at": data.get("next_in")}


class NextUpdateForm(ActionForm):
    next_in = MinutesField(
        label="Next update in", choices=LONGER, error_messages={"required": "Choose when."}, initial=60
    )
    reason = forms.CharField(
        label="Why?",
        required=False,
        max_length=300,
        help_text="Such as: the vendor works on it.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )


def _as_agreed(incident: Incident) -> str:
    pace = updates.cadence_for(incident)
    if pace.unit == "daily":
        return "as agreed: at the next closing"
    from datetime import timedelta

    business = " of business hours" if pace.unit == "business" else ""
    return f"as agreed: {instants.duration(timedelta(minutes=pace.minutes))}{business}"
