"""The hand-over brief, who is told of it, and the reminder when nobody says "I have the pager" (R52).

The brief is written down as it was sent. Private incidents are left out: it is read by more people than may know them.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from common import clock, zones
from common.due import Resting
from communications.models import Audience, Delivery, UpdateClock
from communications.outbox import Message, cancel
from incidents.models import (
    ACTIVE_STATUSES,
    Event,
    EventKind,
    Incident,
    Observation,
    RoleDefinition,
    WatchRule,
)
from oncall import spans
from oncall.models import Override, Schedule, ShiftChange
from oncall.notices import tell as tell_person
from oncall.targets import until_words

logger = logging.getLogger(__name__)
BATCH = 200
MOST = 20
ENDS_SOON = timedelta(hours=24)
NIGHT_ENDS, NIGHT_BEGINS = 7, 22
_resting = Resting()


def topic(change: ShiftChange) -> str:
    """Return what the deliveries of a hand-over are filed under."""
    return f"hand-over:{change.pk}"


def path(change: ShiftChange) -> str:
    return f"/on-call/hand-over/{change.pk}/"


def brief(
    schedule: Schedule, at: datetime, had_it: Sequence[User], began: datetime, until: datetime | None
) -> dict[str, Any]:
    """Return what the incoming person should know at ``at``: plain values, instants as ISO 8601 in UTC.

    ``had_it`` are the people whose shift it was since ``began``; ``until`` is the end of the one that begins.
    """
    return {
        "began": began.isoformat(),
        "open": [_open(incident, at) for incident in _open_incidents(schedule)],
        "happened": _happened(schedule, began, at, had_it),
        "ends_soon": _ends_soon(schedule, at, until),
    }


def _of_team(schedule: Schedule) -> Q:
    """Return which incidents concern a rota: its team's; those of all teams where it belongs to none."""
    return Q(team=schedule.team_id) if schedule.team_id else Q()


def _open_incidents(schedule: Schedule) -> list[Incident]:
    rows = Incident.objects.filter(_of_team(schedule), status__in=ACTIVE_STATUSES, is_private=False)
    return list(rows.filter(is_drill=False).order_by("severity", "-pk")[:MOST])


