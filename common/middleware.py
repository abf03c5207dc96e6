"""What every request gets: an id, a limit, and a clear answer when something is refused."""

import logging
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse

from common import errorpages, logs
from common.errors import DomainError, Invalid
from common.requestcontext import RequestContext, set_current

logger = logging.getLogger(__name__)
_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")
GetResponse = Callable[[HttpRequest], HttpResponse]


def caller_address(request: HttpRequest) -> str:
    """Return the caller's address: behind our proxy, the one that the proxy itself saw, which nobody can forge."""
    if settings.BEHIND_PROXY and (forwarded := request.headers.get("X-Forwarded-For")):
        return forwarded.rpartition(",")[2].strip()[:45]
    return str(request.META.get("REMOTE_ADDR", ""))[:45]


class RequestContextMiddleware:
    """Give the request an id (a well-formed ``X-Request-Id`` is kept), return it in the answer's header, and log it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        request_id = given if _ID.match(given) else uuid.uuid4().hex
        set_current(RequestContext(request_id=request_id, address=caller_address(request)))
        logs.bind(request_id=request_id)
        begun = time.perf_counter()
        try:
            response = self.get_response(request)
            _log(request, response, time.perf_counter() - begun)
        finally:
            set_current(RequestContext())
            logs.clear()
        response["X-Request-Id"] = request_id
        return response

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: dict[str, Any]) -> None:
        if "reference" in kwargs:
            logs.bind(incident=str(kwargs["reference"])[:20])


def _log(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    """Write one line for the request. The route stands for the path: it carries no tokens and can be counted."""
    match = request.resolver_match
    line = {
        "method": request.method,
        "route": f"/{match.route}" if match else request.path_info[:100],
        "status": response.status_code,
        "ms": round(seconds * 1000, 1),
    }
    logger.log(
        logging.WARNING if response.status_code >= 500 else logging.INFO, "request.finished", extra=line
    )


class BodyLimitMiddleware:
    """Refuse a body that is too large (413), or of unknown length (411), before anything reads it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length, limit = request.META.get("CONTENT_LENGTH") or "", settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if not length and "chunked" in request.headers.get("Transfer-Encoding", "").lower():
            return errorpages.length_required(request)
        if length.isdecimal() and int(length) > limit:
            sentence = f"This is too large: {int(length):,} bytes, of at most {limit:,}. Nothing was stored."
            return errorpages.too_large(request, sentence)
        return self.get_response(request)


class DomainErrorMiddleware:
    """Turn a refused action that a view lets through into a page with its sentence, and a lost database into 503.

    With DEBUG on Django would print its own 404, with every URL of ours: `make run` shows the product's page, too.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_unknown_address = response.status_code == 404 and request.resolver_match is None
        return errorpages.not_found(request) if is_unknown_address else response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Http404):
            return errorpages.not_found(request, exception)
        if isinstance(exception, DomainError):
            return errorpages.refusal(request, exception)
        if isinstance(exception, (OperationalError, InterfaceError)):
            return errorpages.unavailable(request)
        if isinstance(exception, OverflowError):
            # A number that no column can hold: nothing of ours is that large, so it was made up.
            return errorpages.refusal(request, Invalid("A number in this request is too large."))
        return None
