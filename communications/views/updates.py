"""An incident's internal updates: the panel, the composer, "no change", and when the next one is due."""

import uuid
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from common import clock
from common.htmx import is_fragment
from communications import actions, cadence, updates
from communications.forms import NextUpdateForm, UpdateForm
from communications.models import Audience, Update
from incidents.forms import ActionForm
from incidents.models import Incident
from incidents.views.base import Ask, actor, asked, form_page, known, page, tap, viewer, went_through

# After this long the commander is offered slower updates with a promised time (semantics.md, "Updates").
LONG = timedelta(hours=2)
SHOWN = 20


def panel_context(request: HttpRequest, incident: Incident) -> dict[str, Any]:
    """Return what the panel shows: the countdown, the next tap, and what went out."""
    running = updates.running(incident)
    history = list(incident.updates.filter(audience=Audience.INTERNAL)[: SHOWN + 1])
    return {
        "incident": incident,
        "is_drill": incident.is_drill,
        "running": running,
        "can_publish": viewer(request).can_respond and incident.status in actions.OPEN,
        "is_long": bool(running) and incident.is_active and incident.age(clock.now()) > LONG,
        "lead_seconds": int(cadence.LEAD.total_seconds()),
        "updates": history[:SHOWN],
        "has_more": len(history) > SHOWN,
        "key": uuid.uuid4().hex,
    }


@page
def panel(request: HttpRequest, reference: str) -> HttpResponse:
    """Show the panel, alone or as a page of its own."""
    context = panel_context(request, known(request, reference))
    template = "_updates_panel" if is_fragment(request) else "updates"
    return render(request, f"communications/{template}.html", context)


@form_page
def publish(request: HttpRequest, reference: str) -> HttpResponse:
    """Write an internal update, with a preview beside it."""
    incident = known(request, reference)
    form = UpdateForm(request.POST or None, incident=incident)
    ask = Ask(
        "Post an update",
        "Post",
        "Update posted.",
        back="#updates",
        template="communications/publish.html",
        context={"preview": _preview(incident, form), "running": updates.running(incident)},
    )
    return asked(
        request,
        incident,
        form,
        ask,
        lambda by: actions.publish_update(
            by=by, incident=incident, **form.values(), idempotency_key=form.key
        ),
    )


@tap
def preview(request: HttpRequest, reference: str) -> HttpResponse:
    """Return the text as it would go out; nothing is written."""
    incident = known(request, reference)
    actor(request)
    context = {"preview": _preview(incident, UpdateForm(request.POST, incident=incident))}
    return render(request, "communications/_preview.html", context)


def _preview(incident: Incident, form: UpdateForm) -> str:
    if not form.is_bound:
        values = {name: form.initial.get(name, "") for name in ("impact", "actions", "eta")}
        return actions.preview(incident, **values)
    form.is_valid()
    return actions.preview(incident, **form.values())


@tap
def no_change(request: HttpRequest, reference: str) -> HttpResponse:
    """Say that nothing has changed: a complete update in one tap."""
    incident, by = known(request, reference), actor(request)
    form = ActionForm(request.POST, incident=incident)
    form.is_valid()
    done: Update = actions.publish_update(
        by=by, incident=incident, is_no_change=True, idempotency_key=form.key
    )
    if not is_fragment(request):
        return went_through(request, incident, f"Update {done.number} posted: no change.", "#updates")
    response = render(request, "communications/_updates_panel.html", panel_context(request, incident))
    response["HX-Trigger"] = '{"toast": {"text": "Update posted: no change.", "kind": "ok"}}'
    return response


@form_page
def next_update(request: HttpRequest, reference: str) -> HttpResponse:
    """Promise the next update for another time."""
    incident = known(request, reference)
    form = NextUpdateForm(request.POST or None, incident=incident)
    ask = Ask(
        "When is the next update?",
        "Promise it",
        "The next update has a new time.",
        back="#updates",
        lead="Everybody sees the new time. Reminders follow it.",
    )
    return asked(
        request,
        incident,
        form,
        ask,
        lambda by: actions.set_next_update(
            by=by,
            incident=incident,
            next_due_at=form.cleaned_data["next_in"],
            reason=form.cleaned_data["reason"],
            idempotency_key=form.key,
        ),
    )
