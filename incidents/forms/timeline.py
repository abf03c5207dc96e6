"""The forms that write on the timeline."""

from typing import Any

from django import forms

from incidents.forms.base import ActionForm, MinutesField, text
from incidents.models import DecisionPoint, Hypothesis


class ComposerForm(ActionForm):
    """One box for all that people write; ``/decision`` and the like choose the kind for those who type."""

    KINDS = [("note", "Note"), ("action", "Action"), ("evidence", "Evidence"), ("decision", "Decision"),
             ("hypothesis", "Hypothesis")]  # fmt: skip
    SHORTCUTS = {"note": "note", "n": "note", "action": "action", "did": "action", "a": "action",
                 "evidence": "evidence", "e": "evidence", "decision": "decision", "decide": "decision", "d": "decision",
                 "hypothesis": "hypothesis", "theory": "hypothesis", "h": "hypothesis"}  # fmt: skip

    kind = forms.ChoiceField(choices=KINDS, initial="note", required=False, widget=forms.RadioSelect)
    text = forms.CharField(
        label="Say something", max_length=50_000, error_messages={"required": "Write something first."},
        widget=forms.Textarea(
            {"rows": 2, "placeholder": "What do you see? /decision works too"}
        ),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["kind"] = data.get("kind") or "note"
        first, _, rest = str(data.get("text", "")).partition(" ")
        if first.startswith("/") and (kind := self.SHORTCUTS.get(first[1:].lower())):
            data["kind"], data["text"] = kind, rest.strip()
            if not data["text"]:
                self.add_error("text", f"Write the {kind} behind {first}.")
        return data


class CorrectForm(ActionForm):
    text = text("What it should say", required=True, rows=5)


class DecisionForm(ActionForm):
    choice = forms.CharField(
        label="What was decided?", max_length=300, error_messages={"required": "Say what was decided."}
    )
    reason = text("Why?", rows=2)
    alternatives = text("Instead of what?", rows=2)
    undo_note = text("How is it undone?", rows=2)
    revisit_in = MinutesField(
        label="Look again in", required=False, choices=[("", "no reminder"), *MinutesField.CHOICES],
    )  # fmt: skip
    point = forms.ModelChoiceField(
        DecisionPoint.objects.all(), required=False, widget=forms.HiddenInput, error_messages={
            "invalid_choice": "This question no longer exists."}
    )  # fmt: skip


class HypothesisForm(ActionForm):
    theory = forms.CharField(
        label="What do you suspect?", max_length=300, error_messages={"required": "Say what you suspect."}
    )
    evidence = text("What speaks for it?", rows=2)
    impact_assessment = text("What does it affect?", rows=2)
    fix_strategy = text("How would it be fixed?", rows=2)


class HypothesisStateForm(ActionForm):
    state = forms.ChoiceField(label="Is it so?", choices=Hypothesis.State.choices, widget=forms.RadioSelect)
    evidence = text("What shows it?", rows=2)
