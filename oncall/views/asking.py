"""Asking for cover, answering, taking the pager, shadowing. Each works without JavaScript."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from accounts.actor import Actor
from accounts.models import User
from common import clock
from common.errors import NotFound
from incidents.access import require_responder
from incidents.forms.base import ActionForm
from incidents.views.base import form_page, page, sent, tap, viewer
from oncall import actions, asking, glance
from oncall.access import known_request, known_schedule
from oncall.actions.taking import has_pager, relief
from oncall.askforms import OTHER, AnswerForm, AskForm, ShadowForm, TakeForm, instant_of
from oncall.models import CoverRequest, Schedule, Shadow

RECENT = timedelta(days=14)
# A shift that runs now cannot be covered from this very second on: somebody has to read the question.
LEAD = timedelta(minutes=15)


def for_page(user: User) -> dict[str, Any]:
    """Return the context of ``oncall/_requests.html``: what this person asked, and what is asked of them."""
    found = list(asking.open_requests(user))
    return {
        "asked_of_me": [request for request in found if request.asked_by_id != user.pk],
        "asked_by_me": [request for request in found if request.asked_by_id == user.pk],
        "to_confirm": glance.unconfirmed(user),
    }


@never_cache
@page
def requests(request: HttpRequest) -> HttpResponse:
    """Show the requests that concern the viewer: open ones, and how those of the last fortnight ended."""
    user = viewer(request)
    over = CoverRequest.objects.exclude(state=CoverRequest.State.ASKED).filter(
        Q(asked_by=user) | Q(asked_of=user) | Q(answered_by=user), created_at__gte=clock.now() - RECENT
    )
    over = over.select_related("schedule", "asked_by", "asked_of", "answered_by").order_by("-answered_at")
    return render(request, "oncall/requests.html", for_page(user) | {"over": over[:50]})


@form_page
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for cover: one of my shifts or a free span (?schedule=…&start=…&end=…), of one person or of the rota."""
    by = _actor(request)
    user, now = viewer(request), clock.now()
    shifts = asking.shifts_ahead(Schedule.objects.all(), (now + LEAD).replace(second=0, microsecond=0))
    mine = [shift for shift in shifts if shift.user == user][: asking.MOST_SHIFTS]
    rotas = {shift.schedule.pk for shift in mine}
    theirs = [s for s in shifts if s.user != user and s.user.is_active and s.schedule.pk in rotas]
    initial = _span_of_link(request)
    form = AskForm(sent(request), mine=mine, theirs=theirs[: asking.MOST_SHIFTS], initial=initial)

    def run() -> None:
        made = actions.ask_for_cover(by=by, idempotency_key=form.key, **form.asked())
        form.initial["made"] = made.pk

    if request.method == "POST" and form.attempt(run):
        messages.success(request, "Asked. You are told as soon as somebody answers.")
        return redirect("oncall:cover", form.initial["made"])
    context = {"form": form, "mine": mine, "is_free": _is_free(form), "has_rota": bool(mine)}
    return render(request, "oncall/ask.html", context, status=form.status)


def _is_free(form: AskForm) -> bool:
    """Return whether the fields of a free span are to be seen at once."""
    chosen = form["shift"].value()
    return chosen == OTHER or any(name in form.errors for name in ("schedule", "starts_at", "ends_at"))


def _span_of_link(request: HttpRequest) -> dict[str, Any]:
    start, end = (instant_of(request.GET.get(name, "")[:40]) for name in ("start", "end"))
    given = {"starts_at": start, "ends_at": end, "schedule": request.GET.get("schedule", "")[:60]}
    found = {name: value for name, value in given.items() if value}
    return found | {"shift": OTHER} if found else {}


