"""Shadow on-call: told second and quietly, never waited for (R52)."""

from datetime import timedelta

import pytest
import time_machine
from pytest_django import Settings

from accounts.actor import Actor
from accounts.models import User
from common import clock
from common.errors import Conflict, Invalid, NotAllowed
from communications.models import Delivery
from escalation.models import Page
from incidents import actions as incidents
from incidents.models import Incident
from oncall import actions
from oncall.models import Schedule, Shadow
from tests import builders
from tests.builders import NOON
from tests.oncall.people import mails

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("noon")]


@pytest.fixture
def frank(three: Schedule) -> User:
    """He learns: he shadows the rota."""
    builders.matrix()
    builders.fills("on_call", three)
    frank = builders.person("Frank")
    actions.start_shadow(by=Actor.of(frank), schedule=three, user=frank)
    return frank


def declares(user: User, rota: Schedule, **more: object) -> Incident:
    made: Incident = incidents.declare(
        by=Actor.of(user), title="Webhooks down", severity=1, team=rota.team, **more
    )
    return made


def to(user: User) -> list[str]:
    return [subject for address, subject in mails() if address == user.email]


def test_a_shadow_is_told_a_minute_later_and_nothing_is_asked(
    noon: time_machine.Traveller, three: Schedule, frank: User, erin: User
) -> None:
    declares(erin, three)
    assert to(frank) == []
    noon.shift(60)
    assert to(frank) == ["[SEV-1] INC-1 Alice was paged"]
    assert not Page.objects.filter(user=frank).exists()
    assert set(Delivery.objects.filter(user=frank).values_list("kind", flat=True)) == {"notice"}
    assert "nothing is asked of you" in frank.notifications.get().text


def test_repeated_pages_are_told_once(
    noon: time_machine.Traveller, three: Schedule, frank: User, erin: User
) -> None:
    from escalation import engine

    declares(erin, three)
    for _ in range(12):
        noon.shift(60)
        engine.tick(clock.now())
    assert Page.objects.filter(role="on_call").count() > 1
    assert len(to(frank)) == 1


def test_a_drill_tells_only_who_takes_part(three: Schedule, frank: User, erin: User) -> None:
    declares(erin, three, is_drill=True)
    states = Delivery.objects.filter(user=frank).values_list("state", flat=True)
    assert set(states) == {"suppressed"}


def test_a_private_incident_is_not_told(three: Schedule, frank: User, erin: User) -> None:
    declares(erin, three, is_security=True, is_private=True)
    assert not Delivery.objects.filter(user=frank).exists()


def test_a_shadow_that_is_over_or_to_come_is_not_told(three: Schedule, frank: User, erin: User) -> None:
    actions.end_shadow(by=Actor.of(frank), shadow=Shadow.objects.get())
    actions.start_shadow(by=Actor.of(frank), schedule=three, user=frank, starts_at=NOON + timedelta(days=1))
    declares(erin, three)
    assert not Delivery.objects.filter(user=frank).exists()


def test_who_is_paged_themselves_is_not_told_as_a_shadow(
    three: Schedule, alice: User, frank: User, erin: User
) -> None:
    actions.start_shadow(by=Actor.of(alice), schedule=three, user=alice)
    declares(erin, three)
    assert not Delivery.objects.filter(user=alice, kind="notice").exists()


def test_a_broken_listener_keeps_nobody_from_being_paged(
    settings: Settings, three: Schedule, frank: User, alice: User, erin: User
) -> None:
    settings.PAGED_HANDLERS = ["oncall.shadows.there_is_no_such_thing"]
    declares(erin, three)
    assert Page.objects.filter(user=alice, state="open").count() == 1


def test_who_is_put_there_by_somebody_else_is_told(three: Schedule, bob: User, erin: User) -> None:
    actions.start_shadow(by=Actor.of(erin), schedule=three, user=bob)
    assert mails() == [("bob@example.org", "[On-call] You shadow Platform")]


def test_nobody_shadows_a_rota_twice_at_once(three: Schedule, frank: User) -> None:
    with pytest.raises(Conflict, match="Frank shadows Platform in this time already"):
        actions.start_shadow(by=Actor.of(frank), schedule=three, user=frank)


def test_ending_twice_is_once_and_one_to_come_goes(three: Schedule, bob: User, erin: User) -> None:
    later = actions.start_shadow(
        by=Actor.of(bob), schedule=three, user=bob, starts_at=NOON + timedelta(days=1)
    )
    for _ in range(2):
        actions.end_shadow(by=Actor.of(erin), shadow=later)
    assert not Shadow.objects.exists()


def test_times_that_make_no_sense_are_refused(three: Schedule, bob: User) -> None:
    with pytest.raises(Invalid, match="end before it begins") as refused:
        actions.start_shadow(by=Actor.of(bob), schedule=three, user=bob, ends_at=NOON - timedelta(hours=1))
    assert refused.value.field == "ends_at"


def test_who_may_only_look_puts_nobody_there(three: Schedule, bob: User, dave: User) -> None:
    with pytest.raises(NotAllowed):
        actions.start_shadow(by=Actor.of(dave), schedule=three, user=bob)
