"""One's own page: who one is, in which zone, and with which keys programs act in one's name."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts import actions, keys
from accounts.access import api_key_for, signed_in
from accounts.actor import Actor
from accounts.forms import ApiKeyForm, ProfileForm, zones
from accounts.models import User
from common.errors import Conflict, Invalid


def _profile_page(request: HttpRequest, *, status: int = 200, **changed: Any) -> HttpResponse:
    """Render the page; ``changed`` replaces a form that has errors, or shows a key that was just made."""
    user = signed_in(request)
    context = {
        "profile_form": ProfileForm(
            initial={"name": user.name, "job_title": user.job_title, "time_zone": user.time_zone}
        ),
        "key_form": ApiKeyForm(prefix="key"),
        "methods": user.contact_methods.usable(),
        "keys": user.api_keys.filter(revoked_at=None),
        "zones": zones(),
        **changed,
    }
    return render(request, "accounts/profile.html", context, status=status)


def _carry_out(form: Form, act: Callable[[], Any]) -> Any:
    """Return what ``act`` returns; a refusal becomes an error beside its field and ``None`` is returned."""
    try:
        return act()
    except (Invalid, Conflict) as error:
        form.add_error(error.field if error.field in form.fields else None, error.sentence)
        return None


@login_required
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Show the profile; a POST changes name, title and zone."""
    if request.method == "GET":
        return _profile_page(request)
    user, form = signed_in(request), ProfileForm(request.POST)
    if form.is_valid():
        by = Actor.of(user)
        if _carry_out(form, lambda: actions.change_profile(by=by, user=user, **form.cleaned_data)):
            messages.success(request, "Profile changed.")
            return redirect("accounts:profile")
    return _profile_page(request, status=400, profile_form=form)


@login_required
@require_POST
def create_key(request: HttpRequest) -> HttpResponse:
    """Make an API key and show it, this once: the answer is the page itself, so that no session or log keeps it."""
    user, form = signed_in(request), ApiKeyForm(request.POST, prefix="key")
    if form.is_valid():
        made = _carry_out(form, lambda: _make_key(user, form.cleaned_data))
        if made:
            return _profile_page(request, new_key=made)
    return _profile_page(request, status=400, key_form=form)


def _make_key(user: User, data: dict[str, Any]) -> keys.NewKey:
    until = data["expires_on"]
    midnight = datetime.combine(until + timedelta(days=1), time(), tzinfo=user.zone) if until else None
    return keys.create(
        by=Actor.of(user), user=user, name=data["name"], scopes=data["scopes"], expires_at=midnight
    )


@login_required
@require_POST
def revoke_key(request: HttpRequest, pk: int) -> HttpResponse:
    """Make one of one's keys useless at once."""
    user = signed_in(request)
    keys.revoke(by=Actor.of(user), key=api_key_for(user, pk))
    messages.success(request, "The key is revoked.")
    return redirect(f"{reverse('accounts:profile')}#api-keys")
