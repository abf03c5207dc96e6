"""The REST API: each app's ``api.urlpatterns`` under /api/v1/, its schema and its documentation."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

APPS = (
    "accounts",
    "incidents",
    "communications",
    "oncall",
    "escalation",
    "alerts",
    "postmortems",
    "readiness",
)


class SlashMiddleware:
    """Take ``/api/v1/incidents/`` for ``/api/v1/incidents``: a redirect would lose the body of a POST."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith("/api/v1/") and request.path_info.endswith("/"):
            request.path_info = request.path_info.rstrip("/")
            request.path = request.path.rstrip("/")
        return self.get_response(request)


def endpoints(*apps: str) -> list[URLPattern]:
    """Return the API of these apps; no address ends in a slash."""
    modules = [import_module(f"{app}.api") for app in apps]
    return [_without_slash(pattern) for module in modules for pattern in module.urlpatterns]


def _without_slash(pattern: URLPattern) -> URLPattern:
    route = str(pattern.pattern).removesuffix("/")
    return path(route, pattern.callback, pattern.default_args, pattern.name)


class Schema(SpectacularAPIView):
    """The OpenAPI document. Making it takes a second, and a running process never changes it."""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        kind = self.perform_content_negotiation(request, force=True)[0].format
        if kind not in _SCHEMAS:
            _SCHEMAS[kind] = super().get(request, *args, **kwargs).data  # type: ignore[no-untyped-call]
        return Response(_SCHEMAS[kind])


_SCHEMAS: dict[str, Any] = {}

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", include((endpoints(*APPS), "api"))),
    path("schema/", Schema.as_view(), name="api-schema"),
    path(
        "docs/",
        login_required(SpectacularSwaggerSplitView.as_view(url_name="api-schema")),
        name="api-docs",
    ),
]
