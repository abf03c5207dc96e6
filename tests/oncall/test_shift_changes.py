"""The pager changes hands: told once to both, with a brief, confirmed or reminded of (R52)."""

from datetime import datetime, timedelta

import pytest
import time_machine

from accounts.actor import Actor
from accounts.models import User
from common import clock
from common.errors import NotAllowed
from escalation.models import Page
from incidents import actions as incidents
from oncall import actions
from oncall.due import HAND_OVERS, SHIFT_CHANGES
from oncall.models import Schedule, ShiftChange
from tests import builders
from tests.builders import NOON
from tests.oncall.people import BOBS, mails

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("noon")]
TAKES_OVER = "[On-call] You have the pager of Platform, until Mon 6 Apr 08:00 UTC"
OVER = "[On-call] Bob has the pager of Platform now: your shift is over"


def look(noon: time_machine.Traveller, at: datetime) -> list[tuple[str, str]]:
    """The clock wakes whenever something is due, until ``at``; returns the mails of that time."""
    sent = []
    while (due := SHIFT_CHANGES.next_due()) is not None and due <= at:
        noon.move_to(max(due, clock.now()), tick=False)
        SHIFT_CHANGES.sweep(clock.now())
        sent += mails()
    noon.move_to(at, tick=False)
    return sent


def test_both_people_are_told_at_the_hand_off(noon: time_machine.Traveller, three: Schedule) -> None:
    assert look(noon, BOBS[0] - timedelta(minutes=1)) == []
    assert look(noon, BOBS[0] + timedelta(hours=3)) == [
        ("bob@example.org", TAKES_OVER),
        ("alice@example.org", OVER),
    ]


def test_looking_again_at_once_tells_nothing_twice(noon: time_machine.Traveller, three: Schedule) -> None:
    look(noon, BOBS[0])
    Schedule.objects.update(next_change_at=BOBS[0] - timedelta(hours=1))
    SHIFT_CHANGES.sweep(clock.now())
    assert ShiftChange.objects.count() == 1
    assert mails() == []


def test_after_an_outage_only_the_latest_is_told_and_says_how_late(
    noon: time_machine.Traveller, three: Schedule, carol: User
) -> None:
    look(noon, NOON)
    noon.move_to(BOBS[1] + timedelta(minutes=6), tick=False)
    SHIFT_CHANGES.sweep(clock.now())
    assert [address for address, _ in mails()] == ["carol@example.org", "bob@example.org"]
    assert "This message is late by 6 min." in carol.notifications.get().text


def test_a_hand_off_to_oneself_is_none(noon: time_machine.Traveller, alice: User) -> None:
    builders.rota("Lonely", alice)
    assert look(noon, NOON + timedelta(days=8)) == []
    assert not ShiftChange.objects.exists()


def test_a_change_that_somebody_makes_is_noticed_at_once_and_when_it_ends(
    noon: time_machine.Traveller, three: Schedule, carol: User, erin: User
) -> None:
    look(noon, NOON)
    ends = NOON + timedelta(hours=2, minutes=17)
    actions.add_override(by=Actor.of(erin), schedule=three, user=carol, starts_at=NOON, ends_at=ends)
    assert [address for address, _ in look(noon, NOON)] == ["carol@example.org", "alice@example.org"]
    assert look(noon, ends - timedelta(seconds=1)) == []
    assert [address for address, _ in look(noon, ends)] == ["alice@example.org", "carol@example.org"]


def test_a_change_does_not_swallow_a_hand_off_that_is_due(
    noon: time_machine.Traveller, three: Schedule, bob: User, carol: User, erin: User
) -> None:
    look(noon, BOBS[0] - timedelta(minutes=1))
    noon.move_to(BOBS[0] + timedelta(seconds=1), tick=False)
    starts = BOBS[0] + timedelta(days=1)
    actions.add_override(
        by=Actor.of(erin), schedule=three, user=carol, starts_at=starts, ends_at=starts + timedelta(hours=1)
    )
    assert [address for address, _ in look(noon, clock.now())] == ["bob@example.org", "alice@example.org"]


