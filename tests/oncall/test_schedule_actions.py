"""Changing a rotation: the past stays, the present turn stays, the future is new."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts.actor import Actor
from accounts.models import User
from common.errors import Conflict, Invalid, NotAllowed
from oncall import actions
from oncall.actions import MemberRow
from oncall.models import Layer, Schedule
from oncall.rota import load_spec, resolve, who
from tests import builders
from tests.builders import NOON

pytestmark = pytest.mark.django_db
BEFORE = NOON - timedelta(weeks=8)
AFTER = NOON + timedelta(weeks=8)


@pytest.fixture
def rota(alice: User, bob: User) -> Schedule:
    return builders.rota("Platform", alice, bob)


def change(by: User, layer: Layer, *people: User | None, **more: object) -> Layer:
    with time_machine.travel(NOON, tick=False):
        changed: Layer = actions.change_layer(
            by=Actor.of(by), layer=layer, members=[MemberRow(person) for person in people], changes=dict(more)
        )
    return changed


def names(rota: Schedule, start: datetime, end: datetime) -> list[str]:
    people = {user.pk: user.name for user in User.objects.all()}
    return [
        people[s.user_id] if s.user_id else "nobody" for s in resolve(load_spec(rota, start, end), start, end)
    ]


def test_a_started_layer_is_closed_and_succeeded(
    rota: Schedule, alice: User, bob: User, carol: User, erin: User
) -> None:
    past = resolve(load_spec(rota, BEFORE, NOON), BEFORE, NOON)
    old = rota.layers.get()
    new = change(erin, old, alice, bob, carol)
    old.refresh_from_db()
    assert (old.effective_until, new.effective_from, new.succeeds) == (NOON, NOON, old)
    assert resolve(load_spec(rota, BEFORE, NOON), BEFORE, NOON) == past


def test_whoever_joins_moves_nobodys_present_shift(
    rota: Schedule, alice: User, bob: User, carol: User, erin: User
) -> None:
    change(erin, rota.layers.get(), alice, bob, carol)
    assert names(rota, NOON, NOON + timedelta(weeks=4)) == ["Alice", "Bob", "Carol", "Alice", "Bob"]
    [shift] = who(load_spec(rota, NOON, AFTER), NOON)
    assert shift.end == datetime(2026, 3, 30, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "order", [["Carol", "Bob", "Alice"], ["Bob", "Alice"], ["Bob", "Carol", "Dave", "Alice"]]
)
def test_a_new_order_goes_on_from_whoever_has_the_turn(
    rota: Schedule, carol: User, dave: User, erin: User, order: list[str]
) -> None:
    change(erin, rota.layers.get(), *(User.objects.get(name=name) for name in order))
    start = order.index("Alice")
    expected = [order[(start + turn) % len(order)] for turn in range(3)]
    assert names(rota, NOON, NOON + timedelta(weeks=2)) == expected


def test_when_who_has_the_turn_leaves_the_next_takes_it(
    rota: Schedule, bob: User, carol: User, erin: User
) -> None:
    change(erin, rota.layers.get(), carol, bob)
    assert names(rota, NOON, NOON + timedelta(weeks=1)) == ["Bob", "Carol"]


@pytest.mark.parametrize(("unit", "interval"), [("hour", 12), ("day", 1), ("week", 2), ("month", 1)])
def test_this_holds_for_every_length_of_turn(
    alice: User, bob: User, carol: User, erin: User, unit: str, interval: int
) -> None:
    rota = builders.rota("Platform", alice, bob, unit=unit, interval=interval, anchor_date="2025-12-31")
    layer = Layer.objects.get()
    before = who(load_spec(rota, NOON, AFTER), NOON)[0]
    change(erin, layer, alice, bob, carol)
    after = who(load_spec(rota, NOON, AFTER), NOON)[0]
    assert (after.user_id, after.end) == (before.user_id, before.end)


def test_other_turns_are_as_asked(rota: Schedule, alice: User, bob: User, erin: User) -> None:
    new = change(erin, rota.layers.get(), bob, alice, anchor_date=NOON.date())
    assert new.anchor_date == NOON.date()
    assert names(rota, NOON, NOON + timedelta(days=1)) == ["Bob"]


def test_a_layer_that_has_not_begun_is_changed_itself(
    rota: Schedule, alice: User, bob: User, erin: User
) -> None:
    layer = rota.layers.get()
    Layer.objects.filter(pk=layer.pk).update(effective_from=AFTER)
    changed = change(erin, layer, bob)
    assert (changed.pk, rota.layers.count(), [m.user for m in changed.members.all()]) == (layer.pk, 1, [bob])


def test_a_layer_that_has_ended_is_history(rota: Schedule, alice: User, erin: User) -> None:
    layer = rota.layers.get()
    Layer.objects.filter(pk=layer.pk).update(effective_until=NOON - timedelta(days=1))
    with pytest.raises(Conflict, match="history"):
        change(erin, layer, alice)


def test_an_end_before_the_beginning_is_refused(rota: Schedule, alice: User, erin: User) -> None:
    with pytest.raises(Invalid, match="end before it begins") as refused:
        change(erin, rota.layers.get(), alice, effective_until=NOON - timedelta(days=1))
    assert refused.value.field == "effective_until"
    assert rota.layers.get().effective_until is None


def test_only_admins_change_rotations(rota: Schedule, alice: User) -> None:
    with pytest.raises(NotAllowed, match="You can put in an override"):
        change(alice, rota.layers.get(), alice)
