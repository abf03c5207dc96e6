"""Forms for post-mortem records."""

from django import forms

from accounts.models import AccessRole, User


class PublishForm(forms.Form):
    url = forms.CharField(
        label="Address of the published post-mortem",
        max_length=500,
        widget=forms.URLInput(attrs={"placeholder": "https://wiki.example.org/…", "autocomplete": "off"}),
    )


class AssignForm(forms.Form):
    owner = forms.ModelChoiceField(
        label="Owner",
        queryset=User.objects.filter(is_active=True).exclude(
            role__in=[AccessRole.VIEWER, AccessRole.AUDITOR]
        ),
    )
