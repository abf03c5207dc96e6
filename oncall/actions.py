"""What changes who is on call. History stays: what has begun is ended and succeeded, never rewritten (semantics.md)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from accounts import audit
from accounts.actor import Actor
from accounts.models import User
from accounts.write import action
from common import clock
from common.errors import Conflict, Invalid, NotAllowed
from common.text import clean_line
from oncall.access import require_schedule_editor
from oncall.models import Layer, LayerMember, LayerWindow, Override, Schedule
from oncall.rota import layer_spec
from oncall.rota.rotation import Rotation

LONGEST = timedelta(days=366)
# A form that was opened a moment ago still says "from now".
TOLERANCE = timedelta(minutes=5)


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


@action
def add_override(
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
    person who cannot sign in and for an unknown kind; ``NotAllowed`` for who may only look.
    """
    require_schedule_editor(by, schedule)
    starts_at = checked_start(kind=kind, user=user, replaces=replaces, starts_at=starts_at, ends_at=ends_at)
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
    _audit(by, "override.added", override)
    return override


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
    now = clock.now()
    if override.ends_at <= now:
        raise Conflict("This override is over: what was on call is history.", code="over")
    if starts_at is not None and starts_at != override.starts_at:
        if override.starts_at <= now:
            raise Conflict("This override has begun: its start is history.", code="started")
        override.starts_at = start_from_now(starts_at, now)
    override.ends_at = ends_at or override.ends_at
    _check_span(override.starts_at, override.ends_at, now)
    if reason is not None:
        override.reason = clean_line(reason, limit=200)
    override.save(update_fields=["starts_at", "ends_at", "reason"])
    _audit(by, "override.changed", override)
    return override


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
    _audit(by, "override.ended", held)
    if held.starts_at > now:
        held.delete()
    else:
        Override.objects.filter(pk=held.pk).update(ends_at=now)


end_override = action(take_back)


def succeed_layer(
    *,
    by: Actor,
    layer: Layer,
    members: Sequence[MemberRow],
    windows: Sequence[WindowRow],
    changes: dict[str, Any],
    at: datetime | None = None,
) -> Layer:
    """Close a layer that has started and let a changed copy succeed it from ``at`` (default: now); return the copy.

    A layer that has not started is changed itself. ``changes`` are fields of ``Layer``; members and windows are all
    that the new layer has. This is ``change_layer`` for callers that have a transaction of their own.
    """
    require_layer_editor(by)
    now = clock.now()
    at = max(at or now, now)
    held = Layer.objects.select_for_update().get(pk=layer.pk)
    if held.effective_until is not None and held.effective_until <= now:
        raise Conflict("This layer has ended: what was on call is history.", code="over")
    if held.effective_from > now:
        target = held
        _assign(target, changes)
        target.members.all().delete()
        target.windows.all().delete()
    else:
        target = _copy(held, at)
        kept = {} if _TURNS & set(changes) else same_turns(held, [row.user for row in members], at)
        _assign(target, kept | {key: value for key, value in changes.items() if key != "effective_from"})
        Layer.objects.filter(pk=held.pk).update(effective_until=at)
    _write_rows(target, members, windows)
    audit.record(
        by=by,
        action="layer.changed",
        about=target,
        data={
            "pk": target.pk,
            "succeeds": target.succeeds_id,
            "from": target.effective_from,
            "members": [str(m.user or "nobody") for m in members],
            "fields": {k: str(v) for k, v in changes.items()},
        },
    )
    return target


@action
def change_layer(
    *,
    by: Actor,
    layer: Layer,
    members: Sequence[MemberRow],
    windows: Sequence[WindowRow] = (),
    changes: dict[str, Any] | None = None,
    at: datetime | None = None,
) -> Layer:
    """``succeed_layer`` in a transaction of its own."""
    return succeed_layer(by=by, layer=layer, members=members, windows=windows, changes=changes or {}, at=at)


# Who asks for other turns gets them as asked.
_TURNS = {"anchor_date", "handoff_time", "unit", "interval", "mode", "worked_shifts_only"}


def same_turns(layer: Layer, people: Sequence[User | None], at: datetime) -> dict[str, Any]:
    """Return the anchor with which a new order goes on from the present turn, so that joining moves nobody's shift.

    Whoever has the turn at ``at`` keeps it if they are still in the order; else whoever followed them takes it.
    """
    spec = layer_spec(layer)
    if spec.mode != "rotate" or spec.worked_shifts_only or not people:
        return {}
    rotation = Rotation(spec, ZoneInfo(layer.schedule.time_zone))
    order = [user.pk if user else None for user in people]
    line = (
        user
        for _, _, user in rotation.turns(at, rotation.handoff(rotation.turn_at(at) + 2 * len(spec.members)))
    )
    place = next((order.index(user) for user in line if user is not None and user in order), None)
    if place is None:
        return {}
    number = rotation.turn_at(at) - place
    for back in range(0, 13 * len(order), len(order)):
        wall = rotation.wall(number - back)
        if (
            spec.unit != "month" or wall.day == spec.anchor.day
        ):  # the 28th that stands for a 31st is no anchor
            return {"anchor_date": wall.date(), "handoff_time": wall.time()}
    return {}


def require_layer_editor(by: Actor) -> None:
    """Raise ``NotAllowed`` unless the actor may change rotations: an admin, or a command on the server."""
    if by.user is not None and not by.user.is_admin:
        raise NotAllowed("Only an admin may change a schedule. You can put in an override.")


def _copy(layer: Layer, at: datetime) -> Layer:
    values = {
        field.name: getattr(layer, field.name)
        for field in Layer._meta.concrete_fields
        if not field.primary_key
    }
    return Layer(**values | {"effective_from": at, "succeeds": layer})


def _assign(layer: Layer, changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        setattr(layer, name, value)
    if layer.effective_until is not None and layer.effective_until <= layer.effective_from:
        raise Invalid("The layer would end before it begins.", field="effective_until")
    layer.save()


def _write_rows(layer: Layer, members: Sequence[MemberRow], windows: Sequence[WindowRow]) -> None:
    LayerMember.objects.bulk_create(
        LayerMember(layer=layer, user=row.user, position=place, since=row.since, until=row.until)
        for place, row in enumerate(members)
    )
    LayerWindow.objects.bulk_create(
        LayerWindow(layer=layer, weekday=row.weekday, starts=row.starts, ends=row.ends) for row in windows
    )


def start_from_now(starts_at: datetime, now: datetime, field: str = "starts_at") -> datetime:
    """Return the start, at the earliest now: who was on call until now is history. Raises ``Invalid``."""
    if starts_at < now - TOLERANCE:
        raise Invalid(
            "This start has passed: what was on call is history. Start now or later.", field="starts_at"
        )
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
