"""Shows each person times in their own zone."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone


class ViewerMiddleware:
    """Activate the signed-in person's time zone; keep signed-in pages out of every cache."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        signed_in = request.user.is_authenticated
        if signed_in:
            timezone.activate(request.user.zone)
        try:
            response = self.get_response(request)
        finally:
            timezone.deactivate()
        if signed_in and "Cache-Control" not in response:
            response["Cache-Control"] = "no-store"
        return response
