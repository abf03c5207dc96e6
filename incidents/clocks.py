"""The response clocks of many incidents at once, for lists (semantics.md, "Response clock")."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from accounts import calendars
from accounts.models import Team
from common import instants
from common.businesstime import Calendar, is_open, next_open
from incidents.models import Clock, Incident, SeverityDefinition


@dataclass(frozen=True, slots=True)
class ResponseClock:
    """How the response clock stands. ``due_at`` is UTC; ``note`` says it in words where the clock does not run."""

    state: str
    due_at: datetime | None = None
    note: str = ""


def response_clocks(incidents: Iterable[Incident], now: datetime) -> dict[int, ResponseClock]:
    """Return the clock of each incident that has one. Queries grow with the calendars in use, not with incidents."""
    definitions = {d.level: d for d in SeverityDefinition.objects.all()}
    known: dict[int, Calendar] = {}
    clocks = {}
    for incident in incidents:
        if (clock := _clock(incident, definitions, known, now)) is not None:
            clocks[incident.pk] = clock
    return clocks


def _clock(
    incident: Incident, definitions: dict[int, SeverityDefinition], known: dict[int, Calendar], now: datetime
) -> ResponseClock | None:
    if incident.response_due_at is None or incident.response_started_at is None:
        return None
    if incident.acknowledged_at is not None:
        took = instants.duration(max(incident.acknowledged_at - incident.detected_at, now - now))
        late = incident.response_breached_at is not None
        return ResponseClock("" if late else "met", None, f"after {took}{', too late' if late else ''}")
    if incident.is_over:
        return None
    definition = definitions.get(incident.severity)
    if definition and definition.response_clock != Clock.WALL and now < incident.response_due_at:
        calendar = _calendar(incident.team, known)
        if not is_open(calendar, now):
            opens = next_open(calendar, now).astimezone(calendar.zone)
            return ResponseClock("paused", incident.response_due_at, f"paused until {opens:%a %H:%M}")
    return ResponseClock("", incident.response_due_at)


def _calendar(team: Team | None, known: dict[int, Calendar]) -> Calendar:
    key = team.pk if team and team.calendar_id else 0
    if key not in known:
        known[key] = calendars.for_team(team)
    return known[key]
