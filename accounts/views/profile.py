"""One's own page: how to be reached, in which zone, and with which keys programs act in one's name."""

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
from accounts.access import api_key_for, contact_method_for, signed_in
from accounts.actor import Actor
from accounts.forms import ApiKeyForm, ContactMethodForm, ProfileForm, zones
from accounts.models import User
from common.errors import Conflict, Invalid


def _profile_page(request: HttpRequest, *, status: int = 200, **changed: Any) -> HttpResponse:
    """Render the page; ``changed`` replaces a form that has errors, or shows a key that was just made."""
    user = signed_in(request)
    context = {
        "profile_form": ProfileForm(
            initial={"name": user.name, "job_title": user.job_title, "time_zone": user.time_zone}
        ),
        "method_form": ContactMethodForm(prefix="method", initial={"kind": "email"}),
        "key_form": ApiKeyForm(prefix="key"),
        "methods": user.contact_methods.all(),
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
def add_method(request: HttpRequest) -> HttpResponse:
    """Add a contact method to one's own."""
    user, form = signed_in(request), ContactMethodForm(request.POST, prefix="method")
    if form.is_valid():
        data = form.cleaned_data
        if _carry_out(form, lambda: actions.add_contact_method(by=Actor.of(user), user=user, **data)):
            messages.success(request, "Contact method added. Send a test message to be sure.")
            return redirect(f"{reverse('accounts:profile')}#contact-methods")
    return _profile_page(request, status=400, method_form=form)


@login_required
@require_http_methods(["GET", "POST"])
def change_method(request: HttpRequest, pk: int) -> HttpResponse:
    """Show and change one contact method."""
    user = signed_in(request)
    method = contact_method_for(user, pk)
    initial = {"address": method.address, "label": method.label, "delay_minutes": method.delay_minutes,
               "is_active": method.is_active}  # fmt: skip
    form = ContactMethodForm(request.POST or None, method=method, initial=initial)
    if request.method == "POST" and form.is_valid():
        act = lambda: actions.change_contact_method(by=Actor.of(user), method=method, **form.cleaned_data)  # noqa: E731
        if _carry_out(form, act):
            messages.success(request, "Contact method changed.")
            return redirect(f"{reverse('accounts:profile')}#contact-methods")
    context = {"form": form, "method": method}
    return render(request, "accounts/contact_method.html", context, status=400 if form.errors else 200)


@login_required
@require_POST
def remove_method(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove one of one's contact methods."""
    user = signed_in(request)
    actions.remove_contact_method(by=Actor.of(user), method=contact_method_for(user, pk))
    messages.success(request, "Contact method removed.")
    return redirect(f"{reverse('accounts:profile')}#contact-methods")


@login_required
@require_POST
def move_method(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a contact method be tried earlier (``direction=up``) or later."""
    user = signed_in(request)
    up = request.POST.get("direction") == "up"
    actions.move_contact_method(by=Actor.of(user), method=contact_method_for(user, pk), up=up)
    return redirect(f"{reverse('accounts:profile')}#contact-methods")


@login_required
@require_POST
def send_test(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a test message to one of one's mail addresses."""
    user = signed_in(request)
    method = contact_method_for(user, pk)
    actions.send_test(by=Actor.of(user), method=method)
    messages.success(request, f"A test message is on its way to {method.address}.")
    return redirect(f"{reverse('accounts:profile')}#contact-methods")


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
