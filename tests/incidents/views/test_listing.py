"""The list of incidents: found by number and by words, filtered, sorted, fifty to a page, at a fixed cost."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from incidents.models import Component, Incident, Status
from tests import builders

pytestmark = pytest.mark.django_db


def titles(client: Client, query: str = "") -> list[str]:
    answer = client.get(f"/incidents/{query}")
    assert answer.status_code == 200
    return [incident.title for incident in answer.context["found"].incidents]


def test_the_newest_stand_first(as_bob: Client) -> None:
    for title in ("one", "two", "three"):
        builders.bare_incident(title)
    assert titles(as_bob) == ["three", "two", "one"]


@pytest.mark.parametrize("query", ["INC-2", "inc-2", "2", "INC 2"])
def test_a_number_finds_its_incident(as_bob: Client, query: str) -> None:
    for title in ("one", "two", "three"):
        builders.bare_incident(title)
    assert titles(as_bob, f"?q={query}") == ["two"]


def test_words_are_found_in_title_and_description_whatever_their_case(as_bob: Client) -> None:
    builders.bare_incident("Webhooks answer 500")
    builders.bare_incident("Slow UI", description="The WEBHOOKS page")
    builders.bare_incident("Login")
    assert titles(as_bob, "?q=webhooks") == ["Slow UI", "Webhooks answer 500"]
    assert titles(as_bob, "?q=answer+webhooks") == ["Webhooks answer 500"]


def test_filters_narrow_down(as_bob: Client, bob: User) -> None:
    team, component = builders.team(), Component.objects.create(name="API", slug="api")
    builders.bare_incident("a", 1, team=team)
    builders.bare_incident("b", 2, status=Status.RESOLVED).components.add(component)
    builders.bare_incident("c", 3, is_drill=True, status=Status.CLOSED)
    assert titles(as_bob, "?severity=2") == ["b"]
    assert titles(as_bob, f"?team={team.pk}") == ["a"]
    assert titles(as_bob, f"?component={component.pk}") == ["b"]
    assert titles(as_bob, "?status=open") == ["a"]
    assert titles(as_bob, "?status=over") == ["c", "b"]
    assert titles(as_bob, "?drill=only") == ["c"]
    assert titles(as_bob, "?drill=no") == ["b", "a"]
    assert titles(as_bob, "?since=2026-03-25") == ["c", "b", "a"]
    assert titles(as_bob, "?until=2026-03-24") == []


def test_it_sorts_by_severity_both_ways(as_bob: Client) -> None:
    for severity in (2, 4, 1):
        builders.bare_incident(f"sev {severity}", severity)
    assert titles(as_bob, "?sort=severity") == ["sev 1", "sev 2", "sev 4"]
    assert titles(as_bob, "?sort=-severity") == ["sev 4", "sev 2", "sev 1"]
    assert titles(as_bob, "?sort=nonsense") == ["sev 1", "sev 4", "sev 2"]


def test_fifty_to_a_page_with_links_to_the_others(as_bob: Client) -> None:
    for number in range(51):
        builders.bare_incident(f"n{number}")
    first = as_bob.get("/incidents/?q=n")
    assert len(first.context["found"].incidents) == 50
    assert "q=n&amp;page=2" in first.content.decode()
    assert titles(as_bob, "?q=n&page=2") == ["n0"]
    assert titles(as_bob, "?page=999999999999") != []


def test_nonsense_in_a_filter_is_said_beside_it(as_bob: Client) -> None:
    builders.bare_incident("still shown")
    answer = as_bob.get("/incidents/?since=yesterday&severity=9&team=x")
    assert answer.status_code == 400
    assert "Enter a valid date" in answer.content.decode()
    assert "still shown" in answer.content.decode()


def test_scripts_in_a_title_stay_text(as_bob: Client) -> None:
    builders.bare_incident("<script>alert(1)</script>")
    page = as_bob.get("/incidents/?q=<script>").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_nothing_found_offers_everything(as_bob: Client) -> None:
    builders.bare_incident("one")
    assert "Nothing fits" in as_bob.get("/incidents/?q=zzz").content.decode()


def test_a_private_incident_is_not_in_the_list_of_outsiders(
    as_dave: Client, as_alice: Client, alice: User
) -> None:
    builders.bare_incident("secret", is_private=True, declared_by=alice)
    assert titles(as_dave) == []
    assert titles(as_alice) == ["secret"]


def test_a_visitor_is_asked_to_sign_in(client: Client, db: None) -> None:
    assert client.get("/incidents/").headers["Location"].startswith("/account/login/")


def test_it_cannot_be_posted_to(as_bob: Client) -> None:
    assert as_bob.post("/incidents/").status_code == 405


def test_the_number_of_queries_does_not_depend_on_what_is_found(
    as_bob: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    component = Component.objects.create(name="API", slug="api")
    for number in range(60):
        builders.bare_incident(f"n{number}").components.add(component)
    assert Incident.objects.count() == 60
    with django_assert_max_num_queries(12):
        as_bob.get("/incidents/?q=n&sort=-severity")


def test_a_page_behind_the_last_says_so_and_leads_back(as_bob: Client) -> None:
    builders.bare_incident("one")
    page = as_bob.get("/incidents/?page=99&severity=1").content.decode()
    assert "No such page" in page
    assert "No incident fits" not in page
    assert 'href="?severity=1"' in page
