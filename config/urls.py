"""Every URL. Apps list their own pages in ``urls.py`` and their API in ``api.py``; here they are put together."""

from importlib.util import find_spec

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from config.health import health

handler400 = "common.errorpages.bad_request"
handler403 = "common.errorpages.forbidden"
handler404 = "common.errorpages.not_found"
handler500 = "common.errorpages.server_error"


def pages(*apps: str) -> list[URLResolver]:
    """Return the pages of the apps that have any."""
    return [path("", include(f"{app}.urls")) for app in apps if find_spec(f"{app}.urls")]


urlpatterns: list[URLPattern | URLResolver] = [
    path("health", health, name="health"),
    path("admin/", admin.site.urls),
    path("account/", include("accounts.signin")),
    path("api/", include("config.api")),
    *pages("accounts", "incidents", "communications", "escalation", "alerts", "postmortems"),
]

if settings.DEBUG and find_spec("common.styleguide"):
    from common.styleguide import index as styleguide

    urlpatterns.append(path("styleguide/", styleguide, name="styleguide"))
