"""The forms of the checklist, of checkpoints and of tasks."""

from django import forms

from incidents.forms.base import ActionForm, MinutesField, responders, text


class TickForm(ActionForm):
    OUTCOMES = [("done", "Done"), ("passed", "Passed"), ("failed", "Failed")]

    outcome = forms.ChoiceField(choices=OUTCOMES, required=False, widget=forms.HiddenInput)
    note = text("What came of it?", rows=2)
    undo_note = text("How is it undone?", rows=2)


class CheckpointForm(ActionForm):
    question = forms.CharField(
        label="What is to be asked then?", max_length=200, initial="Are we on the right track?",
        error_messages={"required": "Say what is to be asked then."},
    )  # fmt: skip
    due_in = MinutesField(label="In", initial=15, error_messages={"required": "Say when."})
    owner = forms.ModelChoiceField(responders(), label="Who asks", required=False, empty_label="Me")


class AnswerForm(ActionForm):
    answer = text("What came of it?", rows=2)


class TaskForm(ActionForm):
    title = forms.CharField(
        label="What is to be done?", max_length=200, error_messages={"required": "Say what is to be done."}
    )
    assignee = forms.ModelChoiceField(
        responders(), label="By whom?", error_messages={"required": "Say who does it."}
    )
    due_in = MinutesField(label="By when?", initial=15, error_messages={"required": "Say by when."})
