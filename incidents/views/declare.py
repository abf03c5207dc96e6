"""Declaring an incident in three taps, reporting a problem, and deciding on a report (R02-R06, R18-R20)."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from common.errors import Invalid, NotFound
from incidents import actions, queries
from incidents.forms import DeclareForm, ReportForm
from incidents.models import Incident, Symptom
from incidents.views.base import actor, form_page, known, page, sent, viewer


@form_page
def declare(request: HttpRequest) -> HttpResponse:
    """Show the form, propose a severity from symptoms, or declare."""
    by = actor(request)
    form = DeclareForm(_data(request), initial=_prefilled(request))
    made: list[Incident] = []
    is_sent = request.method == "POST" and "propose" not in request.POST

    def run() -> None:
        made.append(actions.declare(by=by, **_arguments(form), **_followed(request, form)))

    if is_sent and form.attempt(run):
        return redirect(made[0])
    return render(request, "incidents/declare.html", _context(request, form), status=form.status)


@form_page
def convert(request: HttpRequest, reference: str) -> HttpResponse:
    """Turn a report into an incident (R19)."""
    by, incident = actor(request), known(request, reference)
    initial = {"title": incident.title, "description": incident.description}
    form = DeclareForm(_data(request), incident=incident, initial=initial)
    if request.method == "POST" and "propose" not in request.POST:
        chosen = form.attempt(lambda: actions.declare_report(by=by, incident=incident, **_converted(form)))
        if chosen:
            return redirect(incident)
    context = _context(request, form) | {"incident": incident}
    return render(request, "incidents/declare.html", context, status=form.status)


@page
def aside(request: HttpRequest) -> HttpResponse:
    """Return what the form shows beside itself: the severity that symptoms propose, and similar open incidents."""
    form = DeclareForm(request.GET)
    form.is_valid()
    return render(request, "incidents/_declare_aside.html", _beside(request, form))


@form_page
def report(request: HttpRequest) -> HttpResponse:
    """Put a problem into triage; whoever can sign in may."""
    from accounts.actor import Actor

    form = ReportForm(sent(request))
    if request.method == "POST":

        def run() -> None:
            data = form.cleaned_data
            by = Actor.of(viewer(request))
            actions.report(
                by=by, title=data["title"], description=data["description"], idempotency_key=form.key
            )

        if form.attempt(run):
            messages.success(request, "Reported. Somebody will look at it and decide.")
            return redirect("incidents:now")
    return render(request, "incidents/report.html", {"form": form}, status=form.status)


def _data(request: HttpRequest) -> Any:
    """Return what was sent; with "propose" the severity is what the ticked symptoms say (without JavaScript)."""
    if request.method != "POST":
        return None
    if "propose" not in request.POST:
        return request.POST
    data = request.POST.copy()
    level = _proposed(request.POST.getlist("symptoms"))
    if level:
        data["severity"] = str(level)
    return data


def _proposed(keys: list[str]) -> int | None:
    """Return the worst severity of the ticked symptoms, or None."""
    ticked = [int(key) for key in keys if key.isdecimal() and len(key) < 10]
    levels = Symptom.objects.filter(pk__in=ticked).values_list("severity", flat=True)
    return min(levels, default=None)


def _arguments(form: DeclareForm) -> dict[str, Any]:
    data = form.cleaned_data
    names = ("title", "severity", "description", "is_drill")
    return {
        **{name: data[name] for name in names},
        "components": list(data["components"]),
        "symptoms": list(data["symptoms"]),
        "idempotency_key": form.key,
    }


def _prefilled(request: HttpRequest) -> dict[str, Any]:
    """Return what the form starts with: a title, or what the incident was about that the new one follows."""
    title = request.GET.get("title", "")[:200]
    reference = request.GET.get("follows", "")
    if request.method != "GET" or not reference:
        return {"title": title}
    earlier = known(request, reference)
    return {"title": title or earlier.title, "components": list(earlier.components.all()),
            "follows": earlier.reference}  # fmt: skip


def _followed(request: HttpRequest, form: DeclareForm) -> dict[str, Incident]:
    reference = form.cleaned_data["follows"]
    try:
        return {"follows": known(request, reference)} if reference else {}
    except NotFound as error:  # a page that says so would lose what was typed
        raise Invalid(error.sentence, field="follows") from None


def _converted(form: DeclareForm) -> dict[str, Any]:
    arguments = _arguments(form)
    del arguments["description"], arguments["is_drill"]
    return arguments | {"expected_version": form.expected_version}


def _context(request: HttpRequest, form: DeclareForm) -> dict[str, Any]:
    if request.method == "POST" and "propose" in request.POST:
        form.errors.clear()
    elif form.is_bound:
        form.is_valid()
    return {
        "form": form,
        "definitions": queries.severities(),
        **_beside(request, form),
    }


def _beside(request: HttpRequest, form: DeclareForm) -> dict[str, Any]:
    given = request.POST if request.method == "POST" else request.GET
    cleaned = getattr(form, "cleaned_data", {})
    components = list(cleaned.get("components") or ())
    title = str(cleaned.get("title") or given.get("title", ""))
    proposed = _proposed(given.getlist("symptoms"))
    return {
        "proposed": proposed,
        "similar": queries.similar(viewer(request), title, components) if title or components else [],
        "preview_query": given.urlencode() if request.method == "GET" else _preview_query(form),
    }


def _preview_query(form: DeclareForm) -> str:
    """Return the query of the who-will-be-woken page for what is filled in."""
    from django.http import QueryDict

    query = QueryDict(mutable=True)
    cleaned = getattr(form, "cleaned_data", {})
    if cleaned.get("severity"):
        query["severity"] = str(cleaned["severity"])
    query.setlist("components", [str(component.pk) for component in cleaned.get("components") or ()])
    return query.urlencode()
