"""An iCalendar document of shifts (RFC 5545; wire-formats.md, C7). Escaping and folding are the library's."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from icalendar import Alarm, Calendar, Event

from accounts.models import User
from oncall.feeds.events import FeedShift
from oncall.models import CalendarLink


def calendar(
    link: CalendarLink, shifts: Iterable[FeedShift], people: dict[int, User], changed_at: datetime
) -> bytes:
    """Return the document, in UTC and UTF-8. Names only: no addresses, no numbers, no reasons that somebody typed."""
    document = Calendar()
    document.add("version", "2.0")
    document.add("prodid", "-//Allclear//On-call//EN")
    document.add("calscale", "GREGORIAN")
    document.add("method", "PUBLISH")
    document.add("x-wr-calname", title(link))
    document.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    document.add("x-published-ttl", "PT1H")
    for shift in shifts:
        person = people.get(shift.user_id)
        if person is not None:
            document.add_component(_event(link, shift, person, changed_at))
    return bytes(document.to_ical())


def title(link: CalendarLink) -> str:
    """Return the calendar's name as programs show it."""
    return f"On-call: {link.schedule}" if link.schedule else f"On-call: {link.user}"


def _event(link: CalendarLink, shift: FeedShift, person: User, changed_at: datetime) -> Event:
    summary = f"{person} on call ({shift.schedule})" if link.schedule else f"On call: {shift.schedule}"
    event = Event()
    event.add("uid", f"{shift.uid}@{_host()}")
    event.add("dtstamp", changed_at)
    event.add("dtstart", shift.start)
    event.add("dtend", shift.end)
    event.add("summary", f"{summary}, and on" if shift.is_cut else summary)
    event.add("description", _description(shift))
    event.add("url", f"{settings.SITE_URL}/on-call/")
    event.add("transp", "TRANSPARENT")
    event.add("class", "PRIVATE")
    if link.alarm_minutes is not None:
        event.add_component(_alarm(summary, link.alarm_minutes))
    return event


def _description(shift: FeedShift) -> str:
    why = shift.source.partition(":")[0]
    words = f"{why[:1].upper()}{why[1:]}."
    if shift.is_cut:
        words += " This shift goes on: the calendar ends here, a year from today."
    return words


def _alarm(summary: str, minutes: int) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", summary)
    alarm.add("trigger", timedelta(minutes=-minutes))
    return alarm


def _host() -> str:
    return str(urlsplit(settings.SITE_URL).hostname)
