"""My notifications: what Allclear has told me, unread first."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.actor import Actor
from communications import actions, outbox, queries
from communications.access import notification_for
from communications.models import Delivery, Notification
from incidents.views.base import page, tap, viewer

PAGE_SIZE = 30


@page
def index(request: HttpRequest) -> HttpResponse:
    """Show a page of the signed-in person's notifications."""
    user = viewer(request)
    shown = Paginator(queries.unread_first(user), PAGE_SIZE).get_page(request.GET.get("page"))
    newest = max((row.pk for row in shown), default=0)
    context = {"page": shown, "unread": queries.unread_count(user), "newest": newest}
    return render(request, "communications/notifications.html", context)


@page
def follow(request: HttpRequest, pk: int) -> HttpResponse:
    """Go to what a notification is about, and have it read. The link's token, if it needs one, is made just now."""
    notification = notification_for(viewer(request), pk)
    actions.mark_read(by=Actor.of(viewer(request)), notification=notification)
    return redirect(_target(notification))


@tap
def read(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one notification as read."""
    notification = notification_for(viewer(request), pk)
    actions.mark_read(by=Actor.of(viewer(request)), notification=notification)
    return redirect("communications:notifications")


@tap
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark everything as read that the page showed or that is older; what came since stays unread."""
    newest = request.POST.get("up_to", "")
    up_to = int(newest) if newest.isdecimal() and len(newest) < 19 else None
    actions.mark_all_read(by=Actor.of(viewer(request)), up_to=up_to)
    messages.success(request, "All read.")
    return redirect("communications:notifications")


def _target(notification: Notification) -> str:
    """Return a path within Allclear."""
    path = notification.path
    if "{token}" in path:
        row = Delivery.objects.filter(dedupe_key=notification.dedupe_key).first()
        path = outbox.signed_path(row) if row else ""
    if not path.startswith("/") or path.startswith("//"):
        path = notification.incident.get_absolute_url() if notification.incident else ""
    return path or "/me/notifications/"