def _open(incident: Incident, at: datetime) -> dict[str, Any]:
    leader = incident.role_assignments.filter(role=RoleDefinition.Key.COMMANDER, until=None)
    row = leader.select_related("user").first()
    clocks = UpdateClock.objects.filter(incident=incident, audience=Audience.INTERNAL, stopped_at=None)
    due = clocks.values_list("due_at", flat=True).first()
    return _named(incident) | {
        "status": incident.get_status_display(),
        "leader": str(row.user) if row else "",
        "update_due": due.isoformat() if due else None,
        "age_minutes": int(incident.age(at).total_seconds() // 60),
    }


def _named(incident: Incident) -> dict[str, Any]:
    return {
        "reference": incident.reference,
        "title": incident.title,
        "severity": incident.severity,
        "path": incident.get_absolute_url(),
    }


def _happened(schedule: Schedule, began: datetime, at: datetime, people: Sequence[User]) -> dict[str, Any]:
    """Return the incidents declared during the shift, and how often its people were paged, by night too."""
    declared = Incident.objects.filter(
        _of_team(schedule), declared_at__gte=began, declared_at__lt=at, is_private=False, is_drill=False
    )
    paged = Event.objects.filter(
        kind=EventKind.PAGED, recorded_at__gte=began, recorded_at__lt=at, incident__is_drill=False
    ).values_list("recorded_at", "data")
    zone, mine = {user.pk: user.zone for user in people}, {user.pk for user in people}
    pages = [
        (instant, pk)
        for instant, data in paged
        if data.get("needs_answer", True)
        for pk in data.get("users", ())
        if pk in mine
    ]
    rows = declared.order_by("declared_at")
    return {
        "incidents": [_named(row) | {"status": row.get_status_display()} for row in rows[:MOST]],
        "pages": len(pages),
        "night_pages": sum(_is_night(instant, zone[pk]) for instant, pk in pages),
    }


def _is_night(instant: datetime, zone: ZoneInfo) -> bool:
    hour = instant.astimezone(zone).hour
    return hour >= NIGHT_BEGINS or hour < NIGHT_ENDS


def _ends_soon(schedule: Schedule, at: datetime, until: datetime | None) -> list[dict[str, Any]]:
    """Return the observations, watch-lists and overrides that end in a day, or in the shift if that is shorter."""
    last = min(until or at + ENDS_SOON, at + ENDS_SOON)
    team = _of_team(schedule)
    incidents = Incident.objects.filter(team, is_private=False, is_drill=False)
    found = [
        {"what": "Observation", "of": row.incident.reference, "at": row.until.isoformat()}
        for row in Observation.objects.filter(
            incident__in=incidents, ended_at=None, until__gt=at, until__lte=last
        ).select_related("incident")
    ]
    found += [
        {"what": "Watch-list", "of": rule.incident.reference, "at": rule.expires_at.isoformat()}
        for rule in WatchRule.objects.filter(
            incident__in=incidents, expires_at__gt=at, expires_at__lte=last
        ).select_related("incident")
    ]
    found += [
        {"what": "Override", "of": _named_override(row), "at": row.ends_at.isoformat()}
        for row in schedule.overrides.filter(
            starts_at__lte=at, ends_at__gt=at, ends_at__lte=last
        ).select_related("user")
    ]
    return sorted(found, key=lambda row: str(row["at"]))[:MOST]


def _named_override(row: Override) -> str:
    return f"{row.user}, {row.reason}" if row.reason else str(row.user)


def tell_incoming(change: ShiftChange, now: datetime, *, was_taken: bool) -> None:
    """Tell the incoming person that they have the pager, with the brief; who took it finds that in Allclear only."""
    if change.incoming is None:
        return
    words = f"You have the pager of {change.schedule}{_until(change, change.incoming.zone)}"
    ask = "" if was_taken else "Say “I have the pager” on the page of the hand-over."
    message = _message(change, words, now, summary(change), ask)
    tell_person(change.incoming, topic(change), message, now, topic=topic(change), in_app_only=was_taken)


def tell_outgoing(
    change: ShiftChange, outgoing: Sequence[User], incoming: Sequence[User], now: datetime
) -> None:
    """Tell those whose shift is over who has the pager now; that nobody has, only in Allclear: it is planned so."""
    names = " and ".join(str(user) for user in incoming)
    for user in outgoing:
        words = f"Your shift is over: nobody is on call for {change.schedule} now"
        rest = ""
        if incoming:
            has = "has" if len(incoming) == 1 else "have"
            words = f"{names} {has} the pager of {change.schedule} now: your shift is over"
            rest = summary(change)
        message, about = _message(change, words, now, rest), f"{topic(change)}:out"
        tell_person(user, topic(change), message, now, topic=about, in_app_only=not incoming)


def _message(change: ShiftChange, words: str, now: datetime, *rest: str) -> Message:
    late = spans.late_words(change.at, now)
    parts = [words, f"This message is {late}." if late else "", *rest]
    return Message(f"[On-call] {words}", "\n\n".join(filter(None, parts)), path=path(change))


def summary(change: ShiftChange) -> str:
    """Return the brief as text, times in the zone of the incoming person."""
    brief, lines = change.brief, []
    zone = change.incoming.zone if change.incoming else zones.get(change.schedule.time_zone)
    for row in brief.get("open", ()):
        update = f", update due {_moment(row['update_due'], zone, change.at)}" if row["update_due"] else ""
        led = f", led by {row['leader']}" if row["leader"] else ", nobody leads it"
        lines.append(
            f"Open: SEV-{row['severity']} {row['reference']} {row['title']} ({row['status']}{led}{update})"
        )
    if not lines:
        lines.append("No incident is open.")
    happened = brief.get("happened", {})
    count, pages, nights = (
        len(happened.get("incidents", ())),
        happened.get("pages", 0),
        happened.get("night_pages", 0),
    )
    lines.append(
        f"This shift: {count} incident{'s'[: count != 1]}, {pages} page{'s'[: pages != 1]}, {nights} of them by night."
    )
    lines += [
        f"Ends soon: {row['what']} {row['of']}, {_moment(row['at'], zone, change.at)}"
        for row in brief.get("ends_soon", ())
    ]
    return "\n".join(lines)


def _moment(instant: str, zone: ZoneInfo, at: datetime) -> str:
    return until_words(datetime.fromisoformat(instant), zone, at)


def _until(change: ShiftChange, zone: ZoneInfo) -> str:
    return f", until {until_words(change.until, zone, change.at)}" if change.until else ""


def settle_reminder(change: ShiftChange) -> None:
    """Take back what asks for a confirmation that has been given."""
    cancel(f"{topic(change)}:late", note="Confirmed")


def next_due() -> datetime | None:
    """Return when the next unconfirmed hand-over is reminded of (UTC), or ``None``."""
    rows = ShiftChange.objects.exclude(remind_at=None).exclude(pk__in=_resting.now(clock.now()))
    return rows.order_by("remind_at").values_list("remind_at", flat=True).first()


def sweep(now: datetime) -> int:
    """Remind both people of each hand-over that nobody confirmed; return how many were handled."""
    due = ShiftChange.objects.filter(remind_at__lte=now).exclude(pk__in=_resting.now(now))
    handled = 0
    for pk in due.order_by("remind_at").values_list("pk", flat=True)[:BATCH]:
        try:
            handled += _remind(pk, now)
        except Exception:
            _resting.add(pk, now)
            logger.exception("hand_over.reminder_failed", extra={"shift_change": pk})
    return handled


def _remind(pk: int, now: datetime) -> int:
    """Claim one reminder and write its rows in one transaction; return 1, or 0 if somebody else has."""
    with transaction.atomic(durable=True):
        if not ShiftChange.objects.filter(pk=pk, remind_at__lte=now).update(remind_at=None):
            return 0
        change = ShiftChange.objects.select_related("schedule", "incoming").get(pk=pk)
        is_over = change.until is not None and change.until <= now
        if change.acknowledged_at is not None or change.incoming is None or is_over:
            return 1
        ours = f"You have not confirmed that you have the pager of {change.schedule}"
        theirs = f"{change.incoming} has not confirmed that they have the pager of {change.schedule}"
        for user, words in [(change.incoming, ours), *((user, theirs) for user in change.outgoing.all())]:
            message = Message(f"[On-call] {words}", f"{words}\n\n{summary(change)}", path=path(change))
            late = f"{topic(change)}:late"
            tell_person(user, late, message, now, topic=late, kind=Delivery.Kind.REMINDER)
        return 1
