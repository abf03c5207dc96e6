"""The forms behind an override. Times are wall times of the zone that the calendar showed."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_aware

from accounts.models import User
from common import zones
from common.businesstime import to_utc
from incidents.forms import ActionForm
from oncall.models import Override

WALL = "%Y-%m-%dT%H:%M"
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


class WallTimeField(forms.CharField):
    """A date and a wall time, as browsers send them; cleans to the UTC instant in the form's zone, or to None.

    A time that its day repeats is its first occurrence, as an end its last (semantics.md, "Time"). One that the day
    skips is refused: nobody means it.
    """

    def __init__(self, *, label: str, is_end: bool = False) -> None:
        self.is_end = is_end
        widget = forms.DateTimeInput({"type": "datetime-local", "step": "60"})
        super().__init__(label=label, widget=widget, error_messages={"required": "Choose a date and a time."})

    def instant(self, text: str, zone: ZoneInfo) -> datetime:
        """Return the instant of a wall time, or of an instant as the API writes it. Raises ``ValidationError``."""
        try:
            found = parse_datetime(text.strip())
        except ValueError:
            found = None
        if found is None:
            raise forms.ValidationError("Write a date and a time like 2026-03-28T09:00.")
        instant = found if is_aware(found) else to_utc(found.date(), found.time(), zone, end=self.is_end)
        if not EARLIEST <= instant <= LATEST:
            raise forms.ValidationError("Choose a time between the years 2000 and 2100.")
        if not is_aware(found) and instant.astimezone(zone).replace(tzinfo=None) != found:
            shown = instant.astimezone(zone)
            raise forms.ValidationError(
                f"{found:%H:%M} does not exist on this day: the clocks go forward. Choose {shown:%H:%M} or later."
            )
        return instant


class SpanForm(ActionForm):
    """From when until when, and why."""

    starts_at = WallTimeField(label="From")
    ends_at = WallTimeField(label="Until", is_end=True)
    reason = forms.CharField(label="Why?", max_length=200, required=False)
    zone = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    back = forms.CharField(required=False, max_length=300, widget=forms.HiddenInput)

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        given = str(self.data.get("zone") or self.initial.get("zone") or "")
        self.zone_shown = zones.get(given) if given in zones.names() else zone
        self.initial["zone"] = self.zone_shown.key

    def clean_starts_at(self) -> datetime:
        return self._instant("starts_at")

    def clean_ends_at(self) -> datetime:
        return self._instant("ends_at")

    def _instant(self, name: str) -> datetime:
        field = self.fields[name]
        if not isinstance(field, WallTimeField):
            raise TypeError(f"{name} has no wall time")
        return field.instant(self.cleaned_data[name], self.zone_shown)

    @property
    def zone_words(self) -> str:
        return f"Times are in {self.zone_shown.key}."


class OverrideForm(SpanForm):
    """Somebody else than the rota says, for a while."""

    user = forms.ModelChoiceField(
        User.objects.none(),
        label="Who?",
        empty_label="Choose a person",
        error_messages={"required": "Choose a person.", "invalid_choice": "This person cannot be on call."},
    )
    kind = forms.ChoiceField(
        label="What?",
        choices=[
            ("replace", "Is on call instead"),
            ("add", "Is on call too"),
            ("remove", "Is not on call"),
        ],
        error_messages={
            "required": "Choose replace, add or remove.",
            "invalid_choice": "Choose replace, add or remove.",
        },
        widget=forms.RadioSelect,
    )
    replaces = forms.ModelChoiceField(
        User.objects.none(),
        label="Instead of whom?",
        required=False,
        empty_label="Whoever is on call",
        error_messages={"invalid_choice": "There is no such person."},
    )
    field_order = ["user", "kind", "replaces", "starts_at", "ends_at", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True).order_by("name", "pk")
        self.fields["user"].queryset = people.exclude(role__in=["viewer", "auditor"])  # type: ignore[attr-defined]
        self.fields["replaces"].queryset = User.objects.order_by("name", "pk")  # type: ignore[attr-defined]
        self.initial.setdefault("kind", Override.Kind.REPLACE)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        # The field stands there for "instead" alone; what was left in it means nothing for the others.
        if data.get("kind") != Override.Kind.REPLACE:
            data["replaces"] = None
        return data


class ChangeForm(SpanForm):
    """The future part of an override that is there."""
