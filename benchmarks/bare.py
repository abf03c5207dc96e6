"""The least that Django can do for a request that stores something: one view, one durable insert, no middleware.

Served like the product (uvicorn, a2wsgi) on the same database: it is what the alert intake is compared with.
"""

import json
from typing import Any, cast

import django
from a2wsgi import WSGIMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from config.settings import DATABASES

if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=["*"],
        DATABASES=DATABASES,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        MIDDLEWARE=[],
        ROOT_URLCONF="benchmarks.bare",
        SECRET_KEY="bare",
        USE_TZ=True,
    )
    django.setup()

from django.core.wsgi import get_wsgi_application
from django.db import connection, models


class Line(models.Model):
    """One stored request."""

    text = models.CharField(max_length=200)

    class Meta:
        app_label = "bare"

    def __str__(self) -> str:
        return self.text


def insert(request: HttpRequest) -> HttpResponse:
    """Store the title of a JSON body."""
    line = Line(text=json.loads(request.body)["title"])
    line.save(force_insert=True)
    return JsonResponse({"line": line.pk}, status=201)


def make_table() -> None:
    """Create the table if it is not there."""
    if Line._meta.db_table not in connection.introspection.table_names():
        with connection.schema_editor() as editor:
            editor.create_model(Line)
    connection.close()


urlpatterns = [path("insert/", insert)]
make_table()
application = cast(Any, WSGIMiddleware)(get_wsgi_application(), workers=8)
