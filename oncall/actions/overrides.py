"""Somebody else for a while. History stays: a running override ends now, it is never rewritten (semantics.md)."""

from datetime import datetime, timedelta

from accounts import audit
from accounts.actor import Actor
from accounts.models import User
from accounts.write import action
from common import clock
from common.errors import Conflict, Invalid
from common.text import clean_line
from oncall import shiftchanges
from oncall.access import require_schedule_editor
from oncall.models import Override, Schedule

LONGEST = timedelta(days=366)
# As many overrides that are not over as one schedule may have: more is a rota of its own.
MOST = 1000
# A form that was opened a moment ago still says "from now".
TOLERANCE = timedelta(minutes=5)


def put_override(
    *,
    by: Actor,
    schedule: Schedule,
    user: User,
    starts_at: datetime,
    ends_at: datetime,
    kind: str = Override.Kind.REPLACE,
    replaces: User | None = None,
    reason: str = "",
) -> Override:
    """Let somebody else be on call for a while; return the override (R52: an override beats the rota).

    A start that has just passed becomes now. Raises ``Invalid`` with the field for times that make no sense, for a
    person who cannot sign in, for an unknown kind, and where the same person has the same override already or the
    schedule has too many; ``NotAllowed`` for who may only look. This is ``add_override`` in a caller's transaction.
    """
    require_schedule_editor(by, schedule)
    starts_at = checked_start(kind=kind, user=user, replaces=replaces, starts_at=starts_at, ends_at=ends_at)
    schedule = Schedule.objects.select_for_update(no_key=True).get(pk=schedule.pk)
    check_room(
        schedule=schedule, kind=kind, user=user, replaces=replaces, starts_at=starts_at, ends_at=ends_at
    )
    override = Override.objects.create(
        schedule=schedule,
        kind=kind,
        user=user,
        replaces=replaces,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=clean_line(reason, limit=200),
        created_by=by.user,
    )
    shiftchanges.look_again(schedule.pk, clock.now())
    _audit(by, "override.added", override)
    return override


add_override = action(put_override)


def check_room(
    *,
    schedule: Schedule,
    kind: str,
    user: User,
    replaces: User | None,
    starts_at: datetime,
    ends_at: datetime,
) -> None:
    """Raise ``Invalid`` where the person has the same override in this time already, or where there are too many."""
    rows = schedule.overrides.filter(ends_at__gt=clock.now())
    same = rows.filter(kind=kind, user=user, replaces=replaces, origin=Override.Origin.OVERRIDE)
    other = same.filter(starts_at__lt=ends_at, ends_at__gt=starts_at).first()
    if other is not None:
        raise Invalid(
            f"{user} has the same override from {other.starts_at:%Y-%m-%d %H:%M} to "
            f"{other.ends_at:%Y-%m-%d %H:%M} UTC: change that one, or choose another time.",
            field="starts_at",
        )
    if rows.count() >= MOST:
        raise Invalid(
            f"This schedule has {MOST:,} overrides that are not over. Change its layers instead, or write down a "
            "fixed schedule.",
            field="starts_at",
        )


def checked_start(
    *, kind: str, user: User, replaces: User | None, starts_at: datetime, ends_at: datetime
) -> datetime:
    """Return the start that a new override may have: at the earliest now. Raises ``Invalid`` with the field."""
    now = clock.now()
    if kind not in Override.Kind.values:
        raise Invalid("Choose replace, add or remove.", field="kind")
    if kind != Override.Kind.REMOVE and not user.is_active:
        raise Invalid(f"{user} can no longer sign in, so nobody would answer.", field="user")
    if replaces is not None and kind != Override.Kind.REPLACE:
        raise Invalid("Only a replacement says whose part it takes.", field="replaces")
    starts_at = start_from_now(starts_at, now)
    _check_span(starts_at, ends_at, now)
    return starts_at


@action
def change_override(
    *,
    by: Actor,
    override: Override,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    reason: str | None = None,
) -> Override:
    """Move an override's future part; return it. What has been stays: a running one keeps its start.

    Raises ``Conflict`` for one that is over or whose start has passed, ``Invalid`` for times that make no sense.
    """
    require_schedule_editor(by, override.schedule)
    override = _held(override)
    override.starts_at, override.ends_at = checked_move(override, starts_at=starts_at, ends_at=ends_at)
    if reason is not None:
        override.reason = clean_line(reason, limit=200)
    override.save(update_fields=["starts_at", "ends_at", "reason"])
    shiftchanges.look_again(override.schedule_id, clock.now())
    _audit(by, "override.changed", override)
    return override


def checked_move(
    override: Override, *, starts_at: datetime | None = None, ends_at: datetime | None = None
) -> tuple[datetime, datetime]:
    """Return the start and the end that an override may be moved to: what has been of it stays (R52).

    Raises ``Conflict`` for one that is over or whose start has passed, ``Invalid`` for times that make no sense.
    """
    now = clock.now()
    if override.ends_at <= now:
        raise Conflict("This override is over: what was on call is history.", code="over")
    start, end = override.starts_at, override.ends_at
    if starts_at is not None and starts_at != start:
        if start <= now:
            raise Conflict("This override has begun: its start is history.", code="started")
        start = start_from_now(starts_at, now)
    if ends_at is not None and ends_at != end:
        if start < now and ends_at < now - TOLERANCE:
            raise Invalid(
                "This end has passed: what was on call is history. End it now or later.", field="ends_at"
            )
        end = max(ends_at, now) if start < now else ends_at
    _check_span(start, end, now)
    return start, end


def take_back(*, by: Actor, override: Override) -> None:
    """Take an override back: one that has not begun goes, a running one ends now. Twice is once.

    This is ``end_override`` for callers that have a transaction of their own. The row is held before the audit log's
    lock is taken, the order of every other change: two that held one each would wait for each other.
    """
    require_schedule_editor(by, override.schedule)
    held = Override.objects.select_for_update().filter(pk=override.pk).first()
    now = clock.now()  # once it is held: whoever held it before has ended it no later than this
    if held is None or held.ends_at <= now:
        return
    shiftchanges.look_again(held.schedule_id, now)
    _audit(by, "override.ended", held)
    if held.starts_at > now:
        held.delete()
    else:
        Override.objects.filter(pk=held.pk).update(ends_at=now)


end_override = action(take_back)


def start_from_now(starts_at: datetime, now: datetime, field: str = "starts_at") -> datetime:
    """Return the start, at the earliest now: who was on call until now is history. Raises ``Invalid``."""
    if starts_at < now - TOLERANCE:
        raise Invalid("This start has passed: what was on call is history. Start now or later.", field=field)
    return max(starts_at, now)


def _check_span(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    if ends_at <= starts_at:
        raise Invalid("The override would end before it begins.", field="ends_at")
    if ends_at - starts_at > LONGEST:
        raise Invalid("An override lasts a year at most. Change the schedule instead.", field="ends_at")
    if starts_at - now > 2 * LONGEST:
        raise Invalid("This is more than two years ahead.", field="starts_at")


def _held(override: Override) -> Override:
    held = Override.objects.select_for_update().filter(pk=override.pk).first()
    if held is None:
        raise Conflict("Somebody has taken this override back.", code="gone")
    return held


def _audit(by: Actor, what: str, override: Override) -> None:
    audit.record(
        by=by,
        action=what,
        about=override.schedule,
        data={
            "override": override.pk,
            "kind": override.kind,
            "user": override.user_id,
            "replaces": override.replaces_id,
            "from": override.starts_at,
            "until": override.ends_at,
            "reason": override.reason,
        },
    )
