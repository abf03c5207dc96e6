"""Fixed schedules: written down, changed, taken back; and what has been stays."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from accounts.actor import Actor
from accounts.models import AuditEntry, User
from common.errors import Conflict, Invalid, NotAllowed
from oncall import actions
from oncall.actions import FixedRow
from oncall.models import FixedSchedule, FixedShift, Schedule
from oncall.rota import load_spec, resolve
from tests import builders
from tests.builders import NOON

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def noon() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def rota(alice: User) -> Schedule:
    return builders.rota("Platform", alice)


@pytest.fixture
def admin(erin: User) -> Actor:
    return Actor.of(erin)


def add(by: Actor, rota: Schedule, *shifts: tuple[User, int, int], **changes: Any) -> FixedSchedule:
    """A fixed schedule of two days from noon; ``shifts`` are (person, first hour, last hour)."""
    rows = [FixedRow(user, NOON + a * HOUR, NOON + b * HOUR) for user, a, b in shifts]
    given = {"starts_at": NOON, "ends_at": NOON + 2 * DAY, "shifts": rows, "reason": "launch"}
    made: FixedSchedule = actions.add_fixed(by=by, schedule=rota, **(given | changes))
    return made


def hours(rota: Schedule, start: datetime = NOON, end: datetime = NOON + 3 * DAY) -> list[tuple[int, str]]:
    """Who is on call from which hour after noon on."""
    people = {user.pk: user.name for user in User.objects.all()}
    shifts = resolve(load_spec(rota, start, end), start, end)
    return [(int((s.start - NOON) / HOUR), people.get(s.user_id or 0, "nobody")) for s in shifts]


def test_it_stands_instead_of_the_layers_for_its_time(
    rota: Schedule, admin: Actor, bob: User, carol: User
) -> None:
    add(admin, rota, (bob, 0, 24), (carol, 30, 48))
    assert hours(rota) == [(0, "Bob"), (24, "nobody"), (30, "Carol"), (48, "Alice")]
    assert AuditEntry.objects.filter(action="fixed_schedule.added").exists()


def test_its_future_changes_and_its_past_stays(rota: Schedule, admin: Actor, bob: User, carol: User) -> None:
    fixed = add(admin, rota, (bob, 0, 24), (carol, 24, 48))
    with time_machine.travel(NOON + 12 * HOUR, tick=False):
        rows = [FixedRow(carol, NOON, NOON + 60 * HOUR)]
        for _ in range(2):
            actions.change_fixed(by=admin, fixed=fixed, shifts=rows, ends_at=NOON + 60 * HOUR)
    assert hours(rota) == [(0, "Bob"), (12, "Carol"), (60, "Alice")]


def test_one_that_has_not_begun_is_moved_whole(rota: Schedule, admin: Actor, bob: User) -> None:
    fixed = add(admin, rota, (bob, 24, 30), starts_at=NOON + DAY)
    rows = [FixedRow(bob, NOON + 30 * HOUR, NOON + 48 * HOUR)]
    actions.change_fixed(by=admin, fixed=fixed, shifts=rows, starts_at=NOON + 30 * HOUR, reason="late launch")
    assert hours(rota) == [(0, "Alice"), (30, "Bob"), (48, "Alice")]
    assert FixedShift.objects.count() == 1


def test_a_running_one_is_taken_back_from_now_on_once(rota: Schedule, admin: Actor, bob: User) -> None:
    fixed = add(admin, rota, (bob, 0, 20), (bob, 30, 48))
    with time_machine.travel(NOON + 12 * HOUR, tick=False):
        for _ in range(2):
            actions.end_fixed(by=admin, fixed=fixed)
    assert hours(rota) == [(0, "Bob"), (12, "Alice")]
    assert AuditEntry.objects.filter(action="fixed_schedule.ended").count() == 1


def test_one_that_has_not_begun_goes(rota: Schedule, admin: Actor, bob: User) -> None:
    fixed = add(admin, rota, (bob, 24, 48), starts_at=NOON + DAY)
    for _ in range(2):
        actions.end_fixed(by=admin, fixed=fixed)
    assert not FixedSchedule.objects.exists()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"starts_at": NOON + HOUR}, "its start is history"),
        ({"reason": "another"}, "reason is shown with what was on call"),
    ],
)
def test_what_has_begun_keeps_its_start_and_its_reason(
    rota: Schedule, admin: Actor, bob: User, change: dict[str, Any], sentence: str
) -> None:
    fixed = add(admin, rota, (bob, 0, 48))
    with time_machine.travel(NOON + HOUR, tick=False), pytest.raises(Conflict, match=sentence):
        actions.change_fixed(by=admin, fixed=fixed, shifts=[], **change)


def test_one_that_is_over_or_gone_is_not_changed(rota: Schedule, admin: Actor, bob: User) -> None:
    fixed = add(admin, rota, (bob, 0, 48))
    with time_machine.travel(NOON + 3 * DAY, tick=False), pytest.raises(Conflict, match="history"):
        actions.change_fixed(by=admin, fixed=fixed, shifts=[])
    FixedSchedule.objects.all().delete()
    with pytest.raises(Conflict, match="taken this fixed schedule back"):
        actions.change_fixed(by=admin, fixed=fixed, shifts=[])


@pytest.mark.parametrize(
    ("shifts", "changes", "field", "sentence"),
    [
        ([(0, 24)], {"starts_at": NOON - DAY}, "starts_at", "This start has passed"),
        ([], {"ends_at": NOON - DAY}, "ends_at", "end before it begins"),
        ([], {"ends_at": NOON + 400 * DAY}, "ends_at", "a year at most"),
        ([(24, 24)], {}, "shifts", "The shift of Bob would end before it begins"),
        ([(24, 72)], {}, "shifts", "A shift of Bob lies outside"),
        ([(0, 24), (23, 30)], {}, "shifts", "Bob has two shifts at once"),
        ([(0, 1)] * 501, {}, "shifts", "at most 500 shifts"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field(
    rota: Schedule, admin: Actor, bob: User,
    shifts: list[tuple[int, int]], changes: dict[str, Any], field: str, sentence: str,
) -> None:  # fmt: skip
    with pytest.raises(Invalid, match=sentence) as refused:
        add(admin, rota, *((bob, a, b) for a, b in shifts), **changes)
    assert refused.value.field == field
    assert not FixedSchedule.objects.exists()


def test_two_do_not_stand_at_the_same_time(rota: Schedule, admin: Actor, bob: User) -> None:
    add(admin, rota, (bob, 0, 48))
    with pytest.raises(Invalid, match="“launch” stands from 2026-03-25 12:00 to 2026-03-27 12:00 UTC"):
        add(admin, rota, (bob, 24, 48), starts_at=NOON + DAY)
    add(admin, rota, starts_at=NOON + 2 * DAY, ends_at=NOON + 3 * DAY)


def test_nobody_has_a_shift_who_cannot_sign_in(rota: Schedule, admin: Actor, bob: User) -> None:
    bob.is_active = False
    with pytest.raises(Invalid, match="Bob can no longer sign in"):
        add(admin, rota, (bob, 0, 24))


def test_only_admins_write_them(rota: Schedule, admin: Actor, bob: User) -> None:
    fixed = add(admin, rota, (bob, 0, 48))
    for attempt in (
        lambda: add(Actor.of(bob), rota, (bob, 0, 24)),
        lambda: actions.change_fixed(by=Actor.of(bob), fixed=fixed, shifts=[]),
        lambda: actions.end_fixed(by=Actor.of(bob), fixed=fixed),
    ):
        with pytest.raises(NotAllowed):
            attempt()
