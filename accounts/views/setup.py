"""The very first page of an installation: it makes the first admin, once."""

from typing import Any

from allauth.account import views as allauth_views
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import actions
from accounts.actor import SYSTEM
from accounts.forms import SetUpForm, zones
from accounts.models import User
from common.errors import Conflict, Invalid


def log_in(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
    """Show allauth's log-in, or the first-run page while there is nobody to log in. Every page leads here."""
    if not request.user.is_authenticated and not User.objects.exists():
        return redirect("accounts:setup")
    response: HttpResponseBase = allauth_views.login(request, **kwargs)
    return response


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    """Create the first admin. From then on this page only leads to the log-in (409 for a form sent too late)."""
    form = SetUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.set_up(by=SYSTEM, **form.cleaned_data)
        except Invalid as error:
            form.add_error(error.field, error.sentence)
        else:
            messages.success(request, "Your account is ready. Log in with it.")
            return redirect("account_login")
    elif User.objects.exists():
        if request.method == "POST":
            raise Conflict("This installation is already set up. Ask an admin for an account.")
        return redirect("account_login")
    context = {"form": form, "zones": zones()}
    return render(request, "accounts/setup.html", context, status=400 if form.errors else 200)
