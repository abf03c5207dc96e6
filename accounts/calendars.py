"""From a stored business calendar to the pure one of ``common.businesstime``."""

import logging
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any

import holidays
from django.db.models import Q

from accounts.models import BusinessCalendar, BusinessHours, SpecialDay, Team
from common import memo, zones
from common.businesstime import ALWAYS, Calendar, Span

logger = logging.getLogger(__name__)


def for_team(team: Team | None) -> Calendar:
    """Return the team's calendar, else the organisation's, else one that is always open (nothing is configured)."""
    stored = stored_for(team)
    return load(stored) if stored else ALWAYS


def stored_for(team: Team | None) -> BusinessCalendar | None:
    """Return the calendar that counts for a team as it is stored, or ``None`` where nothing is configured."""
    return team.calendar if team and team.calendar_id else _default()


@memo.once
def _default() -> BusinessCalendar | None:
    return BusinessCalendar.objects.filter(is_default=True).first()


@memo.once
def load(stored: BusinessCalendar) -> Calendar:
    """Return the calendar with its public holidays and special days; always open if it has no hours at all.

    A calendar without hours would make every business-hours page wait for ever: paging too early is the lesser harm.
    """
    return build(stored, stored.hours.all(), stored.special_days.all())


def build(stored: BusinessCalendar, hours: Iterable[BusinessHours], days: Iterable[SpecialDay]) -> Calendar:
    """Return the pure calendar of these rows, which may not be saved yet.

    What the zone or holiday database no longer knows counts as UTC and as no holidays: an early page beats none.
    """
    zone = zones.get(stored.time_zone)
    weekly: dict[int, tuple[Span, ...]] = {}
    for row in sorted(hours, key=lambda row: (row.weekday, row.opens)):
        weekly[row.weekday] = (*weekly.get(row.weekday, ()), (row.opens, row.closes))
    if not weekly:
        return Calendar(zone, ALWAYS.weekly)
    return Calendar(zone, weekly, _exceptions(stored, days))


def _exceptions(stored: BusinessCalendar, days: Iterable[SpecialDay]) -> "_Exceptions":
    special: dict[date, tuple[Span, ...]] = {
        day.date: ((day.opens, day.closes),) if day.opens and day.closes else () for day in days
    }
    return _Exceptions(stored.country, stored.subdivision, special)


def of_teams(teams: Iterable[int | None]) -> dict[int | None, BusinessCalendar | None]:
    """Return each team's calendar, else the organisation's, by the team's primary key, however many in three queries.

    Their own days come along; ``None`` stands for whoever has no team.
    """
    wanted = set(teams)
    pks = [team for team in wanted if team is not None]
    own: dict[int | None, int | None] = dict(Team.objects.filter(pk__in=pks).values_list("pk", "calendar_id"))
    chosen = [calendar for calendar in own.values() if calendar is not None]
    stored = BusinessCalendar.objects.filter(Q(pk__in=chosen) | Q(is_default=True))
    found = {row.pk: row for row in stored.prefetch_related("special_days")}
    default = next((row for row in found.values() if row.is_default), None)
    return {team: found.get(own.get(team) or 0, default) for team in wanted}


def holidays_between(stored: BusinessCalendar | None, first: date, last: date) -> frozenset[date]:
    """Return the dates from ``first`` to ``last``, both included, that are public holidays or own days off.

    A day for which the calendar gives hours of its own, such as a half day, is none.
    """
    if stored is None:
        return frozenset()
    exceptions = _exceptions(stored, stored.special_days.all())
    days = (first + timedelta(days=offset) for offset in range((last - first).days + 1))
    return frozenset(day for day in days if day in exceptions and not exceptions[day])


def holiday_names(stored: BusinessCalendar | None, first: date, last: date) -> dict[date, str]:
    """Return the dates of ``holidays_between`` with what each is called."""
    if stored is None:
        return {}
    own = {day.date: day.name for day in stored.special_days.all()}
    public = _exceptions(stored, ()).public
    return {
        day: own.get(day) or str(public.get(day, "Holiday"))
        for day in sorted(holidays_between(stored, first, last))
    }


@cache
def _public_holidays(country: str, subdivision: str) -> Mapping[Any, str]:
    """Return a country's public holidays; kept, because finding the country costs more than a page may wait for."""
    found: Mapping[Any, str] = holidays.country_holidays(country, subdiv=subdivision or None)
    return found


class _Exceptions(dict[date, tuple[Span, ...]]):
    """Own days first, then the country's public holidays (computed by the ``holidays`` library per year, on demand)."""

    def __init__(self, country: str, subdivision: str, special: dict[date, tuple[Span, ...]]) -> None:
        super().__init__(special)
        self.public: Mapping[Any, str] = {}
        if country:
            try:
                self.public = _public_holidays(country, subdivision)
            except NotImplementedError:
                logger.warning(
                    "calendar.unknown_country", extra={"country": country, "subdivision": subdivision}
                )

    def __contains__(self, day: object) -> bool:
        return super().__contains__(day) or day in self.public

    def __missing__(self, day: date) -> tuple[Span, ...]:
        return ()
