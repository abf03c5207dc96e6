"""What this app's pages ask for. A form checks shape; whether something may be done is the action's to say."""

from datetime import UTC, datetime
from typing import Any

from django import forms

from accounts.models import Team, User
from incidents.actions.declaring import team_for
from incidents.models import Component, Severity, Symptom

MANY = 50
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


class PreviewForm(forms.Form):
    """The query of the who-will-be-woken list; all of it may be missing while somebody is still choosing."""

    severity = forms.TypedChoiceField(
        choices=Severity.choices, coerce=int, required=False, empty_value=None,
        error_messages={"invalid_choice": "Choose a severity from 1 (worst) to 4."},
    )  # fmt: skip
    team = forms.ModelChoiceField(
        Team.objects.all(), to_field_name="slug", required=False,
        error_messages={"invalid_choice": "There is no such team."},
    )  # fmt: skip
    at = forms.DateTimeField(
        required=False,
        error_messages={"invalid": "Write an instant like 2026-03-28T03:00Z."},
    )

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.components: list[Component] = []

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self.components = self._components()
        if not data.get("severity") and "severity" not in self.errors:
            data["severity"] = self._severity_of_symptoms()
        if data.get("at") and not EARLIEST <= data["at"] <= LATEST:
            self.add_error("at", "Choose an instant between the years 2000 and 2100.")
        if not data.get("team") and "team" not in self.errors:
            data["team"] = team_for(self.components)
        return data

    def _listed(self, name: str) -> list[str]:
        """Return a repeated or comma-separated parameter's values."""
        values = self.data.getlist(name) if hasattr(self.data, "getlist") else [self.data.get(name) or ""]
        return [part.strip() for value in values for part in str(value).split(",") if part.strip()][:MANY]

    def _components(self) -> list[Component]:
        """Return the components by primary key or short name, in the order given."""
        found = []
        for value in self._listed("components"):
            key = (
                {"pk": int(value)}
                if value.isascii() and value.isdigit() and len(value) < 10
                else {"slug": value}
            )
            component = Component.objects.select_related("team").filter(**key).first()
            if component is None:
                self.add_error(
                    None, forms.ValidationError(f"There is no component “{value[:50]}”.", code="components")
                )
            else:
                found.append(component)
        return found

    def _severity_of_symptoms(self) -> int | None:
        keys = [
            int(key) for key in self._listed("symptoms") if key.isascii() and key.isdigit() and len(key) < 10
        ]
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
