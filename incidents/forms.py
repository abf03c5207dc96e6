"""What the pages ask for. A form checks shape only; whether something may be done is the action's to say."""

import uuid
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils import timezone

from accounts.models import Team, User
from common import clock
from common.errors import Blocker, DomainError, NotAllowed, NotFound
from incidents.models import (
    Component,
    DecisionPoint,
    GateResult,
    Hypothesis,
    ImpactEstimate,
    Incident,
    Severity,
    Status,
    Symptom,
)

LONG = {"rows": 3}


def text(label: str, *, required: bool = False, rows: int = 3, help_text: str = "") -> forms.CharField:
    """Return a field of several lines."""
    return forms.CharField(
        label=label,
        required=required,
        max_length=50_000,
        help_text=help_text,
        widget=forms.Textarea({"rows": rows}),
    )


def responders() -> Any:
    """Return the people who may be asked to do something."""
    return User.objects.filter(is_active=True, role__in=["responder", "commander", "admin"]).order_by("name")


class ActionForm(forms.Form):
    """A form behind one action. Its key makes a double tap one action, its version tells of a stale page."""

    idempotency_key = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, incident: Incident | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.incident = incident
        self.refusal: DomainError | None = None
        self.initial.setdefault("idempotency_key", uuid.uuid4().hex)
        if incident is not None:
            self.initial.setdefault("version", incident.version)

    @property
    def status(self) -> int:
        """The answer's status: what the action refused with, else 400 for a wrong field, else 200."""
        if self.refusal is not None:
            return self.refusal.status
        return 400 if self.is_bound and self.errors else 200

    @property
    def blockers(self) -> Sequence[Blocker]:
        return getattr(self.refusal, "blockers", ())

    @property
    def key(self) -> str:
        return str(self.cleaned_data.get("idempotency_key") or "")

    @property
    def expected_version(self) -> int | None:
        version: int | None = self.cleaned_data.get("version")
        return version

    def attempt(self, run: Callable[[], Any]) -> bool:
        """Run the action if the form is valid; return whether it went through.

        What it refuses stands beside its field afterwards, with everything that was typed. Who may not do it at all
        gets the page that says so (``NotAllowed``, ``NotFound`` pass through).
        """
        if not self.is_valid():
            return False
        try:
            run()
        except (NotAllowed, NotFound):
            raise
        except DomainError as error:
            self.refuse(error)
            return False
        return True

    def refuse(self, error: DomainError) -> None:
        """Show an action's refusal, and let the form be sent again: against the new state, as a new request."""
        self.refusal = error
        if self.incident is not None and error.status == 409:
            self.incident.refresh_from_db()
        self.add_error(error.field if error.field in self.fields else None, error.sentence)
        data = cast(QueryDict, self.data).copy()
        data[self.add_prefix("idempotency_key")] = uuid.uuid4().hex
        if self.incident is not None:
            data[self.add_prefix("version")] = str(self.incident.version)
        self.data = data


class MinutesField(forms.TypedChoiceField):
    """How soon: a few taps instead of a date. Cleans to an instant (UTC)."""

    CHOICES = [
        (5, "5 min"),
        (10, "10 min"),
        (15, "15 min"),
        (30, "30 min"),
        (60, "1 h"),
        (120, "2 h"),
        (240, "4 h"),
    ]

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("choices", self.CHOICES)
        super().__init__(coerce=int, **kwargs)

    def clean(self, value: Any) -> datetime | None:
        minutes = super().clean(value)
        return clock.now() + timedelta(minutes=minutes) if minutes else None


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


class SeverityForm(ActionForm):
    severity = forms.TypedChoiceField(
        label="How bad is it now?", choices=Severity.choices, coerce=int,
        error_messages={"required": "Choose a severity.", "invalid_choice": "Choose SEV-1 (worst) to SEV-4."},
    )  # fmt: skip
    reason = text("Why?", help_text="Needed to lower it; a word helps either way.", rows=2)


class StatusForm(ActionForm):
    note = text("What do you know now?", rows=3)
    rollback_plan = text(
        "Rollback plan", help_text="What do we do if it comes back? Needed on SEV-1 and SEV-2."
    )

    def __init__(self, *args: Any, to: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if to == Status.MONITORING:
            self.fields["note"].label = "What helped?"
            self.initial.setdefault("rollback_plan", self.incident.rollback_plan if self.incident else "")
        else:
            del self.fields["rollback_plan"]
            self.fields["note"].required = True
            self.fields["note"].error_messages["required"] = "Add a note: what you know now."


class NoteForm(ActionForm):
    note = text("What helped?", help_text="The first line of the post-mortem.")


class ReasonForm(ActionForm):
    reason = text("Why?", required=True)

    def __init__(self, *args: Any, label: str = "Why?", missing: str = "Say why.", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = label
        self.fields["reason"].error_messages["required"] = missing


class ConfirmForm(ActionForm):
    """Nothing to say, just yes."""


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


class TakeRoleForm(ActionForm):
    user = forms.ModelChoiceField(responders(), label="Who", required=False, empty_label="Me")
    reason = text("Why?", rows=2, help_text="Needed when somebody else holds the role.")


class OfferForm(ActionForm):
    to = forms.ModelChoiceField(
        responders(), label="To whom?", error_messages={"required": "Say who should take over."}
    )
    situation = text("Situation", rows=2, help_text="What is wrong, who is affected, since when.")
    objectives = text("Objectives", rows=2, help_text="What has to be reached next.")
    actions = text("Actions", rows=2, help_text="What is running, and who does it.")
    resources = text("Resources", rows=2, help_text="Who is here, who is coming.")


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
