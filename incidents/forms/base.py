"""What the forms behind actions share. Whether something may be done is for the action to say."""

import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, cast

from django import forms
from django.http import QueryDict

from accounts.models import User
from common.errors import Blocker, DomainError, NotAllowed, NotFound
from incidents.models import Incident


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
    def refused(self) -> str:
        """The sentence of the action's refusal, else ""."""
        return self.refusal.sentence if self.refusal is not None else ""

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
        for blocker in self.blockers:
            if blocker.code in self.fields:
                self.add_error(blocker.code, blocker.sentence)
        data = cast(QueryDict, self.data).copy()
        data[self.add_prefix("idempotency_key")] = uuid.uuid4().hex
        if self.incident is not None:
            data[self.add_prefix("version")] = str(self.incident.version)
        self.data = data


class MinutesField(forms.TypedChoiceField):
    """How soon: a few taps instead of a date. Cleans to a length of time: the action counts it from when it runs."""

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

    def clean(self, value: Any) -> timedelta | None:
        minutes = super().clean(value)
        return timedelta(minutes=minutes) if minutes else None


class ReasonForm(ActionForm):
    reason = text("Why?", required=True)

    def __init__(self, *args: Any, label: str = "Why?", missing: str = "Say why.", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = label
        self.fields["reason"].error_messages["required"] = missing


class ConfirmForm(ActionForm):
    """Nothing to say, just yes."""
