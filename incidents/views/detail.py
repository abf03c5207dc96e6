"""The incident page and its parts."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.models import User
from incidents import actions, live, timeline
from incidents.forms import ComposerForm
from incidents.models import Incident, Responder
from incidents.views import panels
from incidents.views.base import known, page, viewer

PANELS: dict[str, Callable[[Incident, User], dict[str, Any]]] = {
    "state": panels.state,
    "primary": panels.primary,
    "checklist": panels.checklist,
    "work": panels.work,
    "details": panels.details,
}


@page
def detail(request: HttpRequest, reference: str) -> HttpResponse:
    """Show everything about an incident; remember what this person has seen ("since you were here")."""
    user, incident = viewer(request), known(request, reference)
    context: dict[str, Any] = {"is_drill": incident.is_drill, "composer": ComposerForm(incident=incident)}
    for panel in PANELS.values():
        context |= panel(incident, user)
    context |= _timeline(request, incident) | _elsewhere(incident)
    context |= _since(incident, user, context["timeline"])
    actions.mark_seen(user=user, incident=incident, sequence=incident.event_sequence)
    return render(request, "incidents/detail.html", context | live.links(user, incident))


@page
def panel(request: HttpRequest, reference: str, name: str) -> HttpResponse:
    """Return one part alone, as it is now."""
    incident = known(request, reference)
    return render(request, f"incidents/_{name}.html", PANELS[name](incident, viewer(request)))


@page
def entries(request: HttpRequest, reference: str) -> HttpResponse:
    """Show the timeline on its own: older entries, or a filter, with or without JavaScript."""
    incident = known(request, reference)
    context = {
        "incident": incident,
        "is_drill": incident.is_drill,
        "can_respond": viewer(request).can_respond,
    }
    return render(request, "incidents/timeline.html", context | _timeline(request, incident))


def _timeline(request: HttpRequest, incident: Incident) -> dict[str, Any]:
    before = request.GET.get("before", "")
    window = timeline.window(
        incident,
        shown=request.GET.get("show", "all"),
        before=int(before) if before.isdecimal() and len(before) < 10 else None,
    )
    return {
        "timeline": window,
        "filters": FILTERS,
        "timeline_kinds": " ".join(timeline.FILTERS[window.shown]),
    }


FILTERS = [("all", "All"), ("people", "People"), ("decisions", "Decisions"), ("customer", "Customers")]


def _since(incident: Incident, user: User, window: timeline.Window) -> dict[str, Any]:
    """Return under which entry "7 new since you were here" stands, for somebody who has been here before."""
    row = Responder.objects.filter(incident=incident, user=user).first()
    seen = row.last_seen_sequence if row else 0
    new = [event.sequence for event in window.entries if event.sequence > seen] if seen else []
    return {"since_line": min(new, default=None), "new": incident.event_sequence - seen}


def _elsewhere(incident: Incident) -> dict[str, str]:
    """Return the addresses of the panels that apps above own; "" where an app is not installed."""
    return {
        "paging_url": panels.elsewhere("escalation:paging_panel", incident),
        "updates_url": panels.elsewhere("communications:updates_panel", incident),
        "updates_kinds": panels.KINDS["updates"],
    }
