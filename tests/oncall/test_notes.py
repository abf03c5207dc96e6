"""What is said of a rota that its editor may not have meant."""

from datetime import date, time, timedelta
from typing import Any

import pytest
import time_machine

from accounts.models import User
from oncall.models import Override, Schedule
from oncall.notes import notes
from tests import builders
from tests.builders import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def noon() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


def test_a_rota_that_is_as_it_should_be_has_no_notes(alice: User, bob: User) -> None:
    assert notes(builders.rota("Platform", alice, bob)) == []


def test_a_gap_is_named_with_its_times(alice: User, bob: User) -> None:
    rota = builders.rota("Platform", alice, bob, effective_until=NOON + timedelta(days=3))
    [gap] = notes(rota)
    assert gap.startswith(
        "Nobody is on call in Platform from Sat 28 Mar 12:00 to Wed 22 Apr 13:00 (Europe/London)."
    )


def test_somebody_in_two_layers_at_once_is_named_with_both(alice: User, bob: User) -> None:
    rota = builders.rota("Platform", alice, bob)
    builders.layer(rota, bob, alice, name="Secondary", unit="day", anchor_date=NOON.date())
    assert notes(rota) == [
        (
            "Alice is in Primary and in Secondary at once, first on Thu 26 Mar 09:00: "
            "one person would get what two are there for."
        ),
        (
            "Bob is in Primary and in Secondary at once, first on Tue 31 Mar 09:00: "
            "one person would get what two are there for."
        ),
    ]


def test_a_fallback_with_the_same_people_does_no_harm(alice: User, bob: User) -> None:
    rota = builders.rota("Platform", alice, bob, priority=1)
    builders.layer(rota, alice, bob, name="Everybody", mode="everyone")
    assert notes(rota) == []


def test_a_rotation_of_one_is_named(alice: User) -> None:
    rota = builders.rota("Platform", alice)
    assert notes(rota) == ["Primary: only Alice takes turns, so nobody relieves them."]


def test_a_turn_of_somebody_who_left_is_a_gap_and_they_are_named(alice: User, bob: User) -> None:
    rota = builders.rota("Platform", alice, bob)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    gap, gone = notes(rota)
    assert "from Mon 30 Mar 09:00 to Mon 6 Apr 09:00; from Mon 13 Apr 09:00" in gap
    assert gone == "Bob can no longer sign in, but is still in Primary: nobody would answer."


def test_an_override_of_somebody_who_left_is_named(alice: User, bob: User, carol: User) -> None:
    rota = builders.rota("Platform", alice, bob)
    Override.objects.create(schedule=rota, user=carol, starts_at=NOON, ends_at=NOON + timedelta(hours=4))
    User.objects.filter(pk=carol.pk).update(is_active=False)
    gap, gone = notes(rota)
    assert "from Wed 25 Mar 12:00 to Wed 25 Mar 16:00" in gap
    assert gone == "Carol can no longer sign in, but is still in an override: nobody would answer."


def test_hand_offs_on_clock_changes_are_explained(alice: User, bob: User) -> None:
    rota: Schedule = builders.rota(
        "Platform", alice, bob, unit="day", handoff_time=time(1, 30), anchor_date=date(2026, 3, 1)
    )
    assert notes(rota) == [
        (
            "Primary: Sun 29 Mar 2026, 01:30 does not exist: "
            "the clocks go forward, and the pager changes hands at 02:00 BST."
        ),
        "Primary: Sun 25 Oct 2026, 01:30 comes twice: the pager changes hands the first time (01:30 BST).",
    ]
