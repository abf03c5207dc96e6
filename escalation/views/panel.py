"""The incident's paging panel: who was asked, who has it, who is next; and the buttons that change it."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.models import User
from common.errors import DomainError, NotFound
from common.htmx import is_fragment
from escalation import actions
from escalation.access import own_page
from escalation.forms import PagePersonForm
from escalation.ladder import ladder
from escalation.views.base import actor, form_page, known, page, said, tap, viewer
from incidents.access import require_responder
from incidents.models import Incident

KINDS = (
    "declared acknowledged paged page_declined page_stopped page_late page_failed coverage_gap escalation_changed "
    "severity_changed status_changed resolved reopened cancelled merged closed responder_left"
)


@page
def paging_panel(request: HttpRequest, reference: str) -> HttpResponse:
    """Show the ladder: a fragment for htmx, a page of its own without."""
    return _render(request, known(request, reference))


@tap
def acknowledge(request: HttpRequest, reference: str) -> HttpResponse:
    """Say "I have it", paged or not."""
    incident = known(request, reference)
    return _answer(
        request, incident, lambda: actions.acknowledge(by=actor(request), incident=incident), "You have it."
    )


@tap
def decline(request: HttpRequest, reference: str) -> HttpResponse:
    """Say "Can't take it" to one's own page: the next person is paged now."""
    incident = known(request, reference)
    mine = own_page(viewer(request), _number(request.POST.get("page", "")))
    words = "The next person is paged now."
    return _answer(request, incident, lambda: actions.decline(by=actor(request), page=mine), words)


@tap
def escalate_now(request: HttpRequest, reference: str) -> HttpResponse:
    """Page a role of the matrix now, before its time."""
    incident, role = known(request, reference), request.POST.get("role", "")
    return _answer(
        request,
        incident,
        lambda: actions.escalate_now(by=actor(request), incident=incident, role=role),
        "They are paged now.",
    )


@tap
def release(request: HttpRequest, reference: str) -> HttpResponse:
    """Send somebody back to bed."""
    incident = known(request, reference)
    person = User.objects.filter(pk=_number(request.POST.get("user", ""))).first()
    if person is None:
        raise NotFound("There is no such person.")
    words = f"{person} is released."
    return _answer(
        request, incident, lambda: actions.release(by=actor(request), incident=incident, user=person), words
    )


@form_page
def page_person(request: HttpRequest, reference: str) -> HttpResponse:
    """Page somebody by name, with a reason (R11)."""
    incident, by = known(request, reference), actor(request)
    require_responder(by)
    form = PagePersonForm(request.POST or None, initial={"role": "direct", "user": request.GET.get("user")})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            actions.page_person(
                by=by,
                incident=incident,
                user=data["user"],
                reason=data["reason"],
                role=data["role"] or "direct",
            )
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.sentence)
            return _page_person(request, incident, form, status=error.status)
        return said(request, _done(request, incident), f"{data['user']} is paged.")
    return _page_person(request, incident, form, status=400 if form.errors else 200)


def _page_person(request: HttpRequest, incident: Incident, form: PagePersonForm, status: int) -> HttpResponse:
    context = {"incident": incident, "is_drill": incident.is_drill, "form": form}
    if is_fragment(request):
        return _render(request, incident, form=form)
    return render(request, "escalation/page_person.html", context, status=status)


def _answer(request: HttpRequest, incident: Incident, act: Callable[[], Any], words: str) -> HttpResponse:
    """Do it and show the panel again; a refusal stands in the panel, or on the page that says so."""
    try:
        act()
    except DomainError as error:
        if not is_fragment(request) or error.status in (403, 404):
            raise
        return _render(request, incident, refusal=error.sentence)
    return said(request, _done(request, incident), words)


def _done(request: HttpRequest, incident: Incident) -> HttpResponse:
    if is_fragment(request):
        return _render(request, incident)
    return redirect(f"{incident.get_absolute_url()}#escalation")


def _render(
    request: HttpRequest, incident: Incident, *, refusal: str = "", form: PagePersonForm | None = None
) -> HttpResponse:
    user = viewer(request)
    incident.refresh_from_db()
    found = ladder(incident, user.pk)
    context = {
        "incident": incident,
        "is_drill": incident.is_drill,
        "ladder": found,
        "has_it": any(holder.user_id == user.pk for holder in found.holders),
        "can_act": user.can_respond and incident.is_active,
        "refusal": refusal,
        "form": form or PagePersonForm(initial={"role": "direct"}),
        "kinds": KINDS,
    }
    template = "escalation/_paging_panel.html" if is_fragment(request) else "escalation/paging.html"
    return render(request, template, context)


def _number(text: str) -> int:
    """Return a primary key from a form, 0 for anything that is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
