"""What the views share: who asks, and the page around a single form."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.actor import Actor
from accounts.models import User
from common.htmx import with_toast
from incidents.access import incident_for, require_responder
from incidents.forms import ActionForm
from incidents.models import Incident, Status
from incidents.state import who_was_first

View = Callable[..., HttpResponse]


def page(view: View) -> View:
    """A page that only shows: signed in, GET."""
    return login_required(require_GET(view))


def form_page(view: View) -> View:
    """A page with a form: signed in, GET and POST."""
    return login_required(require_http_methods(["GET", "HEAD", "POST"])(view))


def tap(view: View) -> View:
    """A button without questions: signed in, POST."""
    return login_required(require_POST(view))


def viewer(request: HttpRequest) -> User:
    """Return the signed-in person; only behind the decorators above."""
    return cast(User, request.user)


def actor(request: HttpRequest) -> Actor:
    """Return the signed-in person as the one who acts. Raises ``NotAllowed`` for those who may only look."""
    by = Actor.of(viewer(request))
    require_responder(by)
    return by


def sent(request: HttpRequest) -> QueryDict | None:
    """Return what a POST brought, be it nothing; None for a form that is only shown."""
    return request.POST if request.method == "POST" else None


def known(request: HttpRequest, reference: str) -> Incident:
    """Return the incident that the URL names, if this person may know of it. Raises ``NotFound``."""
    return incident_for(viewer(request), reference)


@dataclass(frozen=True, slots=True)
class Ask:
    """The words around a form: what is asked, what the button says, and what is said when it is done.

    ``only_in`` are the states in which it makes sense to ask; empty means in all of them.
    """

    title: str
    button: str
    done: str = ""
    lead: str = ""
    danger: bool = False
    back: str = ""
    template: str = "incidents/action.html"
    context: dict[str, Any] = field(default_factory=dict)
    only_in: tuple[Status, ...] = ()


def asked(
    request: HttpRequest, incident: Incident, form: ActionForm, ask: Ask, run: Callable[[Actor], Any]
) -> HttpResponse:
    """Show the form, or run the action and go back to the incident. A refusal shows the form again, nothing lost."""
    by = actor(request)
    if request.method != "POST" and ask.only_in and incident.status not in ask.only_in:
        # An old link or an old tab: whoever follows it is told before they have typed anything.
        messages.warning(request, f"“{ask.button}” is not possible now: {who_was_first(incident)}.")
        return redirect(incident.get_absolute_url())
    if request.method == "POST" and form.attempt(lambda: run(by)):
        return went_through(request, incident, ask.done, ask.back)
    context = {
        "incident": incident,
        "is_drill": incident.is_drill,
        "form": form,
        "ask": ask,
        "back": f"{incident.get_absolute_url()}{ask.back}",
        **ask.context,
    }
    return with_toast(
        request, render(request, ask.template, context, status=form.status), form.refused, "danger"
    )


def went_through(
    request: HttpRequest, incident: Incident, words: str = "", anchor: str = ""
) -> HttpResponseRedirect:
    """Go back to the incident, saying what was done."""
    if words:
        messages.success(request, words)
    return redirect(f"{incident.get_absolute_url()}{anchor}")
