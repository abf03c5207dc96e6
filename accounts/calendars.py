"""From a stored business calendar to the pure one of ``common.businesstime``."""

import logging
from collections.abc import Container, Iterable
from datetime import date
from functools import cache

import holidays

from accounts.models import BusinessCalendar, BusinessHours, SpecialDay, Team
from common import memo, zones
from common.businesstime import ALWAYS, Calendar, Span

logger = logging.getLogger(__name__)


def for_team(team: Team | None) -> Calendar:
    """Return the team's calendar, else the organisation's, else one that is always open (nothing is configured)."""
    stored = team.calendar if team and team.calendar_id else _default()
    return load(stored) if stored else ALWAYS


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
    special: dict[date, tuple[Span, ...]] = {
        day.date: ((day.opens, day.closes),) if day.opens and day.closes else () for day in days
    }
    return Calendar(zone, weekly, _Exceptions(stored.country, stored.subdivision, special))


@cache
def _public_holidays(country: str, subdivision: str) -> Container[object]:
    """Return a country's public holidays; kept, because finding the country costs more than a page may wait for."""
    return holidays.country_holidays(country, subdiv=subdivision or None)


class _Exceptions(dict[date, tuple[Span, ...]]):
    """Own days first, then the country's public holidays (computed by the ``holidays`` library per year, on demand)."""

    def __init__(self, country: str, subdivision: str, special: dict[date, tuple[Span, ...]]) -> None:
        super().__init__(special)
        self._holidays: Container[object] = ()
        if country:
            try:
                self._holidays = _public_holidays(country, subdivision)
            except NotImplementedError:
                logger.warning(
                    "calendar.unknown_country", extra={"country": country, "subdivision": subdivision}
                )

    def __contains__(self, day: object) -> bool:
        return super().__contains__(day) or day in self._holidays

    def __missing__(self, day: date) -> tuple[Span, ...]:
        return ()
