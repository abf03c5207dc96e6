"""Changes of a rota. History stays: a layer that has started is ended and succeeded, never rewritten (semantics.md)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from accounts import audit
from accounts.actor import Actor
from accounts.models import User
from accounts.write import action
from common import clock
from common.errors import Conflict, Invalid, NotAllowed
from oncall import shiftchanges
from oncall.models import Layer, LayerMember, LayerWindow
from oncall.rota import layer_spec
from oncall.rota.rotation import Rotation


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
    shiftchanges.look_again(target.schedule_id, now)
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
