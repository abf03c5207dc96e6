"""The forms of roles and their hand-over."""

from typing import Any

from django import forms

from common.forms import needed
from incidents.forms.base import ActionForm, responders, text


class TakeRoleForm(ActionForm):
    user = forms.ModelChoiceField(responders(), label="Who", required=False, empty_label="Me")
    reason = text("Why?", rows=2)

    def __init__(self, *args: Any, is_held: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_held:
            needed(self.fields["reason"])


class OfferForm(ActionForm):
    to = forms.ModelChoiceField(
        responders(), label="To whom?", error_messages={"required": "Say who should take over."}
    )
    situation = text("Situation", rows=2, help_text="What is wrong, who is affected, since when.")
    objectives = text("Objectives", rows=2, help_text="What has to be reached next.")
    actions = text("Actions", rows=2, help_text="What is running, and who does it.")
    resources = text("Resources", rows=2, help_text="Who is here, who is coming.")
