"""“Take the pager now”: from this instant, and nobody is relieved without being told (R52)."""

from datetime import timedelta

import pytest
import time_machine

from accounts.actor import Actor
from accounts.models import AuditEntry, User
from common import clock
from common.errors import Conflict, Invalid, NotAllowed
from escalation.models import Page
from incidents import actions as incidents
from incidents.models import Event
from oncall import actions
from oncall.models import Override, Schedule
from tests import builders
from tests.builders import NOON
from tests.oncall.people import BOBS, mails, on_call

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("noon")]


def takes(user: User, rota: Schedule, **more: object) -> Override:
    taken: Override = actions.take_pager(by=Actor.of(user), schedule=rota, **more)
    return taken


def test_it_counts_from_now_to_the_end_of_the_shift_and_the_other_is_told(
    three: Schedule, alice: User, bob: User
) -> None:
    override = takes(bob, three)
    assert (override.starts_at, override.ends_at, override.origin) == (NOON, BOBS[0], "taken")
    assert on_call(three, NOON) == ["Bob"]
    assert mails() == [("alice@example.org", "[On-call] Bob took the pager of Platform")]
    assert "Incidents that you are paged for stay yours." in alice.notifications.get().text
    assert AuditEntry.objects.get(action="pager.taken").data["relieved"] == [alice.pk]


def test_for_a_given_time_everybody_who_loses_time_is_told(three: Schedule, erin: User) -> None:
    takes(erin, three, until=BOBS[0] + timedelta(hours=3))
    assert {address for address, _ in mails()} == {"alice@example.org", "bob@example.org"}
    assert on_call(three, BOBS[0] + timedelta(hours=1)) == ["Erin"]


def test_two_taps_are_one(three: Schedule, bob: User) -> None:
    assert takes(bob, three) == takes(bob, three)
    assert Override.objects.count() == 1


def test_who_has_it_already_is_told_so(three: Schedule, alice: User) -> None:
    with pytest.raises(Conflict, match="You have the pager of Platform already"):
        takes(alice, three)


def test_it_can_be_taken_from_who_took_it(three: Schedule, bob: User, carol: User) -> None:
    takes(bob, three)
    takes(carol, three)
    assert on_call(three, NOON) == ["Carol"]
    takes(bob, three)
    assert on_call(three, NOON) == ["Bob"]


def test_in_a_gap_it_is_taken_until_somebodys_shift_begins(bob: User) -> None:
    rota = builders.rota("Data", None, bob)
    assert takes(bob, rota, reason="Somebody has to").ends_at == NOON + timedelta(hours=12)
    carol = builders.carol()
    other = builders.rota("Web", None, bob)
    assert takes(carol, other).ends_at == BOBS[0]


@pytest.mark.parametrize(
    ("until", "words"),
    [(NOON - timedelta(minutes=1), "This has passed"), (NOON + timedelta(days=15), "two weeks at most")],
)
def test_an_end_that_makes_no_sense_is_refused(three: Schedule, bob: User, until: object, words: str) -> None:
    with pytest.raises(Invalid, match=words) as refused:
        takes(bob, three, until=until)
    assert refused.value.field == "until"


def test_who_may_only_look_does_not_take_it(three: Schedule, dave: User) -> None:
    with pytest.raises(NotAllowed):
        takes(dave, three)


@pytest.mark.parametrize("too", [True, False])
def test_open_incidents_stay_with_whom_they_are_unless_taken_too(
    noon: time_machine.Traveller, three: Schedule, alice: User, bob: User, erin: User, too: bool
) -> None:
    builders.matrix()
    builders.fills("on_call", three)
    incident = incidents.declare(by=Actor.of(erin), title="Webhooks down", severity=1, team=three.team)
    assert Page.objects.get(user=alice).state == "open"
    noon.shift(60)
    takes(bob, three, with_incidents=too)
    states = {page.user_id: page.state for page in Page.objects.filter(incident=incident, role="on_call")}
    expected = {alice.pk: "stopped", bob.pk: "acknowledged"} if too else {alice.pk: "open"}
    assert states == expected
    incident.refresh_from_db()
    assert (incident.acknowledged_by == bob) is too
    assert Event.objects.filter(kind="acknowledged", recorded_at=clock.now()).exists() is too
