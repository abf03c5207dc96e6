"""The demo's mailbox, so that a newcomer can open the link of a page without a mail server. In debug only."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from common.errors import NotFound
from communications import demo
from incidents.views.base import page


@page
def mailbox(request: HttpRequest) -> HttpResponse:
    """Show the newest mails that were sent on this machine."""
    if not settings.DEBUG:
        raise NotFound("There is no demo mailbox here.")
    is_file_based = settings.EMAIL_BACKEND.endswith("filebased.EmailBackend")
    return render(
        request, "communications/demo_mail.html", {"mails": demo.mails(), "is_file_based": is_file_based}
    )
