"""The on-call page: who is on call now, and the calendar of a month, a week or a day."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse

from common import clock
from incidents.views.base import page, viewer
from oncall.calendar.days import DAY, LocalDay, local_days
from oncall.calendar.frame import EARLIEST, LATEST, VIEWS, WEEK, WHO, ZONES, CalendarQuery, Frame
from oncall.calendar.lanes import Bar, Lane, lanes
from oncall.calendar.mine import own_shifts
from oncall.coverage import teams_now
from oncall.models import Override, Schedule
from oncall.views.asking import for_page


@dataclass(frozen=True, slots=True)
class AgendaDay:
    """A day of the list that phones show: each schedule's shifts in it."""

    day: LocalDay
    is_today: bool
    rows: list[tuple[Lane, Bar, str]]
    holidays: list[str]


@page
def on_call(request: HttpRequest) -> HttpResponse:
    """Show who is on call for each team now, and the calendar that the address asks for; gaps are red."""
    person, now = viewer(request), clock.now()
    query = CalendarQuery(request.GET)
    query.is_valid()
    frame = query.frame(now.astimezone(person.zone).date(), person.zone)
    schedules = list(Schedule.objects.select_related("team").order_by("team__name", "name"))
    only, mine = query.chosen("schedule", None), query.chosen("who", "all") == "mine"
    shown = lanes(frame, [only] if only else schedules, now=now, viewer=person)
    if mine:
        shown = [lane for lane in shown if any(bar.is_mine for bar in lane.all_bars)]
    addresses = _addresses(request, query, frame, now.astimezone(person.zone).date())
    context = {
        "teams": teams_now(now),
        "own": own_shifts(person, schedules, now),
        "schedules": schedules,
        "query": query,
        "frame": frame,
        "lanes": shown,
        "header": _header(frame, shown, now, person.zone),
        "agenda": _agenda(frame, shown, now, person.zone),
        "changes": _changes(shown, now),
        "addresses": addresses,
        "has_gap": any(lane.gaps for lane in shown),
        "may_edit": person.can_respond,
        "back_encoded": quote(addresses["back"], safe=""),
        "is_chosen": bool(request.GET.get("view")),
        "now": now,
    }
    context |= for_page(person)
    return render(request, "oncall/calendar.html", context, status=400 if query.errors else 200)


def _header(frame: Frame, shown: list[Lane], now: datetime, local: ZoneInfo) -> list[dict[str, Any]]:
    """Return the days above the lanes: today, weekends, clock changes and holidays (of whichever schedules)."""
    zone = frame.zone or local
    names: dict[date, dict[str, None]] = {}
    for lane in shown:
        for day, name in lane.holidays.items():
            names.setdefault(day, {})[name] = None
    return [
        {
            "day": day,
            "change": day.change if frame.zone else None,
            "is_today": day.start <= now < day.end,
            "holidays": list(names.get(day.date, ())),
            "column": number * frame.per_day + 1,
        }
        for number, day in enumerate(local_days(zone, frame.first, frame.count))
    ]


def _agenda(frame: Frame, shown: list[Lane], now: datetime, local: ZoneInfo) -> list[AgendaDay]:
    """Return the week around the frame's date, or its one day, day by day."""
    first, count = (frame.at, 1) if frame.view == "day" else (frame.monday, WEEK)
    found = []
    for number, day in enumerate(local_days(frame.zone or local, first, count)):
        rows = [
            (lane, bar, bar.clock_in(its_day))
            for lane in shown
            for its_day in [local_days(lane.zone, first, count)[number]]
            for bar in lane.within(its_day)
        ]
        names = dict.fromkeys(lane.holidays[day.date] for lane in shown if day.date in lane.holidays)
        found.append(AgendaDay(day, day.start <= now < day.end, rows, list(names)))
    return found


def _changes(shown: list[Lane], now: datetime) -> list[tuple[Override, ZoneInfo]]:
    """Return the overrides and swaps in sight that are not over, in the order in which they begin."""
    rows = [(row, lane.zone) for lane in shown for row in lane.overrides if row.ends_at > now]
    return sorted(rows, key=lambda found: (found[0].starts_at, found[0].pk))


def _addresses(request: HttpRequest, query: CalendarQuery, frame: Frame, today: date) -> dict[str, Any]:
    """Return the links of the page: each keeps what was chosen but for what it changes."""
    kept = {
        name: value
        for name in ("view", "date", "who", "schedule", "zone")
        if (value := request.GET.get(name))
    }
    kept = {name: value for name, value in kept.items() if name not in query.errors}

    def to(**changes: Any) -> str:
        chosen = {**kept, **{name: str(value) for name, value in changes.items()}}
        return "?" + urlencode({name: value for name, value in chosen.items() if value})

    return {
        "previous": to(date=frame.previous),
        "next": to(date=frame.next),
        "today": to(date=today),
        "week_before": to(date=max(EARLIEST, frame.at - WEEK * DAY)),
        "week_after": to(date=min(LATEST, frame.at + WEEK * DAY)),
        "views": [(key, label, to(view=key)) for key, label in VIEWS],
        "who": [(key, label, to(who=key)) for key, label in WHO],
        "zones": [(key, label, to(zone=key)) for key, label in ZONES],
        "zone": query.chosen("zone", "local"),
        "who_chosen": query.chosen("who", "all"),
        "kept": kept,
        "back": to()[1:],
        "woken": _reversed("escalation:woken"),
    }


def _reversed(name: str, *arguments: Any) -> str:
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""
