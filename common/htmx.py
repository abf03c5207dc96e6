"""Fragments: the same view renders a page or one of its parts."""

import json

from django.http import HttpRequest, HttpResponse


def is_fragment(request: HttpRequest) -> bool:
    """Return whether htmx asks for a part of the page (a boosted link or a history restore wants all of it)."""
    details = getattr(request, "htmx", None)
    return (
        details is not None and bool(details) and not details.boosted and not details.history_restore_request
    )


def with_toast(request: HttpRequest, response: HttpResponse, text: str, kind: str) -> HttpResponse:
    """Return the response; where htmx asked for it, with a toast (static/js/toast.js) of ``kind`` "ok" or "danger"."""
    if text and is_fragment(request):
        response["HX-Trigger"] = json.dumps({"toast": {"text": text, "kind": kind}})
    return response
