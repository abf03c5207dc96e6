"""The feed itself, and the page on which people make and revoke its addresses."""

import hashlib
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from django.views.decorators.http import require_safe

from accounts.actor import Actor
from accounts.models import User
from common import clock
from common.errors import Conflict, Invalid, NotFound
from incidents.views.base import form_page, tap, viewer
from oncall.duties import schedules_of
from oncall.feeds import links
from oncall.feeds import render as ics
from oncall.feeds.events import FeedShift, feed_shifts
from oncall.feeds.forms import CalendarLinkForm
from oncall.models import CalendarLink


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """Return the shifts behind a secret address as iCalendar; 404 for one that is unknown, revoked or nobody's.

    A calendar program that sends back ``ETag`` or ``Last-Modified`` is told in a few bytes that nothing changed.
    """
    link = links.find(token)
    if link is None:
        raise Http404("There is no such calendar.")
    now = clock.now()
    schedules = [link.schedule] if link.schedule else schedules_of([link.user])
    shifts = feed_shifts(schedules, now, user_id=None if link.schedule else link.user_id)
    people = User.objects.in_bulk({shift.user_id for shift in shifts})
    fingerprint = _fingerprint(link, shifts, people)
    changed_at = links.note_reading(link, fingerprint, now)
    answer = HttpResponse(
        ics.calendar(link, shifts, people, changed_at), content_type="text/calendar; charset=utf-8"
    )
    answer["ETag"] = quote_etag(fingerprint)
    answer["Last-Modified"] = http_date(changed_at.timestamp())
    answer["Cache-Control"] = "private, max-age=300"
    answer["Content-Disposition"] = 'inline; filename="on-call.ics"'
    answer["X-Robots-Tag"] = "noindex"
    answer["Referrer-Policy"] = "no-referrer"
    return (
        get_conditional_response(request, quote_etag(fingerprint), int(changed_at.timestamp()), answer)
        or answer
    )


def _fingerprint(link: CalendarLink, shifts: list[FeedShift], people: dict[int, User]) -> str:
    """Return a digest of all that the document says but for when it was made."""
    names = {pk: str(person) for pk, person in people.items()}
    said = [
        (
            shift.uid,
            shift.start,
            shift.end,
            str(shift.schedule),
            names.get(shift.user_id),
            shift.source,
            shift.is_cut,
        )
        for shift in shifts
    ]
    return hashlib.sha256(repr((ics.title(link), link.alarm_minutes, said)).encode()).hexdigest()


def _page(request: HttpRequest, form: CalendarLinkForm, status: int = 200, **more: Any) -> HttpResponse:
    mine = viewer(request).calendar_links.filter(revoked_at=None).select_related("schedule", "user")
    context = {"form": form, "links": mine, **more}
    return render(request, "oncall/calendar_links.html", context, status=status)


@form_page
def calendar_links(request: HttpRequest) -> HttpResponse:
    """Show one's addresses; a POST makes one and shows it, this once: no session and no log keeps it."""
    if request.method != "POST":
        return _page(request, CalendarLinkForm())
    user, form = viewer(request), CalendarLinkForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        made = refused_beside(form, lambda: links.create(by=Actor.of(user), user=user, **data))
        if made:
            return _page(request, CalendarLinkForm(), new=made)
    return _page(request, form, status=400)


@tap
def revoke_calendar_link(request: HttpRequest, pk: int) -> HttpResponse:
    """Make one of one's addresses useless at once."""
    user = viewer(request)
    links.revoke(by=Actor.of(user), link=link_for(user, pk))
    messages.success(request, "The address is revoked: programs that use it get nothing any more.")
    return redirect("oncall:calendar_links")


def link_for(user: User, pk: int) -> CalendarLink:
    """Return one of this person's addresses. Raises ``NotFound`` for anybody else's."""
    link = user.calendar_links.filter(pk=pk).select_related("user", "schedule").first()
    if link is None:
        raise NotFound("There is no such calendar address.")
    return link


def refused_beside(form: Any, act: Callable[[], Any]) -> Any:
    """Return what ``act`` returns; a refusal becomes an error beside its field and ``None`` is returned."""
    try:
        return act()
    except (Invalid, Conflict) as error:
        form.add_error(error.field if error.field in form.fields else None, error.sentence)
        return None
