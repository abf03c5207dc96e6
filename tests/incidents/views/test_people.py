"""Taking roles, handing them over with a briefing, joining and leaving."""

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.models import Qualification, User
from incidents import actions, candidates
from incidents.models import Incident, RoleAssignment, RoleOffer
from tests import builders
from tests.incidents.views.conftest import browser

pytestmark = pytest.mark.django_db


def url(incident: Incident, page: str) -> str:
    return f"/incidents/{incident.reference}/{page}/"


def holder(incident: Incident, role: str) -> str | None:
    found = RoleAssignment.objects.filter(incident=incident, role=role, until=None).first()
    return str(found.user) if found else None


def test_a_free_seat_is_taken_with_one_tap(incident: Incident, as_bob: Client) -> None:
    answer = as_bob.post(url(incident, "roles/comms_lead/take"), follow=True)
    assert holder(incident, "comms_lead") == "Bob"
    assert "You are Communications Lead." in answer.content.decode()


def test_twice_is_once(incident: Incident, as_bob: Client) -> None:
    for _ in range(2):
        assert as_bob.post(url(incident, "roles/comms_lead/take")).status_code == 302
    assert RoleAssignment.objects.filter(role="comms_lead").count() == 1


def test_a_commander_gives_a_role_to_somebody(incident: Incident, carol: User, as_alice: Client) -> None:
    answer = as_alice.post(url(incident, "roles/comms_lead/take"), {"user": carol.pk}, follow=True)
    assert holder(incident, "comms_lead") == "Carol"
    assert "Carol is Communications Lead." in answer.content.decode()


def test_taking_over_needs_a_reason_beside_its_field(incident: Incident, erin: User) -> None:
    here = browser(erin)
    answer = here.post(url(incident, "roles/commander/take"))
    assert answer.status_code == 400
    assert "Alice holds this role. Say why you take it over." in answer.content.decode()
    assert here.post(url(incident, "roles/commander/take"), {"reason": "Alice is offline"}).status_code == 302
    assert holder(incident, "commander") == "Erin"


def test_somebody_who_may_not_take_over_is_told_so(incident: Incident, carol: User) -> None:
    answer = browser(carol).post(url(incident, "roles/tech_lead/take"), {"reason": "I want it"})
    assert answer.status_code == 403


def test_candidates_are_ranked_with_their_reasons(incident: Incident, bob: User, as_alice: Client) -> None:
    tag = Qualification.objects.get(key="incident-commander")
    trained = builders.person("Trained Tess")
    trained.qualifications.add(tag)
    away = builders.person("Away Ari", on_leave_until="2999-01-01")
    away.qualifications.add(tag)
    ranked = candidates.for_role(incident, limit=50)
    names = [candidate.user.name for candidate in ranked]
    assert names[0] == "Trained Tess"
    assert names[-1] == "Away Ari"
    page = as_alice.get(url(incident, "roles/commander/take")).content.decode()
    assert "qualified: Incident Commander" in page
    assert "not qualified" in page


def test_an_unknown_role_is_not_found(incident: Incident, as_bob: Client) -> None:
    for page in ("roles/king/take", "roles/king/offer", "roles/king/release"):
        assert as_bob.get(url(incident, page)).status_code == 404


def test_a_hand_over_shows_its_briefing_and_is_accepted(
    incident: Incident, bob: User, as_alice: Client, as_bob: Client
) -> None:
    data = {"to": bob.pk, "situation": "Webhooks fail in eu-west-1", "objectives": "Roll back"}
    assert as_alice.post(url(incident, "roles/commander/offer"), data).status_code == 302
    offer = RoleOffer.objects.get()
    page = url(incident, f"offers/{offer.pk}")
    card = as_bob.get(page).content.decode()
    assert "Webhooks fail in eu-west-1" in card
    assert "I take over" in card
    assert "I take over" not in as_alice.get(page).content.decode()
    assert holder(incident, "commander") == "Alice"
    assert as_bob.post(page, {"answer": "accept"}).status_code == 302
    assert holder(incident, "commander") == "Bob"


def test_a_hand_over_is_declined(incident: Incident, alice: User, bob: User, as_bob: Client) -> None:
    offer = actions.offer_role(by=Actor.of(alice), incident=incident, role="commander", to=bob)
    as_bob.post(url(incident, f"offers/{offer.pk}"), {"answer": "decline"})
    assert holder(incident, "commander") == "Alice"
    again = as_bob.post(url(incident, f"offers/{offer.pk}"), {"answer": "accept"})
    assert again.status_code == 409


def test_nobody_answers_for_somebody_else(incident: Incident, alice: User, bob: User, carol: User) -> None:
    offer = actions.offer_role(by=Actor.of(alice), incident=incident, role="commander", to=bob)
    assert browser(carol).post(url(incident, f"offers/{offer.pk}")).status_code == 403
    assert browser(carol).get(url(incident, "offers/999")).status_code == 404


def test_a_sev_1_keeps_its_commander(incident: Incident, as_alice: Client) -> None:
    answer = as_alice.post(url(incident, "roles/commander/release"))
    assert answer.status_code == 409
    assert "Hand the role over" in answer.content.decode()


def test_joining_and_leaving(incident: Incident, carol: User) -> None:
    here = browser(carol)
    here.post(url(incident, "join"))
    assert incident.responders.filter(user=carol, left_at=None).exists()
    here.post(url(incident, "leave"))
    assert not incident.responders.filter(user=carol, left_at=None).exists()
    assert here.get(url(incident, "join")).status_code == 405


def test_who_holds_a_role_hands_it_over_before_leaving(incident: Incident, as_bob: Client) -> None:
    page = as_bob.post(url(incident, "leave"), follow=True).content.decode()
    assert "hand it over before you leave" in page
    assert holder(incident, "tech_lead") == "Bob"


def test_who_may_only_look_takes_nothing(incident: Incident, as_dave: Client) -> None:
    for page in ("roles/comms_lead/take", "join", "roles/commander/offer"):
        assert as_dave.post(url(incident, page)).status_code == 403
