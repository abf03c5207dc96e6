"""Fragments: the same view renders a page or one of its parts."""

from django.http import HttpRequest


def is_fragment(request: HttpRequest) -> bool:
    """Return whether htmx asks for a part of the page (a boosted link or a history restore wants all of it)."""
    details = getattr(request, "htmx", None)
    return (
        details is not None and bool(details) and not details.boosted and not details.history_restore_request
    )
