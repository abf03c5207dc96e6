"""Shows each person times in their own zone, and remembers what they were refused."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts import audit
from accounts.actor import Actor
from accounts.models import User
from common import logs
from common.errorpages import is_api


class ViewerMiddleware:
    """Activate the signed-in person's time zone; keep signed-in pages out of every cache."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        signed_in = isinstance(request.user, User)
        if isinstance(request.user, User):
            timezone.activate(request.user.zone)
            logs.bind(user=request.user.pk)
        try:
            response = self.get_response(request)
        finally:
            timezone.deactivate()
        if (signed_in or is_api(request)) and "Cache-Control" not in response:
            response["Cache-Control"] = "no-store"
        return response


class RefusalMiddleware:
    """Write to the audit log what a signed-in person or a key tried to do and may not (403)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 403 and isinstance(request.user, User):
            audit.record(
                by=Actor.of(request.user), action="request.refused", about=f"{request.method} {request.path}"
            )
        return response
