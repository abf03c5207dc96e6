"""What every request gets: an id that logs, the audit log and the answer carry."""

import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from common.requestcontext import RequestContext, set_current

_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")


class RequestContextMiddleware:
    """Give the request an id (a well-formed ``X-Request-Id`` is kept) and return it in the answer's header."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        request_id = given if _ID.match(given) else uuid.uuid4().hex
        set_current(RequestContext(request_id=request_id, address=request.META.get("REMOTE_ADDR", "")))
        try:
            response = self.get_response(request)
        finally:
            set_current(RequestContext())
        response["X-Request-Id"] = request_id
        return response
