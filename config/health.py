"""/health: could a page be missed right now? For load balancers and outside watchers (reliability.md, "Clock 3")."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from escalation import health as pager

logger = logging.getLogger(__name__)
PATH = "/health"


class HealthMiddleware:
    """Answer ``/health`` before sessions, hosts and redirects: it has to speak when the database cannot."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return health(request) if request.path_info == PATH else self.get_response(request)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One line of the answer: ``detail`` is for people, ``data`` for machines."""

    ok: bool
    detail: str
    data: dict[str, Any]


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Return 200 when every check holds, else 503, with each check's state as JSON. Reveals no names and no content."""
    checks = {"database": _database()}
    if checks["database"].ok:
        checks |= _pager()
    healthy = all(check.ok for check in checks.values())
    body = {
        "status": "ok" if healthy else "failing",
        "checks": {name: _shape(check) for name, check in checks.items()},
    }
    response = JsonResponse(body, status=200 if healthy else 503)
    response["Cache-Control"] = "no-store"
    return response


def _shape(check: Outcome) -> dict[str, Any]:
    return {"status": "ok" if check.ok else "failing", "detail": check.detail, **check.data}


def _database() -> Outcome:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        logger.warning("health.database_unreachable", exc_info=True)
        connection.close()
        return Outcome(False, "The database cannot be reached.", {})
    return Outcome(True, "The database answers.", {})


def _pager() -> dict[str, Outcome]:
    """Return the escalation app's own checks: queue, clock, oldest overdue page."""
    try:
        checks = pager.checks()
    except Error:
        logger.warning("health.pager_unknown", exc_info=True)
        return {"pager": Outcome(False, "The state of the pager cannot be read.", {})}
    return {name: Outcome(check.ok, check.detail, dict(check.data)) for name, check in checks.items()}
