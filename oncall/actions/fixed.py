"""Fixed schedules: shifts written down one by one that stand instead of all layers for a while (semantics.md)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from accounts import audit
from accounts.actor import Actor
from accounts.write import action
from common import clock
from common.errors import Conflict, Invalid
from common.text import clean_line
from oncall import shiftchanges
from oncall.actions.checks import FixedRow, check_fixed
from oncall.actions.layers import require_layer_editor
from oncall.actions.overrides import start_from_now
from oncall.models import FixedSchedule, FixedShift, Schedule


def start_fixed(
    *,
    by: Actor,
    schedule: Schedule,
    starts_at: datetime,
    ends_at: datetime,
    shifts: Sequence[FixedRow],
    reason: str = "",
) -> FixedSchedule:
    """Let these shifts stand instead of all layers for a while; return the fixed schedule.

    Where there is no shift nobody is on call. Raises ``Invalid`` with the field for times that make no sense, for a
    person with two shifts at once, and where another fixed schedule stands already; ``NotAllowed`` for anybody but an
    admin. This is ``add_fixed`` for callers that have a transaction of their own.
    """
    require_layer_editor(by)
    # Held, since two at once would both see no other.
    schedule = Schedule.objects.select_for_update(no_key=True).get(pk=schedule.pk)
    now = clock.now()
    starts_at = start_from_now(starts_at, now)
    shifts = _from(shifts, starts_at)
    check_fixed(starts_at, ends_at, shifts)
    _refuse_overlap(schedule, starts_at, ends_at)
    fixed = FixedSchedule.objects.create(
        schedule=schedule,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=clean_line(reason, limit=200),
        created_by=by.user,
    )
    _write(fixed, shifts)
    shiftchanges.look_again(schedule.pk, now)
    _audit(by, "fixed_schedule.added", fixed, shifts)
    return fixed


add_fixed = action(start_fixed)


def move_fixed(
    *,
    by: Actor,
    fixed: FixedSchedule,
    shifts: Sequence[FixedRow],
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    reason: str | None = None,
) -> FixedSchedule:
    """Change a fixed schedule's future; return it. ``shifts`` are all that it has from now on.

    What has been stays: of a running one its start and reason, and each shift up to now. Raises ``Conflict`` for one
    that is over or gone, ``Invalid`` like ``start_fixed``. This is ``change_fixed`` in a caller's transaction.
    """
    require_layer_editor(by)
    Schedule.objects.select_for_update(no_key=True).get(pk=fixed.schedule_id)
    held, now = _held(fixed), clock.now()
    has_begun = held.starts_at <= now
    if starts_at is not None and starts_at != held.starts_at:
        if has_begun:
            raise Conflict("This fixed schedule has begun: its start is history.", code="started")
        held.starts_at = start_from_now(starts_at, now)
    if reason is not None and (reason := clean_line(reason, limit=200)) != held.reason:
        if has_begun:
            raise Conflict(
                "This fixed schedule has begun: its reason is shown with what was on call.", code="started"
            )
        held.reason = reason
    held.ends_at = ends_at or held.ends_at
    if held.ends_at <= now:
        raise Invalid(
            "This end has passed: what was on call is history. End it now or later.", field="ends_at"
        )
    begin = max(held.starts_at, now)
    shifts = _from(shifts, begin)
    check_fixed(begin, held.ends_at, shifts)
    _refuse_overlap(held.schedule, held.starts_at, held.ends_at, but=held)
    if has_begun:
        _cut(held, now)
    else:
        held.shifts.all().delete()
    held.save(update_fields=["starts_at", "ends_at", "reason"])
    _write(held, shifts)
    shiftchanges.look_again(held.schedule_id, now)
    _audit(by, "fixed_schedule.changed", held, shifts)
    return held


change_fixed = action(move_fixed)


def take_back_fixed(*, by: Actor, fixed: FixedSchedule) -> None:
    """Take a fixed schedule back: one that has not begun goes, a running one ends now. Twice is once.

    This is ``end_fixed`` for callers that have a transaction of their own.
    """
    require_layer_editor(by)
    Schedule.objects.select_for_update(no_key=True).get(pk=fixed.schedule_id)
    held = (
        FixedSchedule.objects.select_for_update(no_key=True)
        .select_related("schedule")
        .filter(pk=fixed.pk)
        .first()
    )
    now = clock.now()
    if held is None or held.ends_at <= now:
        return
    shiftchanges.look_again(held.schedule_id, now)
    _audit(by, "fixed_schedule.ended", held, [])
    if held.starts_at >= now:
        held.delete()
        return
    _cut(held, now)
    FixedSchedule.objects.filter(pk=held.pk).update(ends_at=now)


end_fixed = action(take_back_fixed)


def _held(fixed: FixedSchedule) -> FixedSchedule:
    held = (
        FixedSchedule.objects.select_for_update(no_key=True)
        .select_related("schedule")
        .filter(pk=fixed.pk)
        .first()
    )
    if held is None:
        raise Conflict("Somebody has taken this fixed schedule back.", code="gone")
    if held.ends_at <= clock.now():
        raise Conflict("This fixed schedule is over: what was on call is history.", code="over")
    return held


def _from(shifts: Sequence[FixedRow], begin: datetime) -> list[FixedRow]:
    """Return what of the shifts lies after an instant that has come: a form shows earlier ones too."""
    if begin > clock.now():
        return list(shifts)
    return [replace(row, starts_at=max(row.starts_at, begin)) for row in shifts if row.ends_at > begin]


def _cut(fixed: FixedSchedule, at: datetime) -> None:
    """End at an instant what runs then, and drop what would begin later."""
    fixed.shifts.filter(starts_at__gte=at).delete()
    fixed.shifts.filter(ends_at__gt=at).update(ends_at=at)


def _refuse_overlap(
    schedule: Schedule, starts_at: datetime, ends_at: datetime, but: FixedSchedule | None = None
) -> None:
    others = FixedSchedule.objects.filter(schedule=schedule, starts_at__lt=ends_at, ends_at__gt=starts_at)
    other = (others.exclude(pk=but.pk) if but else others).first()
    if other is not None:
        raise Invalid(
            f"“{other}” stands from {other.starts_at:%Y-%m-%d %H:%M} to {other.ends_at:%Y-%m-%d %H:%M} UTC: "
            "change that one, or choose another time.",
            field="starts_at",
        )


def _write(fixed: FixedSchedule, shifts: Sequence[FixedRow]) -> None:
    FixedShift.objects.bulk_create(
        FixedShift(fixed_schedule=fixed, user=row.user, starts_at=row.starts_at, ends_at=row.ends_at)
        for row in shifts
    )


def _audit(by: Actor, what: str, fixed: FixedSchedule, shifts: Sequence[FixedRow]) -> None:
    audit.record(
        by=by,
        action=what,
        about=fixed.schedule,
        data={
            "fixed_schedule": fixed.pk,
            "from": fixed.starts_at,
            "until": fixed.ends_at,
            "reason": fixed.reason,
            "shifts": [f"{row.user} {row.starts_at.isoformat()} {row.ends_at.isoformat()}" for row in shifts],
        },
    )
