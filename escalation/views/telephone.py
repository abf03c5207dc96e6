"""Where the telephone service brings answers. Its signature is what lets it in; it is answered in its own language."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from xml.sax.saxutils import escape

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from common.errors import NotAllowed, NotFound
from communications.transports import twilio
from escalation import telephone
from escalation.access import page_of_token

TAKE, DECLINE = "1", "2"


def _signed(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let in only what the telephone service has signed for this very address."""

    @wraps(view)
    def wrapper(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        fields = {name: request.POST[name] for name in request.POST}
        address = f"{settings.SITE_URL}{request.get_full_path()}"
        if not twilio.signature_fits(address, fields, request.headers.get("X-Twilio-Signature", "")):
            raise NotAllowed("Only the telephone service may send this, signed.")
        return view(request, **kwargs)

    return never_cache(csrf_exempt(require_POST(wrapper)))


@_signed
def reply(request: HttpRequest) -> HttpResponse:
    """Take a short message that somebody sent back."""
    fields = request.POST
    key = f"sms:{fields.get('MessageSid', '')[:100]}" if fields.get("MessageSid") else ""
    said = telephone.reply(fields.get("From", "")[:40], fields.get("Body", "")[:500], key=key)
    return _twiml(f"<Message>{escape(said)}</Message>")


@_signed
def key(request: HttpRequest, token: str) -> HttpResponse:
    """Take the key that was pressed during the call about a page: 1 takes it, 2 declines it."""
    pressed = request.POST.get("Digits", "")
    try:
        page = page_of_token(token)
    except NotFound as error:
        return _twiml(f"<Say>{escape(error.sentence)}</Say>")
    if pressed not in {TAKE, DECLINE}:
        return _twiml("<Say>Only one and two mean something. Open the page, or sign in, to answer.</Say>")
    once = f"call:{request.POST.get('CallSid', '')[:60]}:{page.pk}:{pressed}"
    said = telephone.answer(page, take=pressed == TAKE, via="voice", key=once)
    return _twiml(f"<Say>{escape(said)}</Say>")


def _twiml(inner: str) -> HttpResponse:
    return HttpResponse(
        f"<?xml version='1.0' encoding='UTF-8'?><Response>{inner}</Response>", content_type="text/xml"
    )
