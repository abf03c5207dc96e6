"""Forms of absences: shape only."""

from django import forms


class AbsenceForm(forms.Form):
    first = forms.DateField(label="First day", widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(
        label="Last day", widget=forms.DateInput(attrs={"type": "date"}), help_text="It is included."
    )
    reason = forms.CharField(
        max_length=200, required=False, label="What for", help_text="Others see that you are away, not why."
    )


class AbsenceCalendarForm(forms.Form):
    url = forms.CharField(
        max_length=600,
        label="iCalendar address",
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
        help_text="https:// or webcal://, of a calendar that has your absences and nothing else. Events marked “free” "
        "are left out.",
    )
