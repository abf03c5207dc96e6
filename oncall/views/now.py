"""Who is on call."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from common import clock
from common.htmx import is_fragment
from incidents.views.base import page, viewer
from oncall.coverage import rotas, teams_now
from oncall.views.asking import for_page


@page
def on_call(request: HttpRequest) -> HttpResponse:
    """Show who is on call for each team now, and each rota's shifts of the coming week; gaps are red."""
    now = clock.now()
    context = {"teams": teams_now(now), "rotas": rotas(now), "now": now} | for_page(viewer(request))
    return render(request, "oncall/on_call.html", context)


@page
def on_call_strip(request: HttpRequest) -> HttpResponse:
    """Return the short form for the start page."""
    if not is_fragment(request):
        return redirect("oncall:on_call")
    return render(request, "oncall/_on_call_strip.html", {"teams": teams_now(clock.now())})
