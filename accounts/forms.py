"""Forms of accounts: shape only. What is allowed, the actions decide."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.forms import BoundField

from accounts.keys import SCOPES
from accounts.kinds import KindInfo
from accounts.models import ContactMethod
from accounts.rules import MAX_MINUTES
from common.forms import needed

ZONE_LIST = "time-zones"
_SCOPE_WORDS = {
    "read": "Read: see what you see",
    "write": "Write: do what you do, such as declare and acknowledge",
    "admin": "Admin: change settings, where you are an admin",
}


class ZoneField(forms.CharField):
    """A time zone, typed with suggestions: 600 names in a list cannot be searched on a phone."""

    def __init__(self, **options: Any) -> None:
        hints = {"list": ZONE_LIST, "autocomplete": "off", "spellcheck": "false"}
        options = {"max_length": 64, "help_text": "Start to type a city, such as London.", **options}
        super().__init__(widget=forms.TextInput(attrs=hints), **options)


def zones() -> list[str]:
    """Return the zone names to suggest, in order; aliases without a region are left out, UTC is in."""
    return [
        "UTC",
        *sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/")),
    ]


class SetUpForm(forms.Form):
    name = forms.CharField(
        max_length=120, label="Your name", widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(label="Mail address", widget=forms.EmailInput(attrs={"autocomplete": "username"}),
                             help_text="You sign in with it, and your first pages go there.")  # fmt: skip
    password = forms.CharField(
        label="Password",
        strip=False,
        help_text="At least 12 characters. Three unrelated words are good.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "minlength": "12"}),
    )
    team = forms.CharField(max_length=120, initial="Platform", label="Your team")
    time_zone = ZoneField(label="Time zone", initial="UTC")


class ProfileForm(forms.Form):
    name = forms.CharField(max_length=120, help_text="Shown to everybody.")
    job_title = forms.CharField(max_length=120, required=False)
    time_zone = ZoneField(label="Time zone")


class ContactMethodForm(forms.Form):
    """``info`` says what its kind asks for; ``method``: one that is there keeps its kind."""

    kind = forms.ChoiceField(choices=ContactMethod.Kind.choices, label="How", widget=forms.HiddenInput)
    address = forms.CharField(max_length=1000, required=False)
    secret = forms.CharField(max_length=200, required=False, widget=forms.HiddenInput)
    label = forms.CharField(max_length=60, required=False, help_text="Such as “work phone”.")
    is_active = forms.BooleanField(required=False, initial=True, label="In use")
    knowing = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, info: KindInfo | None = None, method: ContactMethod | None = None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        needed(self.fields["address"])
        if info is not None:
            self._ask_for(info)
        if method is None:
            del self.fields["is_active"], self.fields["knowing"]
        else:
            del self.fields["kind"], self.fields["secret"]
            if method.needs_no_code or method.verified_at is None or method.kind == ContactMethod.Kind.IN_APP:
                return
            self.fields[
                "address"
            ].help_text = "Another address has to be verified again before pages go there."

    def _ask_for(self, info: KindInfo) -> None:
        address = self.fields["address"]
        self.fields["kind"].initial = info.kind
        address.label, address.help_text = info.address_label, info.hint
        hints = {"inputmode": info.inputmode, "autocomplete": "off", "spellcheck": "false"}
        if info.kind in {ContactMethod.Kind.IN_APP, ContactMethod.Kind.WEB_PUSH}:
            address.widget = forms.HiddenInput()
            return
        address.widget.attrs |= hints | ({"autocomplete": info.inputmode} if info.inputmode in _KNOWN else {})


_KNOWN = {"email", "tel"}


class RulesForm(forms.Form):
    """For one urgency: which methods are used, and after how many minutes. ``fields`` come in pairs."""

    def __init__(
        self, data: Any = None, *, methods: Sequence[ContactMethod], urgency: str, **options: Any
    ) -> None:
        super().__init__(data, prefix=urgency, **options)
        self.methods, self.urgency = methods, urgency
        for method in methods:
            minutes = method.minutes_for(urgency)
            self.fields[f"use-{method.pk}"] = forms.BooleanField(
                required=False,
                initial=minutes is not None,
                label=f"{method.get_kind_display()} {method.short}",
            )
            self.fields[f"after-{method.pk}"] = forms.IntegerField(
                required=False,
                min_value=0,
                max_value=MAX_MINUTES,
                initial=minutes or 0,
                label=f"Minutes before {method}",
                widget=forms.NumberInput(attrs={"inputmode": "numeric", "class": "input input-minutes"}),
            )

    def rows(self) -> list[tuple[ContactMethod, BoundField, BoundField]]:
        """Return each method with its two fields."""
        return [(method, self[f"use-{method.pk}"], self[f"after-{method.pk}"]) for method in self.methods]

    def minutes(self) -> dict[int, int | None]:
        """Return what was entered, by the method's key; ``None`` is not used.

        A method that was not on the page, since it was verified meanwhile, is left as it is.
        """
        data = self.cleaned_data
        return {
            method.pk: (data[f"after-{method.pk}"] or 0) if data[f"use-{method.pk}"] else None
            for method in self.methods
            if self.add_prefix(f"after-{method.pk}") in self.data
        }


class QuietHoursForm(forms.Form):
    starts = forms.TimeField(
        required=False, label="From", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    ends = forms.TimeField(
        required=False, label="Until", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )


class CodeForm(forms.Form):
    code = forms.CharField(max_length=20)


class ApiKeyForm(forms.Form):
    name = forms.CharField(max_length=120, help_text="What uses it, such as “deploy script”.")
    scopes = forms.MultipleChoiceField(
        choices=[(scope, _SCOPE_WORDS[scope]) for scope in SCOPES],
        initial=["read"],
        widget=forms.CheckboxSelectMultiple,
        label="What it may do",
    )
    expires_on = forms.DateField(
        required=False,
        label="Until",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="The last day it works, in your time zone. Empty: until it is revoked.",
    )
