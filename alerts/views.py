"""The plain JSON intake: ``curl -X POST /api/v1/alerts/<key>`` (R14). Outside DRF: it has to be fast under fire.

The middleware answers when the body is too large (413), the key or body is wrong, or the database is away (503).
"""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from alerts import actions, intake
from common.errors import DomainError
from incidents.models import Severity


class UnknownKey(DomainError):
    """No active source has this key (401)."""

    status = 401
    code = "authentication_failed"


@csrf_exempt
@require_POST
def receive(request: HttpRequest, key: str) -> HttpResponse:
    """Store one alert and act on it; all of it is committed before the answer (202), which names the incident."""
    source = actions.source_for(key)
    if source is None:
        raise UnknownKey("This key is unknown, or its source is switched off.")
    payload = intake.parse(request.body)
    return JsonResponse(as_json(actions.receive(source, intake.normalise(payload), payload)), status=202)


def as_json(receipt: actions.Receipt) -> dict[str, Any]:
    """Return the answer for a receipt: docs/reference/api.md shows it."""
    body: dict[str, Any] = {"status": "accepted", "outcome": receipt.outcome}
    alert = receipt.alert
    if alert is not None:
        body |= {
            "alert": alert.pk,
            "dedup_key": alert.dedup_key,
            "count": alert.count,
            "severity": Severity(alert.severity).label,
            "incident": alert.incident.reference if alert.incident else None,
            "note": alert.note,
        }
    return body
