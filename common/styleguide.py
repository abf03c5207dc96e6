"""The style guide at /styleguide/, in debug only: each component with its states, on the real templates and CSS."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from common.clock import now

PAGES = {
    "": "styleguide/index.html",
    "now": "styleguide/now.html",
    "quiet": "styleguide/quiet.html",
    "list": "styleguide/list.html",
    "declare": "styleguide/declare.html",
    "incident": "styleguide/incident.html",
    "ack": "styleguide/ack.html",
    "login": "styleguide/login.html",
    "400": "400.html",
    "403": "403.html",
    "csrf": "403_csrf.html",
    "404": "404.html",
    "409": "409.html",
    "413": "413.html",
    "500": "500.html",
}


@dataclass(frozen=True)
class Definition:
    """A severity as the picker shows it."""

    level: int
    name: str
    definition: str
    response_words: str
    business_impact: str


@dataclass(frozen=True)
class Row:
    """An incident of the sample list."""

    reference: str
    title: str
    severity: int
    status: str
    commander: str
    minutes: int
    is_drill: bool = False


DEFINITIONS = [
    Definition(
        1,
        "Critical",
        "Complete service outage or critical functionality unavailable.",
        "within 15 minutes",
        "Revenue loss, customer-facing issues",
    ),
    Definition(
        2,
        "High",
        "Significant degradation affecting multiple users.",
        "within 1 hour",
        "User experience degradation",
    ),
    Definition(
        3,
        "Medium",
        "Minor degradation affecting some users.",
        "within 4 business hours",
        "Limited user impact",
    ),
    Definition(4, "Low", "Minimal user impact.", "next business day", "Negligible"),
]

ROWS = [
    Row("INC-42", "Webhooks answer 500 for every customer in eu-west-1", 1, "investigating", "Ana Ruiz", 21),
    Row("INC-41", "Dashboard takes 9 s to load", 3, "monitoring", "Ben Okafor", 190),
    Row("INC-40", "Failover rehearsal, primary database", 2, "mitigating", "Chiara Lenz", 44, is_drill=True),
    Row("INC-39", "Nightly export stops at 2 GB", 2, "resolved", "Lee Tan", 1500),
    Row("INC-38", "Sign-in mails arrive in spam at Outlook addresses", 4, "closed", "Ben Okafor", 5200),
    Row("INC-37", "Typo in the retention paragraph of the documentation", 4, "cancelled", "", 7400),
]


class SampleForm(forms.Form):
    """Every kind of field, some of them with errors."""

    title = forms.CharField(
        label="What is wrong?",
        max_length=200,
        help_text="What people see, in a few words. You can change it later.",
    )
    team = forms.ChoiceField(label="Team", choices=[("", "Choose a team"), ("p", "Platform"), ("d", "Data")])
    summary = forms.CharField(
        label="What is known so far", required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    phone = forms.CharField(
        label="Phone", initial="12 34", help_text="With the country's code, such as +44 20 7946 0018."
    )
    visibility = forms.ChoiceField(
        label="Who may see it",
        widget=forms.RadioSelect,
        choices=[("all", "Everyone"), ("few", "Only its responders")],
    )
    symptoms = forms.MultipleChoiceField(
        label="What do you see?",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[
            ("down", "Application completely down"),
            ("rates", "High error rates"),
            ("slow", "Slow response times"),
        ],
    )
    components = forms.MultipleChoiceField(
        label="Components",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[
            ("api", "API"),
            ("hooks", "Webhooks"),
            ("ui", "Dashboard"),
            ("mail", "Mail"),
            ("export", "Exports"),
        ],
    )
    view = forms.ChoiceField(
        label="Show",
        widget=forms.RadioSelect,
        choices=[("all", "All"), ("decisions", "Decisions"), ("customer", "Customer")],
    )
    severity = forms.IntegerField(label="Severity")
    drill = forms.BooleanField(
        label="This is a drill", required=False, help_text="Only its participants are told."
    )


def _sample_form() -> SampleForm:
    """Return a form that was sent with two mistakes."""
    data = {
        "title": "Webhooks answer 500",
        "phone": "12 34",
        "components": ["hooks"],
        "view": "all",
        "severity": "2",
    }
    form = SampleForm(data | {"visibility": "all"})
    form.add_error("phone", "This is not a phone number: the country's code is missing.")
    return form


def _instants() -> dict[str, Any]:
    """Return the instants the samples stand at, relative to now."""
    at = now()
    minutes = {
        "a_minute": 1,
        "minutes": 4,
        "quarter": 15,
        "started": 21,
        "hours": 190,
        "days": 3 * 1440,
        "month": 40 * 1440,
    }
    due = {"due_soon": 3, "due_later": 9, "due_hours": 250, "due_days": 3200}
    past = {name: at - timedelta(minutes=count) for name, count in minutes.items()}
    future = {name: at + timedelta(minutes=count, seconds=40) for name, count in due.items()}
    return {**past, **future, "overdue": at - timedelta(minutes=2, seconds=10)}


def index(request: HttpRequest) -> HttpResponse:
    """Show the style guide, or with ``?page=`` a whole sample page."""
    name = request.GET.get("page", "")
    if name not in PAGES:
        raise Http404(f"The style guide has no page {name!r}.")
    rows = [(row, now() - timedelta(minutes=row.minutes)) for row in ROWS]
    context = {
        **_instants(),
        "form": _sample_form(),
        "definitions": DEFINITIONS,
        "rows": rows,
        "page": Paginator(range(230), 25).get_page(4),
        "pages": [key for key in PAGES if key],
        "levels": [1, 2, 3, 4, None],
        "statuses": [
            "reported",
            "investigating",
            "mitigating",
            "monitoring",
            "resolved",
            "closed",
            "cancelled",
            "merged",
        ],
        "icons": [
            "siren",
            "bell-ring",
            "hand",
            "flame",
            "search",
            "wrench",
            "eye",
            "megaphone",
            "gavel",
            "lightbulb",
        ],
        "live_url": "" if name else "/styleguide/",
        "is_drill": name == "drill",
        "unread_count": 2,
    }
    return render(request, PAGES[name], context)
