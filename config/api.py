"""The REST API: each app's ``api.urlpatterns`` under /api/v1/, its schema and its documentation."""

from importlib import import_module
from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

APPS = ("accounts", "incidents", "communications", "escalation", "alerts", "postmortems")


def endpoints(*apps: str) -> list[URLPattern | URLResolver]:
    """Return the API of the apps that have one."""
    modules = [import_module(f"{app}.api") for app in apps if find_spec(f"{app}.api")]
    return [pattern for module in modules for pattern in module.urlpatterns]


urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", include((endpoints(*APPS), "api"))),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
]
