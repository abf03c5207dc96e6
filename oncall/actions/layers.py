"""Changes of a rota. History stays: a layer that has started is ended and succeeded, never rewritten (semantics.md)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from accounts import audit
from accounts.actor import Actor
from accounts.models import User
from accounts.write import action
from common import clock, zones
from common.errors import Conflict, Invalid, NotAllowed
from common.text import clean_line
from oncall import shiftchanges
from oncall.actions.checks import MemberRow, WindowRow, check_layer
from oncall.actions.overrides import TOLERANCE, start_from_now
from oncall.models import Layer, LayerMember, LayerWindow, Schedule
from oncall.rota import layer_spec
from oncall.rota.rotation import Rotation

# What may be said of a layer, besides its people and hours.
FIELDS = ("name", "priority", "mode", "unit", "interval", "handoff_time", "anchor_date", "effective_from",
          "effective_until", "worked_shifts_only", "holidays", "feed")  # fmt: skip


def start_layer(
    *,
    by: Actor,
    schedule: Schedule,
    fields: dict[str, Any],
    members: Sequence[MemberRow] = (),
    windows: Sequence[WindowRow] = (),
) -> Layer:
    """Give a schedule one more layer, from now or later; return it. ``fields`` are those of ``FIELDS``.

    A layer without ``effective_from`` begins now, and one without ``anchor_date`` hands over to the first person on
    the local day on which it begins. Raises ``Invalid`` with the field for what makes no sense, ``NotAllowed`` for
    anybody but an admin. This is ``add_layer`` for callers that have a transaction of their own.
    """
    require_layer_editor(by)
    schedule = Schedule.objects.select_for_update(no_key=True).get(pk=schedule.pk)
    now = clock.now()
    begins = start_from_now(fields.get("effective_from") or now, now, field="effective_from")
    today = begins.astimezone(zones.get(schedule.time_zone)).date()
    values = {"anchor_date": today} | _known(fields) | {"effective_from": begins}
    layer = Layer(schedule=schedule, **values)
    _save(layer, members, windows, now)
    shiftchanges.look_again(schedule.pk, now)
    _audit(by, "layer.added", layer, members, fields)
    return layer


add_layer = action(start_layer)


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
    held = Layer.objects.select_for_update().select_related("schedule").get(pk=layer.pk)
    now = clock.now()  # once it is held: whoever held it before has closed it no later than this
    at = max(at or now, now)
    _refuse_ended(held, now)
    if held.effective_from > now:
        target, kept = held, {}
        if changes.get("effective_from"):
            changes = changes | {
                "effective_from": start_from_now(changes["effective_from"], now, field="effective_from")
            }
    else:
        target = _copy(held, at)
        kept = {} if _TURNS & set(changes) else same_turns(held, [row.user for row in members], at)
        changes = {key: value for key, value in changes.items() if key != "effective_from"}
    for name, value in (kept | _known(changes)).items():
        setattr(target, name, value)
    if target.succeeds_id == held.pk:
        Layer.objects.filter(pk=held.pk).update(effective_until=at)
    _save(target, members, windows, now)
    shiftchanges.look_again(target.schedule_id, now)
    _audit(by, "layer.changed", target, members, changes)
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


def end_layer(*, by: Actor, layer: Layer, at: datetime | None = None) -> None:
    """Close a layer at an instant (default: now): after it nobody has turns by it. Twice is once.

    One that has not begun goes altogether. Raises ``Invalid`` for an instant that has passed, ``Conflict`` for another
    end of a layer that has ended. This is ``close_layer`` for callers that have a transaction of their own.
    """
    require_layer_editor(by)
    held = Layer.objects.select_for_update().select_related("schedule").filter(pk=layer.pk).first()
    now = clock.now()
    if held is None or (at is None and held.effective_until is not None and held.effective_until <= now):
        return
    _refuse_ended(held, now)
    if at is not None and at < now - TOLERANCE:
        raise Invalid(
            "This end has passed: what was on call is history. End it now or later.", field="effective_until"
        )
    at = max(at or now, now)
    _audit(by, "layer.closed", held, [], {"effective_until": at})
    if held.effective_from >= at:
        held.delete()
    else:
        Layer.objects.filter(pk=held.pk).update(effective_until=at)
    shiftchanges.look_again(held.schedule_id, now)


close_layer = action(end_layer)


# Who asks for other turns gets them as asked.
_TURNS = {"anchor_date", "handoff_time", "unit", "interval", "mode", "worked_shifts_only"}


def same_turns(layer: Layer, people: Sequence[User | None], at: datetime) -> dict[str, Any]:
    """Return the anchor with which a new order goes on from the present turn, so that joining moves nobody's shift.

    Whoever has the turn at ``at`` keeps it if they are still in the order; else whoever followed them takes it.
    """
    spec = layer_spec(layer)
    if spec.mode != "rotate" or spec.worked_shifts_only or not people:
        return {}
    rotation = Rotation(spec, zones.get(layer.schedule.time_zone))
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


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a layer among what was given, the name in its clean form. Raises ``Invalid`` for others."""
    if unknown := sorted(set(fields) - set(FIELDS)):
        raise Invalid("A layer has no such field.", field=unknown[0])
    name = {"name": clean_line(fields["name"], limit=120)} if "name" in fields else {}
    return fields | name


def _refuse_ended(layer: Layer, now: datetime) -> None:
    if layer.effective_until is not None and layer.effective_until <= now:
        raise Conflict("This layer has ended: what was on call is history.", code="over")


def _save(layer: Layer, members: Sequence[MemberRow], windows: Sequence[WindowRow], now: datetime) -> None:
    """Store a layer that has not begun with exactly these people and hours."""
    check_layer(layer, members, windows, now)
    if layer.pk is not None:
        layer.members.all().delete()
        layer.windows.all().delete()
    layer.save()
    LayerMember.objects.bulk_create(
        LayerMember(layer=layer, user=row.user, position=place, since=row.since, until=row.until)
        for place, row in enumerate(members)
    )
    LayerWindow.objects.bulk_create(
        LayerWindow(layer=layer, weekday=row.weekday, starts=row.starts, ends=row.ends) for row in windows
    )


def _audit(by: Actor, what: str, layer: Layer, members: Sequence[MemberRow], fields: dict[str, Any]) -> None:
    audit.record(
        by=by,
        action=what,
        about=layer,
        data={
            "pk": layer.pk,
            "succeeds": layer.succeeds_id,
            "from": layer.effective_from,
            "members": [str(row.user or "nobody") for row in members],
            "fields": {name: str(value) for name, value in fields.items()},
        },
    )
