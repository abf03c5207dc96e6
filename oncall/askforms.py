"""The forms of asking for cover, taking the pager and shadowing. Whether it may be done is for the actions to say."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone

from accounts.models import User
from incidents.forms.base import ActionForm, responders
from oncall import spans
from oncall.asking import OwnShift
from oncall.models import Schedule

OTHER = "other"
MISSING = {"schedule": "Say which schedule.", "starts_at": "Say from when.", "ends_at": "Say until when."}


def instant(label: str, *, required: bool = False, help_text: str = "") -> forms.DateTimeField:
    """Return a field for an instant, typed as a wall time of the viewer's zone."""
    return forms.DateTimeField(
        label=label,
        required=required,
        help_text=help_text,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"],
        error_messages={"invalid": "Write a time like 2026-03-30 09:00.", "required": "Say when."},
    )


def shift_words(shift: OwnShift) -> str:
    """Return a shift as a choice says it, in the viewer's zone."""
    zone = timezone.get_current_timezone()
    return f"{shift.schedule}: {spans.words(shift.start, shift.end, zone)}"


class AskForm(ActionForm):
    """Which span, whom, and what is given in return. A span is one of my shifts, or a free one of a schedule."""

    shift = forms.ChoiceField(
        label="Which shift?", widget=forms.RadioSelect,
        error_messages={
            "required": "Choose a shift, or another span.",
            "invalid_choice": "The rota has changed meanwhile: choose a shift of today's list.",
        },
    )  # fmt: skip
    schedule = forms.ModelChoiceField(
        Schedule.objects.order_by("name"), label="Schedule", required=False, to_field_name="slug",
        empty_label=None, error_messages={"invalid_choice": "There is no such schedule."},
    )  # fmt: skip
    starts_at = instant("From")
    ends_at = instant("To")
    asked_of = forms.ModelChoiceField(
        User.objects.none(), label="Whom do you ask?", required=False, empty_label="Everybody of the rota",
        help_text="The first who says yes covers.",
        error_messages={"invalid_choice": "This person cannot be asked."},
    )  # fmt: skip
    in_return = forms.ChoiceField(
        label="What do you take in return?", required=False, help_text="With a shift of theirs it is a swap."
    )
    reason = forms.CharField(label="Why?", max_length=200, required=False)

    def __init__(
        self, *args: Any, mine: Sequence[OwnShift], theirs: Sequence[OwnShift], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.by_key = {shift.key: shift for shift in (*mine, *theirs)}
        self._field("shift").choices = [
            *((shift.key, shift_words(shift)) for shift in mine),
            (OTHER, "Another span, from and to as below"),
        ]
        self._field("in_return").choices = [
            ("", "Nothing: they cover for me"),
            *((shift.key, f"{shift.user} · {shift_words(shift)}") for shift in theirs),
        ]
        asked_of: Any = self.fields["asked_of"]
        asked_of.queryset = responders()
        self.initial.setdefault("shift", mine[0].key if mine else OTHER)

    def _field(self, name: str) -> Any:
        return self.fields[name]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        chosen = self.by_key.get(data.get("shift") or "")
        if "shift" in self.errors:
            return data
        if chosen is not None:
            data |= {"schedule": chosen.schedule, "starts_at": chosen.start, "ends_at": chosen.end}
        else:
            for name, words in MISSING.items():
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, words)
        self._clean_return(data)
        return data

    def _clean_return(self, data: dict[str, Any]) -> None:
        back = self.by_key.get(data.get("in_return") or "")
        data["return_starts_at"], data["return_ends_at"] = (back.start, back.end) if back else (None, None)
        if back is None:
            return
        if data.get("schedule") is not None and data["schedule"] != back.schedule:
            self.add_error("in_return", "This shift belongs to another schedule than yours.")
        if data.get("asked_of") not in (None, back.user):
            self.add_error("in_return", f"This is a shift of {back.user}, who is not the one you ask.")
        data["asked_of"] = back.user

    def asked(self) -> dict[str, Any]:
        """Return what the action takes."""
        names = (
            "schedule",
            "starts_at",
            "ends_at",
            "asked_of",
            "return_starts_at",
            "return_ends_at",
            "reason",
        )
        return {name: self.cleaned_data.get(name) for name in names}


class AnswerForm(ActionForm):
    answer = forms.ChoiceField(choices=[("accept", "Accept"), ("decline", "Decline")], required=False)
    reason = forms.CharField(label="Why not?", max_length=200, required=False)


class TakeForm(ActionForm):
    """Until when, and what comes along. The button alone is enough."""

    until = instant("Until", help_text="Empty: until the shift that is running ends.")
    with_incidents = forms.BooleanField(
        label="Also take the open incidents", required=False,
        help_text="Who has them now is sent back to bed, and you have acknowledged them.",
    )  # fmt: skip
    reason = forms.CharField(label="Why?", max_length=200, required=False)


class ShadowForm(ActionForm):
    schedule = forms.ModelChoiceField(
        Schedule.objects.order_by("name"), label="Which rota?", to_field_name="slug", empty_label=None,
        error_messages={"required": "Say which rota.", "invalid_choice": "There is no such schedule."},
    )  # fmt: skip
    user = forms.ModelChoiceField(
        User.objects.none(), label="Who watches?", required=False, empty_label="Me",
        error_messages={"invalid_choice": "This person cannot sign in."},
    )  # fmt: skip
    starts_at = instant("From", help_text="Empty: from now on.")
    ends_at = instant("Until", help_text="Empty: until somebody ends it.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        user: Any = self.fields["user"]
        user.queryset = User.objects.filter(is_active=True).order_by("name")


def instant_of(text: str) -> datetime | None:
    """Return the instant of a link's query such as "2026-03-30T08:00Z", or ``None`` for anything else."""
    from django.utils.dateparse import parse_datetime

    try:
        found = parse_datetime(text.replace(" ", "+"))
    except ValueError:
        return None
    return found if found is None or found.tzinfo else timezone.make_aware(found)
