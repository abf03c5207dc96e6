"""What every request gets: an id, a limit, and a clear answer when something is refused."""

import re
import uuid
from collections.abc import Callable

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

from common import errorpages
from common.errors import DomainError
from common.requestcontext import RequestContext, set_current

_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")
GetResponse = Callable[[HttpRequest], HttpResponse]


def caller_address(request: HttpRequest) -> str:
    """Return the caller's address: behind our proxy, the one that the proxy itself saw, which nobody can forge."""
    if settings.BEHIND_PROXY and (forwarded := request.headers.get("X-Forwarded-For")):
        return forwarded.rpartition(",")[2].strip()[:45]
    return str(request.META.get("REMOTE_ADDR", ""))[:45]


class RequestContextMiddleware:
    """Give the request an id (a well-formed ``X-Request-Id`` is kept) and return it in the answer's header."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        request_id = given if _ID.match(given) else uuid.uuid4().hex
        set_current(RequestContext(request_id=request_id, address=caller_address(request)))
        try:
            response = self.get_response(request)
        finally:
            set_current(RequestContext())
        response["X-Request-Id"] = request_id
        return response


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
    """Turn a refused action that a view lets through into a page with its sentence, and a lost database into 503."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, DomainError):
            return errorpages.refusal(request, exception)
        if isinstance(exception, (OperationalError, InterfaceError)):
            return errorpages.unavailable(request)
        return None
