"""One's own absences: typed in, or read from a calendar."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.actor import Actor
from accounts.models import User
from common import clock
from common.errors import NotFound
from incidents.views.base import form_page, tap, viewer
from oncall import absences
from oncall.foreign import actions
from oncall.foreign.forms import AbsenceCalendarForm, AbsenceForm
from oncall.foreign.keeping import NOTICE
from oncall.models import Absence, ForeignCalendar
from oncall.views.feeds import refused_beside

SHOWN = 100


def _page(request: HttpRequest, *, status: int = 200, **changed: Any) -> HttpResponse:
    user, now = viewer(request), clock.now()
    calendars = [(row, urlsplit(row.url).hostname) for row in user.absence_calendars.all()]
    upcoming = user.absences.filter(ends_at__gt=now).select_related("calendar")
    context = {
        "form": AbsenceForm(),
        "calendar_form": AbsenceCalendarForm(),
        "absences": upcoming[:SHOWN],
        "count": upcoming.count(),
        "calendars": calendars,
        "clashes": absences.clashes([user], now, now + NOTICE),
        "now": now,
        **changed,
    }
    return render(request, "oncall/absence.html", context, status=status)


@form_page
def absence(request: HttpRequest) -> HttpResponse:
    """Show one's absences and the shifts that fall into them; a POST adds one by hand."""
    if request.method != "POST":
        return _page(request)
    user, form = viewer(request), AbsenceForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        if refused_beside(form, lambda: absences.add_absence(by=Actor.of(user), user=user, **data)):
            messages.success(
                request, "Noted. You stay on call where the rota says so, until somebody takes over."
            )
            return redirect("oncall:absence")
    return _page(request, status=400, form=form)


@tap
def remove_absence(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one of one's absences back."""
    user = viewer(request)
    absences.remove_absence(by=Actor.of(user), absence=absence_for(user, pk))
    messages.success(request, "The absence is taken back.")
    return redirect("oncall:absence")


@tap
def add_absence_calendar(request: HttpRequest) -> HttpResponse:
    """Have one's absences read from a calendar."""
    user, form = viewer(request), AbsenceCalendarForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        if refused_beside(form, lambda: actions.add_absence_calendar(by=Actor.of(user), user=user, **data)):
            messages.success(request, "The calendar is read within a minute, and every hour from then on.")
            return redirect("oncall:absence")
    return _page(request, status=400, calendar_form=form)


@tap
def remove_absence_calendar(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop reading one of one's calendars."""
    user = viewer(request)
    actions.remove_absence_calendar(by=Actor.of(user), calendar=absence_calendar_for(user, pk))
    messages.success(request, "The calendar is no longer read, and its absences are gone.")
    return redirect("oncall:absence")


@tap
def read_absence_calendar(request: HttpRequest, pk: int) -> HttpResponse:
    """Have one of one's calendars read at the next opportunity. Nothing is fetched here."""
    user = viewer(request)
    actions.read_now(by=Actor.of(user), calendar=absence_calendar_for(user, pk))
    messages.success(
        request, "The calendar is read within a minute. Open this page again to see what came of it."
    )
    return redirect("oncall:absence")


def absence_for(user: User, pk: int) -> Absence:
    """Return one of this person's absences. Raises ``NotFound`` for anybody else's."""
    row = user.absences.filter(pk=pk).select_related("user").first()
    if row is None:
        raise NotFound("There is no such absence.")
    return row


def absence_calendar_for(user: User, pk: int) -> ForeignCalendar:
    """Return one of this person's calendars. Raises ``NotFound`` for anybody else's."""
    row = user.absence_calendars.filter(pk=pk).select_related("user").first()
    if row is None:
        raise NotFound("There is no such calendar.")
    return row
