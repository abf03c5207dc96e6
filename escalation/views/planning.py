"""Who will be woken, and what is on the agendas."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render

from accounts.forms import zones
from common import clock
from common.errors import NotFound
from common.htmx import is_fragment
from escalation import agenda, moments
from escalation.access import agenda_visible_to
from escalation.forms import PreviewForm
from escalation.moments import Moment
from escalation.preview import who_will_be_woken
from escalation.views.base import actor, page, said, tap, viewer

DISCUSSED_SHOWN = 20


@page
def woken(request: HttpRequest) -> HttpResponse:
    """Show who will be woken for a severity, a team or components, at any instant: before anybody is."""
    form = PreviewForm(request.GET, zone=viewer(request).zone)
    valid = form.is_valid()
    if valid and form.cleaned_data["pick"]:
        return redirect(f"{request.path}?{_settled(request.GET, form)}")
    return render(request, "escalation/woken.html", _context(form), status=200 if valid else 400)


@page
def preview(request: HttpRequest) -> HttpResponse:
    """Return the list for the form that declares, which htmx loads into it; without htmx the page."""
    if not is_fragment(request):
        return woken(request)
    form = PreviewForm(request.GET, zone=viewer(request).zone)
    valid = form.is_valid()
    return render(request, "escalation/_preview.html", _context(form), status=200 if valid else 400)


def _settled(query: QueryDict, form: PreviewForm) -> str:
    """Return the query with the instant that was picked, so that the address says the same tomorrow."""
    settled = query.copy()
    del settled["pick"]
    settled.pop("at", None)
    if form.cleaned_data["pick"] != "now":
        settled["at"] = _wall(form.cleaned_data["moment"].instant, form.cleaned_data["zone"])
    return settled.urlencode()


def _context(form: PreviewForm) -> dict[str, Any]:
    """Return what both forms of the list show. ``plan`` is there once the query is understood and has a severity."""
    data = form.cleaned_data
    moment = data.get("moment") or Moment(clock.now())
    zone = data.get("zone") or form.own_zone
    plan = None
    if not form.errors and data.get("severity"):
        plan = who_will_be_woken(data["severity"], data["team"], moment.instant)
    given = {
        name: form.query.getlist(name) for name in ("severity", "team", "components") if name in form.query
    }
    return {
        "form": form,
        "sentences": form.sentences,
        "plan": plan,
        "severity": data.get("severity"),
        "zone": zone,
        "at": moment.instant,
        "moment": moment,
        "at_value": data.get("at") and not form.errors.get("at") and _wall(moment.instant, zone),
        "picks": moments.PICKS,
        "zones": zones(),
        "is_practice": bool(data.get("is_drill")),
        "query": urlencode(given, doseq=True),
    }


def _wall(instant: datetime, zone: ZoneInfo) -> str:
    """Return an instant as a field for date and time takes it."""
    return f"{instant.astimezone(zone):%Y-%m-%dT%H:%M}"


@page
def reviews(request: HttpRequest) -> HttpResponse:
    """Show what is on the agendas of the weekly and monthly reviews."""
    items = agenda_visible_to(viewer(request))
    context = {
        "waiting": items.filter(discussed_at=None).order_by("review_at", "incident__severity", "pk"),
        "discussed": items.exclude(discussed_at=None).order_by("-discussed_at")[:DISCUSSED_SHOWN],
        "can_act": viewer(request).can_respond,
        "now": clock.now(),
    }
    return render(request, "escalation/reviews.html", context)


@tap
def discuss(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark an agenda item as discussed."""
    item = agenda_visible_to(viewer(request)).filter(pk=pk).first()
    if item is None:
        raise NotFound("There is no such item on an agenda.")
    agenda.discuss(by=actor(request), item=item)
    return said(request, redirect("escalation:reviews"), f"{item.incident.reference} was discussed.")