def test_who_took_the_pager_is_not_asked_to_confirm_and_the_other_is_told_once(
    noon: time_machine.Traveller, three: Schedule, bob: User
) -> None:
    look(noon, NOON)
    actions.take_pager(by=Actor.of(bob), schedule=three)
    assert look(noon, NOON) == [("alice@example.org", "[On-call] Bob took the pager of Platform")]
    assert ShiftChange.objects.get().acknowledged_at == NOON


def test_when_nobody_follows_the_last_one_reads_it_in_allclear(
    noon: time_machine.Traveller, alice: User
) -> None:
    builders.rota("Data", alice, None)
    assert look(noon, BOBS[0] + timedelta(minutes=1)) == []
    assert alice.notifications.get().title == "[On-call] Your shift is over: nobody is on call for Data now"


def test_the_brief_says_what_is_open_what_happened_and_what_ends_soon(
    noon: time_machine.Traveller, three: Schedule, alice: User, bob: User
) -> None:
    builders.matrix()
    builders.fills("on_call", three)
    look(noon, NOON)
    made = incidents.declare(by=Actor.of(alice), title="Webhooks down", severity=1, team=three.team)
    incidents.take_role(by=Actor.of(alice), incident=made, role="commander")
    night = NOON.replace(hour=3) + timedelta(days=1)
    look(noon, night)
    incidents.declare(by=Actor.of(bob), title="Slow pages", severity=1, team=three.team)
    incidents.declare(by=Actor.of(bob), title="Secret", severity=1, team=three.team, is_private=True)
    ends = BOBS[0] + timedelta(hours=4)
    actions.add_override(
        by=Actor.of(alice), schedule=three, user=alice, kind="add", starts_at=night, ends_at=ends
    )
    look(noon, BOBS[0])
    brief = ShiftChange.objects.get(incoming=bob).brief
    assert [row["title"] for row in brief["open"]] == ["Slow pages", "Webhooks down"]
    assert brief["open"][1]["leader"] == "Alice"
    assert brief["open"][1]["update_due"]
    paged = Page.objects.filter(user=alice, role="on_call", created_at__gte=NOON).count()
    assert (brief["happened"]["pages"], brief["happened"]["night_pages"]) == (paged, paged - 1)
    assert [row["title"] for row in brief["happened"]["incidents"]] == ["Webhooks down", "Slow pages"]
    assert [row["what"] for row in brief["ends_soon"]] == ["Override"]
    assert "Secret" not in str(brief)


def test_the_incoming_person_confirms_and_nobody_is_reminded(
    noon: time_machine.Traveller, three: Schedule, alice: User, bob: User
) -> None:
    look(noon, BOBS[0])
    change = ShiftChange.objects.get()
    with pytest.raises(NotAllowed):
        actions.confirm_hand_over(by=Actor.of(alice), change=change)
    for _ in range(2):
        actions.confirm_hand_over(by=Actor.of(bob), change=change)
    assert HAND_OVERS.next_due() is None
    noon.shift(3600)
    assert HAND_OVERS.sweep(clock.now()) == 0


def test_unconfirmed_after_half_an_hour_both_are_reminded_once(
    noon: time_machine.Traveller, three: Schedule
) -> None:
    look(noon, BOBS[0])
    assert HAND_OVERS.next_due() == BOBS[0] + timedelta(minutes=30)
    noon.move_to(BOBS[0] + timedelta(minutes=30), tick=False)
    assert [HAND_OVERS.sweep(clock.now()) for _ in range(2)] == [1, 0]
    assert mails() == [
        ("bob@example.org", "[On-call] You have not confirmed that you have the pager of Platform"),
        ("alice@example.org", "[On-call] Bob has not confirmed that they have the pager of Platform"),
    ]


def test_a_new_schedule_is_looked_at_and_tells_nothing_of_the_past(
    noon: time_machine.Traveller, three: Schedule
) -> None:
    assert SHIFT_CHANGES.next_due() == NOON
    assert SHIFT_CHANGES.sweep(NOON) == 1
    three.refresh_from_db()
    assert three.next_change_at == NOON + timedelta(hours=1)
    assert not ShiftChange.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_three_clocks_tell_it_once(noon: time_machine.Traveller, three: Schedule) -> None:
    from tests.escalation.test_races import together

    look(noon, BOBS[0] - timedelta(minutes=1))
    together(*[lambda: SHIFT_CHANGES.sweep(BOBS[0])] * 3)
    assert ShiftChange.objects.count() == 1
