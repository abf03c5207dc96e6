"""Sign-in policy: accounts are made by admins, nobody signs up; who signs in, or fails to, is in the audit log."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.internal.ratelimit import truncate_ip
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django_q.tasks import async_task

from accounts import audit
from accounts.actor import Actor
from accounts.models import User

_NOISE = {"account/messages/logged_in.txt", "account/messages/logged_out.txt"}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count failures by account and network address: nobody locks a colleague, or a whole office, out."""
        account = super()._get_login_attempts_cache_key(request, **credentials)
        return f"{account}:{truncate_ip(self.get_client_ip(request))}"

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        audit.record(by=Actor.of(user), action="login.succeeded", about=user)
        response: HttpResponse = super().post_login(request, user, **kwargs)
        return response

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Record the address that was tried, never the password. The rate limit keeps this table small."""
        tried = str(credentials.get("email") or credentials.get("username") or "")[:254]
        audit.record(by=Actor.machine("Somebody", via="web"), action="login.failed", about=tried)

    def set_password(self, user: User, password: str) -> None:
        with transaction.atomic():
            user.set_password(password)
            user.save(update_fields=["password"])
            audit.record(by=Actor.of(user), action="password.changed", about=user)

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """Leave the mail to the queue: no network in a request, and the link is made only when it is sent."""
        async_task("accounts.tasks.mail_password_reset", user.pk)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("accounts:profile")

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        """Leave out "Successfully signed in as ana": noise at 3 a.m."""
        if message_template not in _NOISE:
            super().add_message(request, level, message_template, *args, **kwargs)
