"""Taking, offering and handing over roles (R07-R11)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts.actor import Actor
from accounts.models import Qualification, User
from common import clock
from common.errors import Blocked, Conflict, Invalid, NotAllowed
from config import defaults
from incidents import actions, due
from incidents.actions.roles import holder
from incidents.models import EventKind, Incident, RoleDefinition, RoleOffer

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 25, 12, 0, tzinfo=UTC)


def by(user: User) -> Actor:
    return Actor.of(user)


@pytest.fixture
def incident(alice: User) -> Incident:
    defaults.load()
    return actions.declare(by=by(alice), title="Webhooks down", severity=1)


def test_taking_command_meets_the_response_clock(alice: User, incident: Incident) -> None:
    actions.take_role(by=by(alice), incident=incident, role="commander")
    incident.refresh_from_db()
    assert incident.acknowledged_by == alice
    assert incident.acknowledged_at is not None


def test_there_is_one_commander_and_the_history_is_kept(alice: User, bob: User, incident: Incident) -> None:
    actions.take_role(by=by(bob), incident=incident, role="commander")
    with pytest.raises(Invalid) as refused:
        actions.take_role(by=by(alice), incident=incident, role="commander")
    assert "Bob" in refused.value.sentence
    actions.take_role(by=by(alice), incident=incident, role="commander", reason="Bob's battery is dying")
    assert holder(incident, "commander") == alice
    assert incident.role_assignments.filter(role="commander").count() == 2


def test_taking_over_without_consent_needs_a_qualification(
    bob: User, carol: User, incident: Incident
) -> None:
    actions.take_role(by=by(bob), incident=incident, role="commander")
    with pytest.raises(NotAllowed):
        actions.take_role(by=by(carol), incident=incident, role="commander", reason="I can do better")
    tag = RoleDefinition.objects.get(key="commander").qualification or Qualification.objects.get()
    carol.qualifications.add(tag)
    actions.take_role(by=by(carol), incident=incident, role="commander", reason="Bob went silent")
    assert holder(incident, "commander") == carol


def test_an_unqualified_commander_is_noted(bob: User, incident: Incident) -> None:
    actions.take_role(by=by(bob), incident=incident, role="commander")
    assert incident.events.get(kind=EventKind.ROLE_TAKEN).data["unqualified"] is True


def test_a_sev_1_never_has_an_empty_commanders_seat(alice: User, incident: Incident) -> None:
    actions.take_role(by=by(alice), incident=incident, role="commander")
    with pytest.raises(Blocked):
        actions.release_role(by=by(alice), incident=incident, role="commander")
    with pytest.raises(Conflict):
        actions.leave(by=by(alice), incident=incident)
    assert holder(incident, "commander") == alice


def test_a_hand_over_is_offered_and_accepted(alice: User, bob: User, incident: Incident) -> None:
    actions.take_role(by=by(alice), incident=incident, role="commander")
    offer = actions.offer_role(
        by=by(alice), incident=incident, role="commander", to=bob, situation="5xx falling"
    )
    assert holder(incident, "commander") == alice
    with pytest.raises(NotAllowed):
        actions.accept_offer(by=by(alice), offer=offer)
    actions.accept_offer(by=by(bob), offer=offer)
    assert holder(incident, "commander") == bob


def test_an_offer_lapses_after_five_minutes_and_the_holder_keeps_the_role(
    alice: User, bob: User, incident: Incident
) -> None:
    with time_machine.travel(NOON, tick=False):
        actions.take_role(by=by(alice), incident=incident, role="commander")
        offer = actions.offer_role(by=by(alice), incident=incident, role="commander", to=bob)
    with time_machine.travel(NOON + timedelta(minutes=5), tick=False):
        with pytest.raises(Conflict):
            actions.accept_offer(by=by(bob), offer=offer)
        due.REMINDERS.sweep(clock.now())
    offer.refresh_from_db()
    assert offer.state == RoleOffer.State.LAPSED
    assert holder(incident, "commander") == alice
    assert incident.events.filter(kind=EventKind.ROLE_OFFER_ENDED).count() == 1


def test_an_accepted_offer_is_accepted_once(alice: User, bob: User, incident: Incident) -> None:
    actions.take_role(by=by(alice), incident=incident, role="comms_lead")
    offer = actions.offer_role(by=by(alice), incident=incident, role="comms_lead", to=bob)
    actions.accept_offer(by=by(bob), offer=offer)
    actions.take_role(by=by(alice), incident=incident, role="comms_lead", reason="Bob has to go")
    actions.accept_offer(by=by(bob), offer=offer)  # a double tap, late
    assert holder(incident, "comms_lead") == alice


def test_a_declined_offer_changes_nothing(alice: User, bob: User, incident: Incident) -> None:
    actions.take_role(by=by(alice), incident=incident, role="comms_lead")
    offer = actions.offer_role(by=by(alice), incident=incident, role="comms_lead", to=bob)
    actions.decline_offer(by=by(bob), offer=offer, reason="on the train")
    with pytest.raises(Conflict):
        actions.accept_offer(by=by(bob), offer=offer)
    assert holder(incident, "comms_lead") == alice


def test_a_viewer_holds_no_role_but_observes(alice: User, dave: User, incident: Incident) -> None:
    with pytest.raises(Invalid):
        actions.take_role(by=by(alice), incident=incident, role="tech_lead", user=dave)
    actions.take_role(by=by(alice), incident=incident, role="observer", user=dave)


def test_many_experts_and_each_once(alice: User, bob: User, carol: User, incident: Incident) -> None:
    for user in (bob, carol, bob):
        actions.take_role(by=by(user), incident=incident, role="expert")
    assert incident.role_assignments.filter(role="expert", until=None).count() == 2


def test_joining_and_leaving_twice_is_once(bob: User, incident: Incident) -> None:
    for _ in range(2):
        actions.join(by=by(bob), incident=incident)
    for _ in range(2):
        actions.leave(by=by(bob), incident=incident)
    kinds = list(incident.events.filter(actor=bob).values_list("kind", flat=True))
    assert kinds == [EventKind.RESPONDER_JOINED, EventKind.RESPONDER_LEFT]
