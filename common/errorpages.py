"""What went wrong, as a page for people and as a problem for programs (/api/): the same sentence in both."""

import sys
from collections.abc import Sequence
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import get_template

from common.errors import Blocked, Blocker, DomainError
from common.htmx import with_toast

RETRY_AFTER = 5  # seconds: a restarted PostgreSQL is back in less
UNAVAILABLE = "The database cannot be reached right now. Nothing was stored; try again in a moment."
_CODES = {
    400: "bad_request",
    403: "permission_denied",
    404: "not_found",
    411: "length_required",
    413: "too_large",
}


def is_api(request: HttpRequest) -> bool:
    """Return whether the caller is a program that expects JSON."""
    return request.path_info.startswith("/api/")


def problem_body(
    status: int, sentence: str, *, code: str = "", field: str | None = None, blockers: Sequence[Blocker] = ()
) -> dict[str, Any]:
    """Return the API's problem shape (docs/reference/api.md), as drf-standardized-errors prints it."""
    kind = "server_error" if status >= 500 else "validation_error" if field else "client_error"
    body: dict[str, Any] = {
        "type": kind,
        "errors": [{"code": code or _CODES.get(status, "error"), "detail": sentence, "attr": field}],
    }
    if blockers:
        body["blockers"] = [{"sentence": b.sentence, "url": b.url, "code": b.code} for b in blockers]
    return body


def refusal(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Return the answer for an action that was refused: its own status and sentence."""
    blockers = error.blockers if isinstance(error, Blocked) else ()
    if is_api(request):
        body = problem_body(
            error.status, error.sentence, code=error.code, field=error.field, blockers=blockers
        )
        return JsonResponse(body, status=error.status)
    template = f"{error.status}.html" if error.status in {400, 403, 404, 409, 413, 429} else "400.html"
    context = {"detail": error.sentence, "exception": error.sentence, "blockers": blockers,
               "back_url": _back(request)}  # fmt: skip
    answer = render(request, template, context, status=error.status)
    return with_toast(request, answer, error.sentence, "danger")


def _back(request: HttpRequest) -> str:
    """Return the path of the page on this site that the form stood on, or ""."""
    referrer = request.headers.get("Referer", "")
    own = f"{request.scheme}://{request.get_host()}/"
    return referrer.removeprefix(own.rstrip("/")) if referrer.startswith(own) else ""


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return 400: the request makes no sense (a foreign host, too many fields)."""
    if is_api(request):
        return JsonResponse(problem_body(400, "The server could not read that request."), status=400)
    # Without context processors: they may need what made the request bad.
    return HttpResponse(get_template("400.html").render({"request": request}), status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return 403 for ``PermissionDenied``, with the sentence it carries."""
    sentence = str(exception) or "Your account may not see or do this. An admin can change what you may do."
    if is_api(request):
        return JsonResponse(problem_body(403, sentence), status=403)
    return render(request, "403.html", {"exception": sentence}, status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Return 404; it never tells whether something is there that this person may not see."""
    if is_api(request):
        return JsonResponse(problem_body(404, "There is nothing at this address."), status=404)
    return render(request, "404.html", status=404)


def too_large(request: HttpRequest, sentence: str) -> HttpResponse:
    """Return 413 without having read the body."""
    if is_api(request):
        return JsonResponse(problem_body(413, sentence), status=413)
    return HttpResponse(get_template("413.html").render({"request": request, "detail": sentence}), status=413)


def length_required(request: HttpRequest) -> HttpResponse:
    """Return 411: a body of unknown length is not read, since its size could not be refused in time."""
    return JsonResponse(problem_body(411, "Send the length of the body (Content-Length)."), status=411)


def server_error(request: HttpRequest) -> HttpResponse:
    """Return 500, or 503 when it was the database that could not be reached."""
    if isinstance(sys.exc_info()[1], (OperationalError, InterfaceError)):
        return unavailable(request)
    if is_api(request):
        return JsonResponse(problem_body(500, "Something broke on our side. It has been logged."), status=500)
    return HttpResponse(get_template("500.html").render({"request": request}), status=500)


def unavailable(request: HttpRequest) -> HttpResponse:
    """Return 503 with ``Retry-After``. Touches neither session nor database."""
    response: HttpResponse
    if is_api(request):
        response = JsonResponse(problem_body(503, UNAVAILABLE, code="unavailable"), status=503)
    else:
        response = HttpResponse(get_template("503.html").render({"request": request}), status=503)
    response["Retry-After"] = str(RETRY_AFTER)
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Explain a refused form: usually cookies are off, or the sign-in ran out in another tab."""
    if is_api(request):
        return JsonResponse(problem_body(403, "The CSRF token is missing or wrong.", code="csrf"), status=403)
    return render(request, "403_csrf.html", {"reason": reason}, status=403)
