"""What the views share: who asks, and the incident that the URL names."""

import json
from collections.abc import Callable
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.actor import Actor
from accounts.models import User
from common.htmx import is_fragment
from incidents.access import incident_for
from incidents.models import Incident

View = Callable[..., HttpResponse]


def page(view: View) -> View:
    """A page that only shows: signed in, GET."""
    return login_required(require_safe(view))


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
    """Return the signed-in person as the one who acts."""
    return Actor.of(viewer(request))


def known(request: HttpRequest, reference: str) -> Incident:
    """Return the incident that the URL names, if this person may know of it. Raises ``NotFound``."""
    return incident_for(viewer(request), reference)


def said(request: HttpRequest, response: HttpResponse, words: str) -> HttpResponse:
    """Say what was done: as a toast where htmx swaps a fragment, else on the next page."""
    if is_fragment(request):
        response["HX-Trigger"] = json.dumps({"toast": {"text": words, "kind": "ok"}})
    else:
        messages.success(request, words)
    return response
