"""allauth's forms with the words of our pages around them instead of placeholders inside."""

from typing import Any

from allauth.account import forms


class LogInForm(forms.LoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        bare(self)
        self.fields["password"].help_text = ""  # the page itself links to the reset


class ResetForm(forms.ResetPasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        bare(self)


class ChangeForm(forms.ChangePasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        bare(self)


class ResetKeyForm(forms.ResetPasswordKeyForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        bare(self)


def bare(form: Any) -> None:
    """Remove the placeholders: they repeat the labels and vanish on typing."""
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)
