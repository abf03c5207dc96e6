"""The page of a hand-over: the brief, and "I have the pager"."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from accounts.actor import Actor
from incidents.views.base import page, tap, viewer
from oncall import actions
from oncall.access import known_hand_over
from oncall.models import ShiftChange


@never_cache
@page
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the brief as it was sent; the incoming person confirms with one tap."""
    change = known_hand_over(pk)
    context = {
        "change": change,
        "outgoing": list(change.outgoing.all()),
        "brief": _with_instants(change.brief),
        "is_mine": change.incoming_id == viewer(request).pk,
    }
    return render(request, "oncall/hand_over.html", context)


@tap
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Say "I have the pager". Twice is once."""
    change = known_hand_over(pk)
    actions.confirm_hand_over(by=Actor.of(viewer(request)), change=change)
    messages.success(request, "You have the pager.")
    return redirect("oncall:hand_over", pk)


@never_cache
@page
def hand_overs(request: HttpRequest) -> HttpResponse:
    """Show the last hand-overs of every schedule."""
    rows = ShiftChange.objects.select_related("schedule", "incoming").prefetch_related("outgoing")
    return render(request, "oncall/hand_overs.html", {"rows": rows[:50]})


def _with_instants(brief: dict[str, Any]) -> dict[str, Any]:
    """Return the brief with its ISO 8601 texts as instants, for the page to print in the reader's zone."""

    def instant(text: object) -> datetime | None:
        return datetime.fromisoformat(str(text)) if text else None

    opened = [row | {"update_due": instant(row.get("update_due"))} for row in brief.get("open", ())]
    ending = [row | {"at": instant(row.get("at"))} for row in brief.get("ends_soon", ())]
    return brief | {"open": opened, "ends_soon": ending, "began": instant(brief.get("began"))}
