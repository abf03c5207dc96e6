"""The admin: Allclear's settings. One way to sign in, admins only, and no tables but our own."""

import functools
from typing import Any

from django.contrib import admin
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import User
from config.admingroups import grouped

FORBIDDEN = "Settings are for admins. Ask an admin for the role, or to make the change."
OWN_APPS = {
    "accounts",
    "incidents",
    "communications",
    "oncall",
    "escalation",
    "alerts",
    "postmortems",
    "readiness",
}


class SettingsSite(admin.AdminSite):
    site_header = "Allclear settings"
    site_title = "Allclear"
    index_title = "Settings"
    site_url = "/"

    def has_permission(self, request: HttpRequest) -> bool:
        """Admins only: the role decides, not a flag that could be set beside it."""
        return isinstance(request.user, User) and request.user.is_admin

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send to the one log-in page, which has the rate limits and the audit (security.md, "Sign-in")."""
        wanted = request.GET.get(REDIRECT_FIELD_NAME, "")
        safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
        target = wanted if safe else reverse("admin:index")
        if request.user.is_authenticated:
            raise PermissionDenied(FORBIDDEN)
        return redirect_to_login(target, reverse("account_login"))

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Answer 403 to somebody who is signed in and no admin; only strangers are sent to the log-in."""
        guarded = super().admin_view(view, cacheable)

        @functools.wraps(guarded)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied(FORBIDDEN)
            return guarded(request, *args, **kwargs)

        return inner

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Take our own tables only: the queue's rows are signed pickles, and sign-in rows have their own pages."""
        models = model_or_iterable if isinstance(model_or_iterable, (list, tuple)) else [model_or_iterable]
        own = [model for model in models if model._meta.app_label in OWN_APPS]
        super().register(own, admin_class, **options)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Sort the settings by purpose; an application's own page keeps Django's list."""
        apps = super().get_app_list(request, app_label)
        return apps if app_label else grouped(apps)
