"""Roles, hand-overs, joining and leaving (R07-R11)."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.actor import Actor
from common.errors import DomainError, NotAllowed, NotFound
from incidents import actions, candidates
from incidents.actions.roles import holder
from incidents.forms import ConfirmForm, OfferForm, TakeRoleForm
from incidents.models import RoleDefinition, RoleOffer
from incidents.views.base import Ask, actor, asked, form_page, known, sent, tap, viewer, went_through


def _role(key: str) -> RoleDefinition.Key:
    if key not in RoleDefinition.Key.values:
        raise NotFound("There is no such role.")
    return RoleDefinition.Key(key)


@form_page
def take(request: HttpRequest, reference: str, role: str) -> HttpResponse:
    """Take a role with one tap where the seat is free; else the page that asks who and why."""
    incident, key = known(request, reference), _role(role)
    present = holder(incident, key)
    form = TakeRoleForm(sent(request), incident=incident, is_held=present not in (None, viewer(request)))
    definition = RoleDefinition.objects.filter(key=key).first()
    ask = Ask(
        f"{key.label} of {incident.reference}", "Take the role", f"You are {key.label}.",
        template="incidents/role.html",
        lead=f"{present} holds this role now." if present else "Nobody holds this role.",
        context={
            "definition": definition,
            "holder": present,
            "candidates": candidates.for_role(incident, key) if request.method == "GET" else [],
        },
    )  # fmt: skip

    def run(by: Actor) -> Any:
        person = form.cleaned_data["user"]
        return actions.take_role(
            by=by, incident=incident, role=key, user=person if person != by.user else None,
            reason=form.cleaned_data["reason"], idempotency_key=form.key,
        )  # fmt: skip

    response = asked(request, incident, form, ask, run)
    if response.status_code == 302 and form.cleaned_data.get("user") not in (None, viewer(request)):
        list(messages.get_messages(request))  # the words above are for the one who takes it
        messages.success(request, f"{form.cleaned_data['user']} is {key.label}.")
    return response


@form_page
def offer(request: HttpRequest, reference: str, role: str) -> HttpResponse:
    """Offer a role to somebody, with a briefing."""
    incident, key = known(request, reference), _role(role)
    initial = {"situation": incident.impact or incident.title}
    form = OfferForm(sent(request), incident=incident, initial=initial)
    ask = Ask(
        f"Hand over: {key.label}", "Offer it", "Offered. You keep the role until they accept, for five minutes.",
        "They see this card before they say yes.",
    )  # fmt: skip

    def run(by: Actor) -> Any:
        data = form.cleaned_data
        briefing = {name: data[name] for name in ("situation", "objectives", "actions", "resources")}
        return actions.offer_role(
            by=by, incident=incident, role=key, to=data["to"], **briefing, idempotency_key=form.key
        )

    return asked(request, incident, form, ask, run)


@form_page
def answer(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Show the briefing card of a hand-over; accept or decline it."""
    incident, by = known(request, reference), actor(request)
    found = RoleOffer.objects.filter(incident=incident, pk=pk).select_related("from_user", "to_user").first()
    if found is None:
        raise NotFound("There is no such hand-over.")
    form = ConfirmForm(sent(request), incident=incident)
    if request.method == "POST":
        accept = request.POST.get("answer") != "decline"
        act = actions.accept_offer if accept else actions.decline_offer
        if form.attempt(lambda: act(by=by, offer=found, idempotency_key=form.key)):
            words = f"You are {RoleDefinition.Key(found.role).label}." if accept else "Declined."
            return went_through(request, incident, words)
    context = {
        "incident": incident,
        "is_drill": incident.is_drill,
        "offer": found,
        "form": form,
        "role": RoleDefinition.Key(found.role).label,
        "is_mine": found.to_user == by.user,
    }
    return render(request, "incidents/offer.html", context, status=form.status)


@form_page
def release(request: HttpRequest, reference: str, role: str) -> HttpResponse:
    """Give a role up."""
    incident, key = known(request, reference), _role(role)
    form = ConfirmForm(sent(request), incident=incident)
    ask = Ask(f"Give up the role of {key.label}?", "Give it up", f"You are no longer {key.label}.")
    return asked(
        request, incident, form, ask,
        lambda by: actions.release_role(by=by, incident=incident, role=key, idempotency_key=form.key),
    )  # fmt: skip


@tap
def join(request: HttpRequest, reference: str) -> HttpResponse:
    """Put oneself on the incident."""
    incident = known(request, reference)
    actions.join(by=actor(request), incident=incident)
    return went_through(request, incident, "You are on this incident.")


@tap
def leave(request: HttpRequest, reference: str) -> HttpResponse:
    """Take oneself off the incident."""
    incident = known(request, reference)
    try:
        actions.leave(by=actor(request), incident=incident)
    except NotAllowed:
        raise
    except DomainError as error:
        messages.warning(request, error.sentence)
        return redirect(incident)
    return went_through(request, incident, "You have left. Go back to bed.")
