"""What a rota may look like. Each refusal is a sentence that belongs beside a field (``Invalid``)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from accounts import calendars
from accounts.models import User
from common.errors import Invalid
from oncall.models import ForeignCalendar, Layer

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 1, 1)
MOST_MEMBERS = 100
MOST_WINDOWS = 100
MOST_SHIFTS = 500
LONGEST_FIXED = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A place in the order; ``user`` None is nobody."""

    user: User | None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class WindowRow:
    weekday: int
    starts: time
    ends: time


@dataclass(frozen=True, slots=True)
class FixedRow:
    """One person's time within a fixed schedule."""

    user: User
    starts_at: datetime
    ends_at: datetime


def check_layer(
    layer: Layer, members: Sequence[MemberRow], windows: Sequence[WindowRow], now: datetime
) -> None:
    """Raise ``Invalid`` with the field unless a layer with these people and hours makes sense from ``now`` on."""
    check_turns(layer)
    check_source(layer, members)
    check_members(members, now)
    check_windows(windows)
    if layer.holidays != Layer.Holidays.AS_USUAL:
        check_holidays(layer)


def check_turns(layer: Layer) -> None:
    """Raise ``Invalid`` for a rotation that cannot be counted: its length, its anchor, its priority, its span."""
    for field, known in (("mode", Layer.Mode), ("unit", Layer.Unit), ("holidays", Layer.Holidays)):
        if getattr(layer, field) not in known.values:
            raise Invalid(f"Choose one of {', '.join(known.values)}.", field=field)
    if not layer.name:
        raise Invalid(
            "Give the layer a name: it is shown as the reason why somebody is on call.", field="name"
        )
    if not 1 <= layer.interval <= 365:
        raise Invalid("Choose between 1 and 365.", field="interval")
    if not 0 <= layer.priority <= 32_767:
        raise Invalid("Choose between 0 and 32,767.", field="priority")
    for name in ("effective_from", "effective_until"):
        instant = getattr(layer, name)
        if instant is not None and not FIRST_DAY <= instant.date() < LAST_DAY:
            raise Invalid("Choose an instant between the years 2000 and 2100.", field=name)
    if not FIRST_DAY <= layer.anchor_date < LAST_DAY:
        raise Invalid("Choose a day between the years 2000 and 2100.", field="anchor_date")
    if layer.effective_until is not None and layer.effective_until <= layer.effective_from:
        raise Invalid("The layer would end before it begins.", field="effective_until")


def check_source(layer: Layer, members: Sequence[MemberRow]) -> None:
    """Raise ``Invalid`` unless exactly one thing says who is on call: the order of people, or a calendar."""
    if layer.mode != Layer.Mode.CALENDAR:
        if layer.feed_id is not None:
            raise Invalid("Only “as another calendar says” reads a calendar.", field="feed")
        return
    if layer.feed is None:
        raise Invalid("Choose the calendar that says who is on call.", field="feed")
    if layer.feed.purpose != ForeignCalendar.Purpose.SHIFTS:
        raise Invalid(f"{layer.feed} holds a person's absences, not shifts.", field="feed")
    if members:
        raise Invalid("The calendar says who is on call: leave the order of people empty.", field="members")


def check_members(members: Sequence[MemberRow], now: datetime) -> None:
    """Raise ``Invalid`` for somebody who cannot answer, or who would leave before they join."""
    if len(members) > MOST_MEMBERS:
        raise Invalid(f"A layer has at most {MOST_MEMBERS} places.", field="members")
    for row in members:
        check_member(row, now)


def check_member(row: MemberRow, now: datetime) -> None:
    """Raise ``Invalid`` for a place that cannot be filled as it says."""
    if row.since and row.until and row.until <= row.since:
        raise Invalid("The person would leave before they join.", field="members")
    is_over = row.until is not None and row.until <= now
    if row.user is not None and not row.user.is_active and not is_over:
        raise Invalid(
            f"{row.user} can no longer sign in, so nobody would answer: take them out of the order.",
            field="members",
        )


def check_windows(windows: Sequence[WindowRow]) -> None:
    """Raise ``Invalid`` for hours of no weekday, or for too many."""
    if len(windows) > MOST_WINDOWS:
        raise Invalid(f"A layer has at most {MOST_WINDOWS} weekly hours.", field="windows")
    if any(not 0 <= row.weekday <= 6 for row in windows):
        raise Invalid("Weekdays go from 0, Monday, to 6, Sunday.", field="windows")


def check_holidays(layer: Layer) -> None:
    """Raise ``Invalid`` where no day could ever be a holiday: the rule would do nothing, or take everybody off."""
    calendar = calendars.of_teams([layer.schedule.team_id])[layer.schedule.team_id]
    if calendar is None:
        raise Invalid(
            "Neither the team nor the organisation has a business calendar, so no day is a holiday.",
            field="holidays",
        )
    if not calendar.country and not calendar.special_days.all():
        raise Invalid(f"The business calendar {calendar} has no country and no days off.", field="holidays")


def check_fixed(starts_at: datetime, ends_at: datetime, shifts: Sequence[FixedRow]) -> None:
    """Raise ``Invalid`` unless these shifts lie within the span, each of them and each person's one after another."""
    if ends_at <= starts_at:
        raise Invalid("The fixed schedule would end before it begins.", field="ends_at")
    if ends_at - starts_at > LONGEST_FIXED:
        raise Invalid("A fixed schedule lasts a year at most. Change the layers instead.", field="ends_at")
    if len(shifts) > MOST_SHIFTS:
        raise Invalid(f"A fixed schedule has at most {MOST_SHIFTS} shifts.", field="shifts")
    for row in shifts:
        if row.ends_at <= row.starts_at:
            raise Invalid(f"The shift of {row.user} would end before it begins.", field="shifts")
        if row.starts_at < starts_at or row.ends_at > ends_at:
            raise Invalid(f"A shift of {row.user} lies outside the fixed schedule.", field="shifts")
        if not row.user.is_active:
            raise Invalid(f"{row.user} can no longer sign in, so nobody would answer.", field="shifts")
    for one, other in pairwise(sorted(shifts, key=lambda row: (row.user.pk, row.starts_at))):
        if one.user.pk == other.user.pk and other.starts_at < one.ends_at:
            raise Invalid(f"{one.user} has two shifts at once.", field="shifts")
