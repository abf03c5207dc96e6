"""Every URL. Apps list their own pages in ``urls.py`` and their API in ``api.py``; here they are put together."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("account/", include("allauth.urls")),
]

if settings.DEBUG:
    from common.styleguide import index as styleguide

    urlpatterns.append(path("styleguide/", styleguide, name="styleguide"))
