"""New layers, their end, and what a layer may not look like."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine

from accounts.actor import Actor
from accounts.models import AuditEntry, BusinessCalendar, User
from common.errors import Conflict, Invalid, NotAllowed
from oncall import actions
from oncall.actions import MemberRow, WindowRow
from oncall.models import ForeignCalendar, Layer, Schedule
from oncall.rota import load_spec, resolve, who
from tests import builders
from tests.builders import NOON

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def noon() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def rota(alice: User, bob: User) -> Schedule:
    return builders.rota("Platform", alice, bob)


@pytest.fixture
def admin(erin: User) -> Actor:
    return Actor.of(erin)


def add(by: Actor, rota: Schedule, *people: User | None, **fields: Any) -> Layer:
    layer: Layer = actions.add_layer(
        by=by,
        schedule=rota,
        fields={"name": "Nights", **fields},
        members=[MemberRow(person) for person in people],
    )
    return layer


def test_a_new_layer_begins_now_with_the_first_person(rota: Schedule, admin: Actor, carol: User) -> None:
    layer = add(admin, rota, carol, priority=1)
    assert (layer.effective_from, layer.anchor_date) == (NOON, NOON.date())
    assert [s.user_id for s in who(load_spec(rota, NOON, NOON + DAY), NOON)] == [carol.pk]
    assert AuditEntry.objects.filter(action="layer.added").count() == 1


def test_a_new_layer_changes_nothing_of_the_past(rota: Schedule, admin: Actor, carol: User) -> None:
    span = NOON - timedelta(weeks=8), NOON
    before = resolve(load_spec(rota, *span), *span)
    add(admin, rota, carol, priority=9)
    assert resolve(load_spec(rota, *span), *span) == before
    with pytest.raises(Invalid, match="history") as refused:
        add(admin, rota, carol, effective_from=NOON - DAY)
    assert refused.value.field == "effective_from"


def test_the_same_request_twice_makes_one_layer(rota: Schedule, admin: Actor, carol: User) -> None:
    request = {"schedule": rota, "fields": {"name": "Nights"}, "members": [MemberRow(carol)]}
    first, second = (actions.add_layer(by=admin, idempotency_key="once", **request) for _ in range(2))
    assert first == second
    assert rota.layers.count() == 2


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"name": " "}, "name", "Give the layer a name"),
    ({"interval": 0}, "interval", "between 1 and 365"),
    ({"interval": 366}, "interval", "between 1 and 365"),
    ({"priority": -1}, "priority", "between 0 and"),
    ({"unit": "fortnight"}, "unit", "Choose one of hour, day, week, month."),
    ({"mode": "lottery"}, "mode", "Choose one of rotate"),
    ({"holidays": "sometimes"}, "holidays", "Choose one of as_usual"),
    ({"anchor_date": date(9999, 12, 31)}, "anchor_date", "between the years 2000 and 2100"),
    ({"effective_until": NOON - DAY}, "effective_until", "end before it begins"),
    ({"effective_from": NOON.replace(year=2999)}, "effective_from", "between the years 2000 and 2100"),
    ({"mode": "calendar"}, "feed", "Choose the calendar"),
    ({"holidays": "off"}, "holidays", "no day is a holiday"),
    ({"colour": "red"}, "colour", "no such field"),
]


@pytest.mark.parametrize(("fields", "field", "sentence"), REFUSED)
def test_what_makes_no_sense_is_refused_beside_its_field(
    rota: Schedule, admin: Actor, carol: User, fields: dict[str, Any], field: str, sentence: str
) -> None:
    def change() -> Layer:
        changed: Layer = actions.change_layer(
            by=admin, layer=rota.layers.get(), members=[MemberRow(carol)], changes=fields
        )
        return changed

    attempts: list[Callable[[], Layer]] = [lambda: add(admin, rota, carol, **fields)]
    if field != "effective_from":  # a layer that has begun keeps its beginning whatever is said
        attempts.append(change)
    for attempt in attempts:
        with pytest.raises(Invalid, match=sentence) as refused:
            attempt()
        assert refused.value.field == field
    assert rota.layers.get().effective_until is None


def test_somebody_who_left_is_not_put_into_the_order(rota: Schedule, admin: Actor, carol: User) -> None:
    User.objects.filter(pk=carol.pk).update(is_active=False)
    carol.refresh_from_db()
    with pytest.raises(Invalid, match="Carol can no longer sign in") as refused:
        add(admin, rota, carol)
    assert refused.value.field == "members"


def test_an_order_has_an_end(rota: Schedule, admin: Actor, carol: User) -> None:
    with pytest.raises(Invalid, match="at most 100 places"):
        add(admin, rota, *[carol] * 101)
    with pytest.raises(Invalid, match="at most 100 weekly hours"):
        actions.add_layer(
            by=admin,
            schedule=rota,
            fields={"name": "A"},
            windows=[WindowRow(0, NOON.time(), NOON.time())] * 101,
        )


def test_a_layer_reads_a_calendar_of_shifts_only(
    rota: Schedule, admin: Actor, alice: User, carol: User
) -> None:
    calendar = ForeignCalendar.objects.create(
        purpose="absence", name="Away", url="https://a.example", due_at=NOON
    )
    with pytest.raises(Invalid, match="holds a person's absences"):
        add(admin, rota, mode="calendar", feed=calendar)
    ForeignCalendar.objects.update(purpose="shifts")
    calendar.refresh_from_db()
    with pytest.raises(Invalid, match="leave the order of people empty"):
        add(admin, rota, carol, mode="calendar", feed=calendar)
    with pytest.raises(Invalid, match="Only “as another calendar says”"):
        add(admin, rota, carol, feed=calendar)
    layer = add(admin, rota, mode="calendar", feed=calendar)
    successor = actions.change_layer(by=admin, layer=layer, members=[MemberRow(carol)],
                                     changes={"mode": "rotate", "feed": None})  # fmt: skip
    assert (successor.mode, successor.feed) == ("rotate", None)


def test_a_layer_that_has_begun_is_succeeded_also_for_its_holidays(
    rota: Schedule, admin: Actor, alice: User, bob: User
) -> None:
    BusinessCalendar.objects.create(name="Everybody", country="GB", is_default=True)
    old = rota.layers.get()
    new = actions.change_layer(
        by=admin, layer=old, members=[MemberRow(alice), MemberRow(bob)], changes={"holidays": "off"}
    )
    old.refresh_from_db()
    assert (old.holidays, new.holidays, old.effective_until) == ("as_usual", "off", NOON)


def test_a_change_can_be_for_later(rota: Schedule, admin: Actor, carol: User) -> None:
    old = rota.layers.get()
    actions.change_layer(by=admin, layer=old, members=[MemberRow(carol)], at=NOON + DAY)
    span = NOON, NOON + 2 * DAY
    assert [f"{s.start:%d}" for s in resolve(load_spec(rota, *span), *span)] == ["25", "26"]


def test_a_layer_is_closed_now_and_closing_it_again_changes_nothing(rota: Schedule, admin: Actor) -> None:
    layer = rota.layers.get()
    actions.close_layer(by=admin, layer=layer)
    with time_machine.travel(NOON + DAY, tick=False):
        actions.close_layer(by=admin, layer=layer)
        with pytest.raises(Conflict, match="history"):
            actions.close_layer(by=admin, layer=layer, at=NOON + 2 * DAY)
    assert rota.layers.get().effective_until == NOON
    assert AuditEntry.objects.filter(action="layer.closed").count() == 1


def test_a_layer_is_closed_later_or_not_in_the_past(rota: Schedule, admin: Actor) -> None:
    layer = rota.layers.get()
    with pytest.raises(Invalid, match="This end has passed") as refused:
        actions.close_layer(by=admin, layer=layer, at=NOON - DAY)
    assert refused.value.field == "effective_until"
    actions.close_layer(by=admin, layer=layer, at=NOON + DAY)
    assert rota.layers.get().effective_until == NOON + DAY


def test_a_layer_that_has_not_begun_goes(rota: Schedule, admin: Actor, carol: User) -> None:
    layer = add(admin, rota, carol, effective_from=NOON + DAY)
    actions.close_layer(by=admin, layer=layer)
    assert not Layer.objects.filter(pk=layer.pk).exists()


def test_only_admins_add_and_close_layers(rota: Schedule, carol: User) -> None:
    with pytest.raises(NotAllowed):
        add(Actor.of(carol), rota, carol)
    with pytest.raises(NotAllowed):
        actions.close_layer(by=Actor.of(carol), layer=rota.layers.get())
