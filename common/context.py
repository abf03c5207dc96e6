"""What every page's template may use."""

from typing import Any

from django.http import HttpRequest

from common import clock


def page(request: HttpRequest) -> dict[str, Any]:
    """Return ``server_now`` (UTC), from which the browser computes its clock's offset."""
    return {"server_now": clock.now()}
