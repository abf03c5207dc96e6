"""Pages for what went wrong."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Explain a refused form: usually cookies are off, or the sign-in ran out in another tab."""
    return render(request, "403_csrf.html", {"reason": reason}, status=403)
