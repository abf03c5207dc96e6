"""Every URL. Apps list their own pages in ``urls.py`` and their API in ``api.py``; here they are put together."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from config.health import health

handler400 = "common.errorpages.bad_request"
handler403 = "common.errorpages.forbidden"
handler404 = "common.errorpages.not_found"
handler500 = "common.errorpages.server_error"


urlpatterns: list[URLPattern | URLResolver] = [
    path("health", health, name="health"),
    path("admin/", admin.site.urls),
    path("account/", include("accounts.signin")),
    path("api/", include("config.api")),
    path("", include("accounts.urls")),
    path("", include("incidents.urls")),
    path("", include("communications.urls")),
    path("", include("oncall.urls")),
    path("", include("escalation.urls")),
    path("", include("readiness.urls")),
    path("", include("postmortems.urls")),
]

if settings.DEBUG:
    from common.styleguide import index as styleguide

    urlpatterns.append(path("styleguide/", styleguide, name="styleguide"))
