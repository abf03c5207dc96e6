"""The start page: what is on fire, worst clock first, and what waits for the viewer."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse

from common import clock
from common.htmx import is_fragment
from incidents import glance, live, queries
from incidents.clocks import response_clocks
from incidents.models import Incident
from incidents.views.base import page, viewer


@page
def now(request: HttpRequest) -> HttpResponse:
    """Show Now. The fragment is the same without its frame, for live refreshes."""
    user = viewer(request)
    open_now, triage = queries.open_now(user), queries.in_triage(user)
    context = {
        "rows": _rows(open_now),
        "triage": triage,
        "waiting": glance.waiting_for(user),
        "recent": queries.recently_over(user),
        "is_drill": bool(open_now) and all(incident.is_drill for incident in open_now),
        "on_call_url": _url("oncall:strip"),
    }
    if is_fragment(request):
        return render(request, "incidents/_now.html", context)
    return render(request, "incidents/now.html", context | live.links(user))


def _rows(incidents: list[Incident]) -> list[dict[str, Any]]:
    """Return each open incident with its clocks, its commander and whether a promise is broken."""
    at = clock.now()
    responses, glances = response_clocks(incidents, at), glance.of(incidents)
    rows = []
    for incident in incidents:
        clocks = glances.get(incident.pk, [])
        late = any(g.due_at is not None and g.due_at < at and not g.state for g in clocks)
        commander = next((r.user for r in incident.roles_held() if r.role == "commander"), None)
        response = responses.get(incident.pk)
        rows.append(
            {
                "incident": incident,
                "response": response,
                "glances": clocks,
                "commander": commander,
                "is_breached": late or _is_breached(incident),
            }
        )
    return rows


def _is_breached(incident: Incident) -> bool:
    due = incident.response_due_at
    return incident.acknowledged_at is None and due is not None and due < clock.now()


def _url(name: str) -> str:
    """Return the address of another app's panel, or "" where that app is not installed."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
