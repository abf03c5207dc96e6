"""Writing on the timeline, correcting it, and taking it away as a file."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from accounts.actor import Actor
from common.errors import NotFound
from common.htmx import is_fragment, with_toast
from incidents import actions, export
from incidents import timeline as entries
from incidents.forms import ComposerForm, CorrectForm, DecisionForm, HypothesisForm, HypothesisStateForm
from incidents.models import DecisionPoint, Event, Incident
from incidents.views.base import Ask, actor, asked, form_page, known, page, sent, went_through


@form_page
def write(request: HttpRequest, reference: str) -> HttpResponse:
    """Write an entry. htmx gets a fresh composer with the entry in it; anyone else goes back to the page."""
    incident, by = known(request, reference), actor(request)
    form = ComposerForm(sent(request), incident=incident)
    written: list[Event] = []
    if request.method == "POST" and form.attempt(lambda: written.append(_write(by, incident, form))):
        if not is_fragment(request):
            return went_through(request, incident)
        fresh = {"incident": incident, "composer": ComposerForm(incident=incident), "can_respond": True}
        event = entries.detailed().get(pk=written[0].pk)
        return render(request, "incidents/_composer.html", fresh | {"written": event})
    template = "incidents/_composer.html" if is_fragment(request) else "incidents/write.html"
    context = {"incident": incident, "composer": form, "can_respond": True, "is_drill": incident.is_drill}
    return with_toast(request, render(request, template, context, status=form.status), form.refused, "danger")


def _write(by: Actor, incident: Incident, form: ComposerForm) -> Event:
    kind, text = form.cleaned_data["kind"], form.cleaned_data["text"]
    first, _, rest = text.strip().partition("\n")
    key = form.key
    if kind == "decision":
        decision = actions.decide(
            by=by, incident=incident, choice=first, reason=rest.strip(), idempotency_key=key
        )
        return decision.event
    if kind == "hypothesis":
        theory = actions.hypothesise(
            by=by, incident=incident, theory=first, evidence=rest.strip(), idempotency_key=key
        )
        return theory.event
    return actions.add_note(by=by, incident=incident, text=text, kind=kind, idempotency_key=key)


@form_page
def correct(request: HttpRequest, reference: str, sequence: int) -> HttpResponse:
    """Correct what an entry says; the old text stays one tap away."""
    incident = known(request, reference)
    event = entries.detailed().filter(incident=incident, sequence=sequence).first()
    if event is None:
        raise NotFound("There is no such entry.")
    newest = event.corrections.order_by("-sequence").first() or event
    form = CorrectForm(sent(request), incident=incident, initial={"text": newest.text})
    ask = Ask(
        f"Correct entry {sequence}", "Correct", "Corrected.",
        "The old text stays on the timeline, one tap away.", back=f"#event-{sequence}",
    )  # fmt: skip
    return asked(
        request, incident, form, ask,
        lambda by: actions.correct(
            by=by, event=event, text=form.cleaned_data["text"], idempotency_key=form.key
        ),
    )  # fmt: skip


@form_page
def decide(request: HttpRequest, reference: str) -> HttpResponse:
    """Record a decision with its reason; ``?point=`` and ``?choice=`` fill in a standing question's answer (R30)."""
    incident = known(request, reference)
    point = _point(request.GET.get("point", ""))
    initial = {"choice": request.GET.get("choice", "")[:300], "point": point.pk if point else None}
    form = DecisionForm(sent(request), incident=incident, initial=initial)
    ask = Ask("Record a decision", "Record", "Recorded.", lead=str(point or ""), back="#work")
    return asked(request, incident, form, ask, _deciding(incident, form))


def _point(key: str) -> DecisionPoint | None:
    return DecisionPoint.objects.filter(pk=key).first() if key.isdecimal() and len(key) < 10 else None


def _deciding(incident: Incident, form: DecisionForm) -> Callable[[Actor], Any]:
    def run(by: Actor) -> Any:
        data = form.cleaned_data
        return actions.decide(
            by=by, incident=incident, choice=data["choice"], reason=data["reason"],
            alternatives=data["alternatives"], undo_note=data["undo_note"], point=data["point"],
            revisit_at=data["revisit_in"], idempotency_key=form.key,
        )  # fmt: skip

    return run


@form_page
def hypothesise(request: HttpRequest, reference: str) -> HttpResponse:
    """Record a theory."""
    incident = known(request, reference)
    form = HypothesisForm(sent(request), incident=incident)
    ask = Ask("What do you suspect?", "Record", "Recorded.", back="#work")

    def run(by: Actor) -> Any:
        data = form.cleaned_data
        names = ("theory", "evidence", "impact_assessment", "fix_strategy")
        values = {name: data[name] for name in names}
        return actions.hypothesise(by=by, incident=incident, **values, idempotency_key=form.key)

    return asked(request, incident, form, ask, run)


@form_page
def judge(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Support or discard a theory."""
    incident = known(request, reference)
    hypothesis = incident.hypotheses.filter(pk=pk).first()
    if hypothesis is None:
        raise NotFound("There is no such hypothesis.")
    form = HypothesisStateForm(sent(request), incident=incident, initial={"state": hypothesis.state})
    ask = Ask("Is it so?", "Record", "Recorded.", lead=hypothesis.theory, back="#work")
    return asked(
        request, incident, form, ask,
        lambda by: actions.change_hypothesis(
            by=by, hypothesis=hypothesis, state=form.cleaned_data["state"],
            evidence=form.cleaned_data["evidence"], idempotency_key=form.key,
        ),
    )  # fmt: skip


@page
def as_markdown(request: HttpRequest, reference: str) -> HttpResponse:
    """Return the timeline as a Markdown file."""
    incident = known(request, reference)
    response = HttpResponse(export.as_markdown(incident), content_type="text/markdown; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{incident.reference}.md"'
    return response


@page
def as_json(request: HttpRequest, reference: str) -> HttpResponse:
    """Return the timeline as a JSON file."""
    incident = known(request, reference)
    response = JsonResponse(export.as_json(incident), json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="{incident.reference}.json"'
    return response
