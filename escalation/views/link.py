"""The link in a page: what is wrong, and "I have it" with one tap. Works without log-in and without JavaScript.

The token is what authorises, for one person and one page; it acts by POST only, since mail scanners fetch links. No
cookie takes part, so there is nothing for a CSRF token to protect, and a phone that refuses cookies can still answer.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from accounts.actor import Actor
from common import clock
from common.errors import Conflict, NotFound
from escalation import actions
from escalation.access import ExpiredLink, page_of_token
from escalation.engine.wording import role_words
from escalation.models import EscalationTimer, Page
from incidents import phasing
from incidents.models import PhaseStep
from incidents.state import who_was_first

View = Callable[..., HttpResponse]
FIRST_STEPS = 3


def _by_token(view: Callable[[HttpRequest, Page, str], HttpResponse]) -> View:
    """Turn a token into its page, or into the sentence why not; show times in the paged person's zone."""

    @wraps(view)
    def wrapper(request: HttpRequest, token: str) -> HttpResponse:
        try:
            page = page_of_token(token)
        except NotFound as error:
            return _dead_link(request, error)
        with timezone.override(page.user.zone if page.user else timezone.get_default_timezone()):
            return view(request, page, token)

    return never_cache(wrapper)


@require_safe
@_by_token
def show(request: HttpRequest, page: Page, token: str) -> HttpResponse:
    """Show what is wrong and what can be answered now."""
    return _render(request, page, token)


@csrf_exempt
@require_POST
@_by_token
def acknowledge(request: HttpRequest, page: Page, token: str) -> HttpResponse:
    """Answer "I have it" for the person the link was sent to. Twice is once."""
    try:
        actions.acknowledge(by=_paged(page), incident=page.incident, page=page)
    except Conflict as error:
        return _render(request, page, token, refusal=error.sentence, status=error.status)
    return redirect("escalation:page", token=token)


@csrf_exempt
@require_POST
@_by_token
def decline(request: HttpRequest, page: Page, token: str) -> HttpResponse:
    """Answer "Can't take it": the next person is paged now. Twice is once."""
    try:
        actions.decline(by=_paged(page), page=page)
    except Conflict as error:
        return _render(request, page, token, refusal=error.sentence, status=error.status)
    return redirect("escalation:page", token=token)


def _paged(page: Page) -> Actor:
    if page.user is None:
        raise NotFound("What this link was for is gone.")
    return Actor.of(page.user, via="mail")


def _render(
    request: HttpRequest, page: Page, token: str, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    page.refresh_from_db(fields=["state", "answered_at", "note"])
    incident = page.incident
    incident.refresh_from_db()
    open_to_all = not incident.is_private or request.user == page.user
    context: dict[str, Any] = {
        "page": page,
        "token": token,
        "incident": incident,
        "is_drill": incident.is_drill,
        "title": incident.title if open_to_all else "A private incident: sign in to see more",
        "role": role_words(page.role),
        "refusal": refusal,
        "others": _others_who_have_it(page),
        "how_it_ended": "" if incident.is_active else who_was_first(incident),
        "next_person": _next_person(page) if page.state == Page.State.OPEN else None,
        "steps": _first_steps(page) if open_to_all and incident.is_active else [],
        "bridge_url": incident.bridge_url if open_to_all else "",
    }
    return render(request, "escalation/page.html", context, status=status)


def _others_who_have_it(page: Page) -> list[str]:
    having = Page.objects.filter(incident=page.incident, state=Page.State.ACKNOWLEDGED).exclude(
        user=page.user
    )
    return sorted(set(having.values_list("user_label", flat=True)))


def _next_person(page: Page) -> EscalationTimer | None:
    """Return what happens next in this role if nobody answers."""
    armed = EscalationTimer.objects.filter(
        incident=page.incident, role=page.role, state=EscalationTimer.State.ARMED, due_at__gt=clock.now()
    )
    return armed.filter(kind=EscalationTimer.Kind.NEXT).order_by("due_at").first()


def _first_steps(page: Page) -> list[PhaseStep]:
    """Return the first steps of the phase's checklist that nobody has ticked."""
    incident = page.incident
    steps = PhaseStep.objects.filter(phase__key=phasing.current_key(incident), is_active=True)
    return list(steps.exclude(pk__in=incident.ticks.values("step_id"))[:FIRST_STEPS])


def _dead_link(request: HttpRequest, error: NotFound) -> HttpResponse:
    page = error.page if isinstance(error, ExpiredLink) else None
    context = {"sentence": error.sentence, "page": page}
    return render(request, "escalation/dead_link.html", context, status=error.status)
