"""Where Slack brings the buttons that were pressed. Its signature over the raw body is what lets it in."""

import json

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from common import clock
from common.errors import Invalid, NotAllowed
from communications.transports import slack
from escalation import chat


@never_cache
@csrf_exempt
@require_POST
def slack_actions(request: HttpRequest) -> HttpResponse:
    """Take the buttons of a message; an empty 200 is all that Slack wants within three seconds."""
    body = request.body
    given, at = (
        request.headers.get("X-Slack-Signature", ""),
        request.headers.get("X-Slack-Request-Timestamp", ""),
    )
    if not slack.signature_fits(body, at, given, clock.now()):
        raise NotAllowed("Only Slack may send this, signed.")
    try:
        payload = json.loads(request.POST.get("payload", ""))
    except (ValueError, RecursionError):
        raise Invalid("The payload is not JSON.") from None
    if isinstance(payload, dict) and isinstance(payload.get("actions"), list):
        chat.press(payload)
    return HttpResponse()
