"""How much of being on call each person carries, as a page and as CSV."""

import csv
from datetime import date, timedelta
from io import StringIO
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from common import clock
from common.text import csv_cell
from incidents.views.base import page, viewer
from oncall.calendar.days import DAY, midnight
from oncall.load import Report, report
from oncall.models import Schedule

LONGEST = 366
COLUMNS = [
    "person", "hours", "share_percent", "nights", "night_hours", "weekend_days", "weekend_hours", "holidays", "pages",
    "night_pages", "rests_under_11_hours",
]  # fmt: skip


class LoadQuery(forms.Form):
    """Which days the report covers, and which schedule; all of it may be missing."""

    period = forms.ChoiceField(
        label="Period",
        choices=[("30", "30 days"), ("90", "90 days"), ("custom", "From and until")],
        required=False,
        error_messages={"invalid_choice": "Choose 30, 90 or custom."},
    )
    start = forms.DateField(
        label="From",
        required=False,
        widget=forms.DateInput({"type": "date"}),
        error_messages={"invalid": "Write a date like 2026-03-01."},
    )
    end = forms.DateField(
        label="Until",
        required=False,
        widget=forms.DateInput({"type": "date"}),
        error_messages={"invalid": "Write a date like 2026-03-31."},
    )
    schedule = forms.ModelChoiceField(
        Schedule.objects.order_by("name"),
        to_field_name="slug",
        label="Schedule",
        required=False,
        empty_label="All schedules",
        error_messages={"invalid_choice": "There is no such schedule."},
    )

    def __init__(self, data: Any, *, today: date) -> None:
        super().__init__(data)
        self.today = today

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("period") != "custom" or self.errors:
            days = int(data.get("period") or 30) if data.get("period") in {"30", "90"} else 30
            data["start"], data["end"] = self.today - (days - 1) * DAY, self.today
            return data
        data["end"] = data.get("end") or self.today
        data["start"] = data.get("start") or data["end"] - timedelta(days=29)
        if data["end"] < data["start"]:
            self.add_error("end", "The last day is before the first.")
        elif (data["end"] - data["start"]).days >= LONGEST:
            self.add_error("end", "Ask for a year at most.")
        elif not 2000 <= data["start"].year <= data["end"].year <= 2099:
            self.add_error("start", "Choose days between the years 2000 and 2099.")
        return data


@page
def load(request: HttpRequest) -> HttpResponse:
    """Show the report of a period: of the last 30 days, if the address does not say otherwise."""
    query, found = _asked(request)
    context = {"query": query, "report": found, "address": request.GET.urlencode()}
    return render(request, "oncall/load.html", context, status=400 if query.errors else 200)


@page
def load_csv(request: HttpRequest) -> HttpResponse:
    """Return the same as CSV (RFC 4180); a name that a spreadsheet would take for a formula is quoted."""
    query, found = _asked(request)
    if found is None:
        sentences = [str(error) for errors in query.errors.values() for error in errors]
        return HttpResponse("\n".join(sentences), status=400, content_type="text/plain; charset=utf-8")
    name = f"on-call-load-{query.cleaned_data['start']}-{query.cleaned_data['end']}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(as_csv(found), content_type="text/csv; charset=utf-8", headers=headers)


def as_csv(found: Report) -> str:
    """Return a report as CSV, with a line of column names."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in found.rows:
        load, cells = row.burden, [row.hours, row.percent]
        cells += [load.nights, row.night_hours, load.weekend_days, row.weekend_hours, load.holidays]
        writer.writerow([csv_cell(str(row.person)), *cells, row.pages, row.night_pages, load.short_rests])
    return text.getvalue()


def _asked(request: HttpRequest) -> tuple[LoadQuery, Report | None]:
    """Return the form and its report: local days of the viewer, the last one included; None for a wrong form."""
    zone = viewer(request).zone
    query = LoadQuery(request.GET, today=clock.now().astimezone(zone).date())
    if not query.is_valid():
        return query, None
    data = query.cleaned_data
    schedules = [data["schedule"]] if data.get("schedule") else list(Schedule.objects.order_by("name"))
    return query, report(schedules, midnight(zone, data["start"]), midnight(zone, data["end"] + DAY))
