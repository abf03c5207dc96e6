"""What this app's pages ask for. A form checks shape; whether something may be done is the action's to say."""

from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Q
from django.http import QueryDict

from accounts.forms import ZoneField
from accounts.models import Team, User
from common import clock, zones
from escalation import moments
from escalation.moments import Moment
from incidents.actions.declaring import team_for
from incidents.models import Component, Severity, Symptom

MANY = 50


def _listed(values: list[str]) -> list[str]:
    """Return a repeated or comma-separated parameter's values."""
    return [part.strip() for value in values for part in str(value).split(",") if part.strip()][:MANY]


def _is_number(key: str) -> bool:
    return key.isascii() and key.isdigit() and len(key) < 10


class ComponentsField(forms.Field):
    """Components by number or by short name, repeated or with commas between; cleans to the components, in order."""

    widget = forms.CheckboxSelectMultiple

    def offer(self, components: list[Component]) -> None:
        """Let these be chosen from, by short name."""
        self.widget.choices = [(component.slug, component.name) for component in components]
        self._slugs = {str(component.pk): component.slug for component in components}

    def bound_data(self, data: Any, initial: Any) -> list[str]:
        return [self._slugs.get(key, key) for key in _listed(data or [])]

    def clean(self, value: Any) -> list[Component]:
        keys = [key.replace("\0", "") for key in _listed(value or [])]
        named = Q(slug__in=keys) | Q(pk__in=[int(key) for key in keys if _is_number(key)])
        found = list(Component.objects.select_related("team").filter(named)) if keys else []
        by_key = {component.slug: component for component in found} | {str(c.pk): c for c in found}
        chosen = []
        for key in keys:
            component = by_key.get(str(int(key)) if _is_number(key) else key)
            if component is None:
                raise forms.ValidationError(f"There is no component “{key[:50]}”.")
            chosen.append(component)
        return chosen


class PreviewForm(forms.Form):
    """The query of "Who will be woken?"; all of it may be missing while somebody is still choosing.

    ``zone`` is that of a wall time where the query names none. Cleans to ``severity``, ``team``, ``zone`` (a
    ``ZoneInfo``) and ``moment`` (``None``: now); ``components`` are those found.
    """

    severity = forms.TypedChoiceField(
        choices=Severity.choices, coerce=int, required=False, empty_value=None, widget=forms.RadioSelect,
        error_messages={"invalid_choice": "Choose a severity from 1 (worst) to 4."},
    )  # fmt: skip
    team = forms.ModelChoiceField(
        Team.objects.order_by("name"), to_field_name="slug", required=False, empty_label="By component",
        error_messages={"invalid_choice": "There is no such team."},
    )  # fmt: skip
    components = ComponentsField(label="What is affected?", required=False)
    at = forms.CharField(
        label="When", required=False, max_length=64,
        widget=forms.DateTimeInput({"type": "datetime-local", "step": "60"}),
        error_messages={"max_length": moments.NOT_AN_INSTANT},
    )  # fmt: skip
    zone = ZoneField(
        label="Time zone", required=False, help_text="",
        error_messages={"max_length": "There is no such time zone. Write one like Europe/London."},
    )  # fmt: skip
    pick = forms.ChoiceField(
        choices=list(moments.PICKS.items()), required=False,
        error_messages={"invalid_choice": f"Pick one of {', '.join(moments.PICKS)}."},
    )  # fmt: skip
    is_drill = forms.BooleanField(label="As a drill", required=False)

    def __init__(self, query: QueryDict, *, zone: ZoneInfo) -> None:
        super().__init__(query)
        self.query, self.own_zone = query, zone
        offered = Component.objects.filter(is_active=True).order_by("name")
        cast(ComponentsField, self.fields["components"]).offer(list(offered))

    def clean_zone(self) -> ZoneInfo:
        name = self.cleaned_data.get("zone") or ""
        if name and name not in zones.names():
            raise forms.ValidationError(
                f"There is no time zone “{name[:40]}”. Write one like Europe/London, or UTC."
            )
        return zones.get(name) if name else self.own_zone

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("severity") and "severity" not in self.errors:
            data["severity"] = self._severity_of_symptoms()
        if not data.get("team") and "team" not in self.errors:
            data["team"] = team_for(data.get("components") or [])
        data["moment"] = self._moment(data)
        return data

    def _moment(self, data: dict[str, Any]) -> Moment | None:
        zone = data.get("zone") or self.own_zone
        if data.get("pick"):
            return Moment(moments.picked(data["pick"], clock.now(), zone))
        if not data.get("at"):
            return None
        try:
            return moments.read(data["at"], zone)
        except ValueError as error:
            self.add_error("at", str(error))
            return None

    def _severity_of_symptoms(self) -> int | None:
        keys = [int(key) for key in _listed(self.query.getlist("symptoms")) if _is_number(key)]
        levels = Symptom.objects.filter(pk__in=keys).values_list("severity", flat=True) if keys else []
        return min(levels, default=None)

    @property
    def sentences(self) -> list[str]:
        return [str(error) for errors in self.errors.values() for error in errors]


class PagePersonForm(forms.Form):
    user = forms.ModelChoiceField(
        User.objects.none(), label="Whom?", empty_label="Choose a person",
        error_messages={"required": "Choose a person.", "invalid_choice": "This person cannot be paged."},
    )  # fmt: skip
    reason = forms.CharField(
        label="What do you need them for?", max_length=160,
        error_messages={"required": "Say in a few words what you need them for."},
    )  # fmt: skip
    role = forms.ChoiceField(
        choices=[("direct", "By name"), ("expert", "Subject Matter Expert")], required=False,
        widget=forms.HiddenInput, error_messages={"invalid_choice": "Page a person as “direct” or as “expert”."},
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True).order_by("name", "pk")
        self.fields["user"].queryset = people  # type: ignore[attr-defined]
