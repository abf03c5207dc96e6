"""Who is on call now, as a part of the start page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from common import clock
from common.htmx import is_fragment
from incidents.views.base import page
from oncall.coverage import teams_now


@page
def on_call_strip(request: HttpRequest) -> HttpResponse:
    """Return the short form for the start page."""
    if not is_fragment(request):
        return redirect("oncall:on_call")
    return render(request, "oncall/_on_call_strip.html", {"teams": teams_now(clock.now())})