@never_cache
@form_page
def cover(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a request with the difference that a yes makes; answer it with one tap."""
    user, found = viewer(request), known_request(pk)
    form = AnswerForm(sent(request))
    if request.method == "POST":
        by = _actor(request)
        if form.attempt(lambda: _answer(by, form, found)):
            messages.success(request, _done(found, form.cleaned_data["answer"]))
            return redirect("oncall:cover", pk)
        found.refresh_from_db()
    return render(request, "oncall/cover.html", _cover_context(found, user, form), status=form.status)


def _answer(by: Actor, form: ActionForm, found: CoverRequest) -> None:
    data = form.cleaned_data
    if data["answer"] == "decline":
        actions.decline_cover(by=by, idempotency_key=form.key, request=found, reason=data["reason"])
    else:
        actions.accept_cover(by=by, idempotency_key=form.key, request=found)


def _done(found: CoverRequest, answer: str) -> str:
    if answer == "decline":
        return f"{found.asked_by} is told that you cannot."
    return f"Thank you: you cover for {found.asked_by}. The rota is changed."


def _cover_context(found: CoverRequest, user: User, form: ActionForm) -> dict[str, Any]:
    now = clock.now()
    is_open = found.state == CoverRequest.State.ASKED and found.lapses_at > now
    mine = is_open and asking.may_answer(user, found)
    refused = found.refusals.filter(user=user).exists()
    taker = user if mine else found.answered_by or found.asked_of
    return {
        "cover": found,
        "form": form,
        "is_open": is_open,
        "may_answer": mine and not refused,
        "refused": refused,
        "may_withdraw": is_open and (found.asked_by_id == user.pk or user.is_admin),
        "changes": asking.changes(found, taker) if is_open and taker is not None else [],
        "warnings": asking.warnings(found, taker) if is_open and taker is not None else [],
        "refusals": found.refusals.select_related("user").order_by("pk"),
    }


@tap
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a request back."""
    found, form = known_request(pk), ActionForm(sent(request))
    by = Actor.of(viewer(request))
    if form.attempt(lambda: actions.withdraw_cover(by=by, idempotency_key=form.key, request=found)):
        messages.success(request, "Withdrawn. You still are on call.")
        return redirect("oncall:requests")
    found.refresh_from_db()
    context = _cover_context(found, viewer(request), form)
    return render(request, "oncall/cover.html", context, status=form.status)


@never_cache
@form_page
def take(request: HttpRequest, slug: str) -> HttpResponse:
    """Take the pager of a schedule now: one tap, with until when and what comes along for who wants to say."""
    by, schedule = _actor(request), known_schedule(slug)
    form = TakeForm(sent(request))

    def run() -> None:
        data = form.cleaned_data
        taken = actions.take_pager(
            by=by,
            idempotency_key=form.key,
            schedule=schedule,
            until=data["until"],
            with_incidents=data["with_incidents"],
            reason=data["reason"],
        )
        messages.success(request, f"You have the pager of {taken.schedule} now.")

    if request.method == "POST" and form.attempt(run):
        return redirect(reverse("oncall:on_call"))
    now = clock.now()
    found = relief(schedule, now, viewer(request))
    has_it = not found.on_call and has_pager(schedule, viewer(request), now)
    shown = {"on_call": found.on_call, "until": found.until, "has_it": has_it}
    context = shown | {"schedule": schedule, "form": form}
    return render(request, "oncall/take.html", context, status=form.status)


@form_page
def shadows(request: HttpRequest) -> HttpResponse:
    """Show who shadows which rota, and let somebody begin."""
    by = _actor(request)
    form = ShadowForm(sent(request), initial={"schedule": request.GET.get("schedule", "")[:60]})

    def run() -> None:
        data = form.cleaned_data
        names = ("schedule", "starts_at", "ends_at")
        actions.start_shadow(
            by=by,
            idempotency_key=form.key,
            user=data["user"] or viewer(request),
            **{name: data[name] for name in names},
        )

    if request.method == "POST" and form.attempt(run):
        messages.success(request, "Saved. Shadows are told a minute after the rota's people.")
        return redirect("oncall:shadows")
    now = clock.now()
    rows = Shadow.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now)).select_related("schedule", "user")
    return render(
        request, "oncall/shadows.html", {"form": form, "rows": rows, "now": now}, status=form.status
    )


@tap
def end_shadow(request: HttpRequest, pk: int) -> HttpResponse:
    """End a shadow."""
    shadow = Shadow.objects.select_related("schedule").filter(pk=pk).first()
    if shadow is None:
        raise NotFound("There is no such shadow.")
    actions.end_shadow(by=Actor.of(viewer(request)), shadow=shadow)
    messages.success(request, "Ended.")
    return redirect("oncall:shadows")


def _actor(request: HttpRequest) -> Actor:
    by = Actor.of(viewer(request))
    require_responder(by)
    return by
