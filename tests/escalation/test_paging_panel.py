"""The paging panel of an incident: what was asked, what comes next, and the buttons that change it."""

import json
from typing import Any

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.models import Team, User
from communications.models import Delivery
from escalation.models import EscalationTimer, Page
from incidents import actions
from incidents.models import Incident
from tests import builders

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def platform(alice: User, bob: User, carol: User, erin: User) -> Team:
    """Bob is on call, then Carol; Alice leads; nobody manages; Erin is the executive."""
    builders.matrix()
    team = builders.team("Platform", bob, carol, is_default=True)
    builders.fills("on_call", builders.rota("Platform", bob), team)
    builders.fills("on_call", carol, team, position=1)
    builders.fills("team_lead", alice)
    builders.fills("executive", erin)
    return team


@pytest.fixture
def incident(platform: Team, alice: User) -> Incident:
    return actions.declare(by=Actor.of(alice), title="Webhooks down", severity=1)


def url(incident: Incident, what: str = "panels/paging") -> str:
    return f"/incidents/{incident.reference}/{what}/"


def shown(client: Client, incident: Incident, **headers: str) -> str:
    response = client.get(url(incident), headers=headers)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_the_ladder_says_who_was_paged_and_who_is_next(
    client: Client, incident: Incident, dave: User
) -> None:
    client.force_login(dave)
    page = shown(client, incident)
    for words in ("On-call Engineer · Bob", "Platform rota, layer Primary", "mail waiting", "Next in line",
                  "Team Lead", "15 min, unless mitigated", "CTO/VP Engineering", "Next page"):  # fmt: skip
        assert words in page
    assert "<button" not in page.split('id="paging-panel"')[1].split("</section>")[0]


def test_it_is_a_page_of_its_own_or_a_fragment(client: Client, incident: Incident, bob: User) -> None:
    client.force_login(bob)
    assert "<html" in shown(client, incident)
    fragment = shown(client, incident, **HTMX)
    assert fragment.startswith('<section class="stack" id="paging-panel"')
    assert f'data-live-refresh="{url(incident)}"' in fragment


def test_who_is_paged_gets_the_big_button_and_one_tap_answers(
    client: Client, incident: Incident, bob: User
) -> None:
    client.force_login(bob)
    assert "button-primary button-large" in shown(client, incident)
    for _ in range(2):
        response = client.post(url(incident, "acknowledge"), headers=HTMX)
        assert response.status_code == 200
    assert json.loads(response["HX-Trigger"])["toast"]["text"] == "You have it."
    assert 'data-state="acknowledged"' in response.content.decode()
    assert Page.objects.get(user=bob).state == Page.State.ACKNOWLEDGED


def test_without_javascript_the_answer_leads_back_to_the_incident(
    client: Client, incident: Incident, bob: User
) -> None:
    client.force_login(bob)
    response = client.post(url(incident, "acknowledge"))
    assert (response.status_code, response["Location"]) == (
        302,
        f"/incidents/{incident.reference}/#escalation",
    )


def test_cannot_take_it_pages_the_next_person(
    client: Client, incident: Incident, bob: User, carol: User
) -> None:
    client.force_login(bob)
    page = Page.objects.get(user=bob)
    response = client.post(url(incident, "decline"), {"page": page.pk}, headers=HTMX)
    assert response.status_code == 200
    assert "On-call Engineer · Carol" in response.content.decode()
    assert Page.objects.filter(user=carol, state=Page.State.OPEN).exists()


def test_nobody_declines_for_somebody_else(
    client: Client, incident: Incident, alice: User, bob: User
) -> None:
    client.force_login(alice)
    page = Page.objects.get(user=bob)
    for given in (page.pk, 0, "nonsense", "9" * 30):
        assert client.post(url(incident, "decline"), {"page": given}).status_code == 404
    page.refresh_from_db()
    assert page.state == Page.State.OPEN


def test_a_role_can_be_paged_before_its_time(
    client: Client, incident: Incident, alice: User, bob: User
) -> None:
    client.force_login(bob)
    response = client.post(url(incident, "escalate"), {"role": "team_lead"}, headers=HTMX)
    assert "Team Lead · Alice" in response.content.decode()
    assert Page.objects.filter(user=alice, role="team_lead").exists()


def test_an_unknown_role_is_refused_in_words(client: Client, incident: Incident, bob: User) -> None:
    client.force_login(bob)
    response = client.post(url(incident, "escalate"), {"role": "janitor"}, headers=HTMX)
    assert "There is no such role in the escalation matrix." in response.content.decode()
    assert client.post(url(incident, "escalate"), {"role": "janitor"}).status_code == 400


def test_a_role_nobody_fills_is_shown_as_a_gap(client: Client, incident: Incident, bob: User) -> None:
    client.force_login(bob)
    client.post(url(incident, "escalate"), {"role": "manager"}, headers=HTMX)
    assert 'data-state="gap"' in shown(client, incident)


def test_a_person_can_be_paged_by_name_with_a_reason(
    client: Client, incident: Incident, bob: User, erin: User
) -> None:
    client.force_login(bob)
    given = {"user": erin.pk, "reason": "knows the certificates"}
    response = client.post(url(incident, "page"), given, headers=HTMX)
    assert response.status_code == 200
    page = Page.objects.get(user=erin, role="direct")
    assert page.reason == "Bob asks: knows the certificates"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"reason": "x"}, "Choose a person."),
        ({"user": "999999", "reason": "x"}, "This person cannot be paged."),
        ({"user": "me"}, "Say in a few words what you need them for."),
        ({"user": "me", "reason": "  \x00 "}, "Say in a few words what you need them for."),
    ],
    ids=["nobody", "unknown", "no reason", "an empty reason"],
)
def test_what_is_missing_stands_beside_its_field(
    client: Client, incident: Incident, bob: User, given: dict[str, Any], sentence: str
) -> None:
    client.force_login(bob)
    given = {**given, "user": bob.pk if given.get("user") == "me" else given.get("user", "")}
    response = client.post(url(incident, "page"), given)
    assert response.status_code == 400
    assert sentence in response.content.decode() or "Null characters" in response.content.decode()
    assert client.get(url(incident, "page")).status_code == 200


