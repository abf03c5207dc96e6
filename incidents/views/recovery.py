"""Is it really over, and how bad was it: recovery checks, the watch after it, impact (R36, R37)."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse

from accounts.actor import Actor
from common.errors import NotFound
from incidents import actions
from incidents.forms import GateForm, ImpactForm, ReasonForm, WatchForm
from incidents.models import GateDefinition
from incidents.views.base import Ask, asked, form_page, known, sent


@form_page
def gate(request: HttpRequest, reference: str, key: str) -> HttpResponse:
    """Answer a recovery check with evidence, a failure or a waiver."""
    incident = known(request, reference)
    definition = GateDefinition.objects.filter(key=key, is_active=True).first()
    if definition is None:
        raise NotFound("There is no such recovery check.")
    form = GateForm(sent(request), incident=incident)
    ask = Ask(definition.name, "Record", "Recorded.", definition.help_text, back="#recovery")
    return asked(
        request, incident, form, ask,
        lambda by: actions.record_gate(
            by=by, incident=incident, gate=definition, outcome=form.cleaned_data["outcome"],
            text=form.cleaned_data["text"], idempotency_key=form.key,
        ),
    )  # fmt: skip


@form_page
def impact(request: HttpRequest, reference: str) -> HttpResponse:
    """Estimate who is affected."""
    incident = known(request, reference)
    form = ImpactForm(sent(request), incident=incident)
    ask = Ask(
        "How many are affected?", "Add the estimate", "Added.", "Unknown is not zero. Earlier estimates stay.",
        back="#recovery", template="incidents/impact.html",
    )  # fmt: skip

    def run(by: Actor) -> Any:
        names = ("method", "users_min", "users_likely", "users_max", "denominator", "text")
        values = {name: form.cleaned_data[name] for name in names}
        return actions.estimate_impact(by=by, incident=incident, **values, idempotency_key=form.key)

    return asked(request, incident, form, ask, run)


@form_page
def watch(request: HttpRequest, reference: str) -> HttpResponse:
    """Route matching alerts to the commander for a while."""
    incident = known(request, reference)
    form = WatchForm(sent(request), incident=incident)
    ask = Ask(
        "Watch for alerts",
        "Watch",
        "Watching.",
        "A matching alert pages the Incident Commander.",
        back="#recovery",
    )
    return asked(
        request, incident, form, ask,
        lambda by: actions.set_watch(
            by=by, incident=incident, labels=form.cleaned_data["labels"],
            expires_at=timedelta(hours=form.cleaned_data["hours"]), idempotency_key=form.key,
        ),
    )  # fmt: skip


@form_page
def end_observation(request: HttpRequest, reference: str) -> HttpResponse:
    """End the watch after a SEV-1 early."""
    incident = known(request, reference)
    form = ReasonForm(
        sent(request),
        incident=incident,
        label="Why can it end early?",
        missing="Say why it can end early.",
    )
    ask = Ask("End the observation?", "End it", "Ended.", back="#recovery")
    return asked(
        request, incident, form, ask,
        lambda by: actions.end_observation(
            by=by, incident=incident, reason=form.cleaned_data["reason"], idempotency_key=form.key
        ),
    )  # fmt: skip
