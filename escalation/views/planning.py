"""Who will be woken, and what is on the agendas."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from common import clock
from common.errors import NotFound
from common.htmx import is_fragment
from escalation import agenda
from escalation.access import agenda_visible_to
from escalation.forms import PreviewForm
from escalation.preview import who_will_be_woken
from escalation.views.base import actor, page, said, tap, viewer

DISCUSSED_SHOWN = 20


@page
def preview(request: HttpRequest) -> HttpResponse:
    """Show who will be woken for a severity, components and an instant: before anybody is."""
    form = PreviewForm(request.GET)
    valid = form.is_valid()
    at = (form.cleaned_data.get("at") if valid else None) or clock.now()
    severity = form.cleaned_data.get("severity") if valid else None
    team = form.cleaned_data.get("team") if valid else None
    plan = who_will_be_woken(severity, team, at) if severity else None
    context = {
        "sentences": form.sentences,
        "severity": severity,
        "team": team,
        "at": at,
        "plan": plan,
        "is_practice": bool(request.GET.get("is_drill")),
    }
    template = "escalation/_preview.html" if is_fragment(request) else "escalation/preview.html"
    return render(request, template, context, status=200 if valid else 400)


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
