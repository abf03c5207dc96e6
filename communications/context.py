"""What the navigation of every page shows of this app."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from communications import queries


def unread(request: HttpRequest) -> dict[str, Any]:
    """Return ``unread_count`` for the signed-in person, counted when a template asks for it: "", "7" or "99+"."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {}
    return {"unread_count": SimpleLazyObject(lambda: _words(queries.unread_count(user)))}


def _words(count: int) -> str:
    if count > queries.MOST_UNREAD:
        return f"{queries.MOST_UNREAD}+"
    return str(count) if count else ""
