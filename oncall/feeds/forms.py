"""The form that makes a calendar address: shape only."""

from django import forms

from oncall.models import Schedule

ALARMS = {
    "": "No alarm",
    "0": "When it begins",
    "15": "15 minutes before",
    "60": "An hour before",
    "720": "12 hours before",
    "1440": "A day before",
}


class CalendarLinkForm(forms.Form):
    schedule = forms.ModelChoiceField(
        Schedule.objects.order_by("name"),
        required=False,
        label="Whose shifts",
        empty_label="My own, of every schedule",
    )
    alarm_minutes = forms.TypedChoiceField(
        choices=list(ALARMS.items()),
        coerce=int,
        empty_value=None,
        required=False,
        label="Alarm",
        help_text="Some programs leave out alarms of calendars that they subscribe to.",
    )