def test_a_responder_can_be_sent_back_to_bed(
    client: Client, incident: Incident, alice: User, bob: User
) -> None:
    client.force_login(bob)
    client.post(url(incident, "acknowledge"))
    client.force_login(alice)
    assert "Release" in shown(client, incident)
    assert client.post(url(incident, "release"), {"user": bob.pk}, headers=HTMX).status_code == 200
    assert not incident.responders.filter(user=bob, left_at=None).exists()
    assert client.post(url(incident, "release"), {"user": "nobody"}).status_code == 404


def test_it_counts_how_often_each_person_was_asked_themselves(
    client: Client, incident: Incident, bob: User, carol: User
) -> None:
    """Carol came later: the role was asked twice before her, she once."""
    for number, user in ((1, bob), (1, carol), (2, bob)):
        builders.page_for(user, incident, round=number, position=int(user == carol))
    client.force_login(bob)
    page = shown(client, incident)
    assert "asked 3 times" in page
    assert page.count("asked ") == 1, "Carol was asked once, and that needs no word"
    builders.page_for(carol, incident, round=3, position=1)
    assert "asked twice" in shown(client, incident)


def test_a_delivery_that_failed_is_red_and_says_why(client: Client, incident: Incident, bob: User) -> None:
    page = Page.objects.get(user=bob)
    mail = Delivery.objects.filter(topic=f"page:{page.pk}", transport="email")
    mail.update(state=Delivery.State.FAILED, last_error="550 no such user")
    client.force_login(bob)
    panel = shown(client, incident)
    assert 'data-state="failed"' in panel
    assert "mail not delivered (550 no such user)" in panel


def test_a_cancelled_step_stays_with_its_reason(client: Client, incident: Incident, bob: User) -> None:
    EscalationTimer.objects.filter(role="executive").update(state="cancelled", note="Mitigated")
    client.force_login(bob)
    panel = shown(client, incident)
    assert 'data-state="cancelled"' in panel
    assert "Mitigated: was 1 hour, unless mitigated" in panel


def test_a_report_pages_nobody_and_says_so(client: Client, platform: Team, bob: User) -> None:
    report = actions.report(by=Actor.of(bob), title="Something smells")
    client.force_login(bob)
    assert "Nobody is paged" in shown(client, report)
    assert client.post(url(report, "acknowledge")).status_code == 409


def test_when_it_is_over_nothing_can_be_pressed(
    client: Client, incident: Incident, alice: User, bob: User
) -> None:
    client.force_login(bob)
    actions.cancel(by=Actor.of(alice), incident=incident, reason="A false alarm")
    panel = shown(client, incident, **HTMX)
    assert "<button" not in panel
    response = client.post(url(incident, "acknowledge"), headers=HTMX)
    assert "cannot be acknowledged any more" in response.content.decode()


BUTTONS = ["acknowledge", "decline", "escalate", "page", "release"]


@pytest.mark.parametrize("what", BUTTONS)
def test_anonymous_visitors_are_sent_to_the_log_in(client: Client, incident: Incident, what: str) -> None:
    response = client.post(url(incident, what))
    assert response.status_code == 302
    assert "/account/login/" in response["Location"]


@pytest.mark.parametrize("what", ["acknowledge", "escalate", "page", "release"])
def test_who_may_only_look_may_not_press(client: Client, incident: Incident, dave: User, what: str) -> None:
    client.force_login(dave)
    given = {"role": "manager", "user": dave.pk, "reason": "x"}
    assert client.post(url(incident, what), given).status_code == 403


@pytest.mark.parametrize("what", ["panels/paging", *BUTTONS])
def test_an_incident_one_may_not_know_of_is_not_there(
    client: Client, incident: Incident, carol: User, what: str
) -> None:
    Incident.objects.filter(pk=incident.pk).update(is_private=True)
    client.force_login(carol)
    method = client.get if what.startswith("panels") else client.post
    assert method(url(incident, what)).status_code == 404
    assert method("/incidents/INC-999999/" + what + "/").status_code == 404


@pytest.mark.parametrize("what", ["acknowledge", "decline", "escalate", "release"])
def test_a_button_is_not_a_page(client: Client, incident: Incident, bob: User, what: str) -> None:
    client.force_login(bob)
    assert client.get(url(incident, what)).status_code == 405


def test_the_panel_costs_the_same_however_many_were_paged(
    client: Client, incident: Incident, bob: User, django_assert_max_num_queries: Any
) -> None:
    client.force_login(bob)
    for number in range(12):
        builders.page_for(builders.person(f"Person {number}"), incident)
    with django_assert_max_num_queries(25):
        shown(client, incident, **HTMX)


def test_a_drill_says_who_was_not_paged_since_they_have_not_joined(
    client: Client, platform: Team, alice: User, bob: User
) -> None:
    drill = actions.declare(by=Actor.of(alice), title="Lose a replica", severity=1, is_drill=True)
    client.force_login(alice)
    assert "Nothing was sent to Bob." in shown(client, drill)
    actions.join(by=Actor.of(bob), incident=drill)
    assert "Nothing was sent to" not in shown(client, drill)
