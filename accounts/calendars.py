"""From a stored business calendar to the pure one of ``common.businesstime``."""

from datetime import date
from zoneinfo import ZoneInfo

import holidays

from accounts.models import BusinessCalendar, Team
from common.businesstime import ALWAYS, Calendar, Span


def for_team(team: Team | None) -> Calendar:
    """Return the team's calendar, else the organisation's, else one that is always open (nothing is configured)."""
    stored = (
        team.calendar
        if team and team.calendar_id
        else BusinessCalendar.objects.filter(is_default=True).first()
    )
    return load(stored) if stored else ALWAYS


def load(stored: BusinessCalendar) -> Calendar:
    """Return the calendar with its public holidays and special days; always open if it has no hours at all.

    A calendar without hours would make every business-hours page wait for ever: paging too early is the lesser harm.
    """
    weekly: dict[int, tuple[Span, ...]] = {}
    for row in stored.hours.all():
        weekly[row.weekday] = (*weekly.get(row.weekday, ()), (row.opens, row.closes))
    if not weekly:
        return Calendar(ZoneInfo(stored.time_zone), ALWAYS.weekly)
    special: dict[date, tuple[Span, ...]] = {
        day.date: ((day.opens, day.closes),) if day.opens and day.closes else ()
        for day in stored.special_days.all()
    }
    return Calendar(
        ZoneInfo(stored.time_zone), weekly, _Exceptions(stored.country, stored.subdivision, special)
    )


class _Exceptions(dict[date, tuple[Span, ...]]):
    """Own days first, then the country's public holidays (computed by the ``holidays`` library per year, on demand)."""

    def __init__(self, country: str, subdivision: str, special: dict[date, tuple[Span, ...]]) -> None:
        super().__init__(special)
        self._holidays = holidays.country_holidays(country, subdiv=subdivision or None) if country else {}

    def __contains__(self, day: object) -> bool:
        return super().__contains__(day) or day in self._holidays

    def __missing__(self, day: date) -> tuple[Span, ...]:
        return ()
