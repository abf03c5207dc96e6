"""Now: worst clock first, what waits for me, triage, and all quiet."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.actor import Actor
from accounts.models import User
from incidents import actions
from incidents.models import Incident
from tests import builders
from tests.incidents.views.conftest import HTMX, browser

pytestmark = pytest.mark.django_db


def test_all_quiet_says_so_and_offers_to_declare(procedure: None, as_bob: Client) -> None:
    page = as_bob.get("/").content.decode()
    assert "All quiet" in page
    assert "/incidents/declare/" in page


def test_the_worst_incident_stands_first(incident: Incident, alice: User, as_bob: Client) -> None:
    actions.declare(by=Actor.of(alice), title="Slow reports", severity=3)
    actions.declare(by=Actor.of(alice), title="Checkout is down", severity=1)
    page = as_bob.get("/").content.decode()
    places = [page.index(title) for title in ("Webhooks answer 500", "Checkout is down", "Slow reports")]
    assert places == sorted(places)
    assert "Alice" in page  # who commands


def test_triage_offers_to_declare_merge_or_dismiss(procedure: None, dave: User, as_bob: Client) -> None:
    report = actions.report(by=Actor.of(dave), title="Login is broken")
    page = as_bob.get("/").content.decode()
    assert "Login is broken" in page
    for step in ("declare", "merge", "cancel"):
        assert f"/incidents/{report.reference}/{step}/" in page


def test_who_may_only_look_sees_triage_without_its_buttons(
    procedure: None, dave: User, as_dave: Client
) -> None:
    report = actions.report(by=Actor.of(dave), title="Login is broken")
    page = as_dave.get("/").content.decode()
    assert "Login is broken" in page
    assert f"/incidents/{report.reference}/cancel/" not in page


def test_a_role_offer_a_task_and_a_checkpoint_wait_for_the_one_who_was_asked(
    incident: Incident, alice: User, bob: User, as_bob: Client, as_dave: Client
) -> None:
    soon = timezone.now() + timedelta(minutes=5)
    by = Actor.of(alice)
    offer = actions.offer_role(by=by, incident=incident, role="commander", to=bob)
    actions.assign_task(by=by, incident=incident, title="Read the log", assignee=bob, due_at=soon)
    actions.set_checkpoint(by=by, incident=incident, due_at=soon, question="Does it help?", owner=bob)
    page = as_bob.get("/").content.decode()
    assert f"/incidents/{incident.reference}/offers/{offer.pk}/" in page
    assert "Read the log" in page
    assert "Does it help?" in page
    assert "Waiting for me" not in as_dave.get("/").content.decode()


def test_a_private_incident_does_not_show_to_outsiders(incident: Incident, as_dave: Client) -> None:
    Incident.objects.update(is_private=True)
    assert "Webhooks answer 500" not in as_dave.get("/").content.decode()


def test_htmx_gets_the_middle_alone(incident: Incident, as_bob: Client) -> None:
    fragment = as_bob.get("/", headers=HTMX).content.decode()
    assert fragment.lstrip().startswith('<div id="now"')
    assert "<html" not in fragment


def test_a_visitor_is_asked_to_sign_in(client: Client) -> None:
    assert client.get("/").headers["Location"].startswith("/account/login/")


def test_it_cannot_be_posted_to(procedure: None, as_bob: Client) -> None:
    assert as_bob.post("/").status_code == 405


def test_more_incidents_need_no_more_queries(
    incident: Incident, bob: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(12):
        actions.declare(
            by=Actor.of(bob),
            title=f"Number {number}",
            severity=1 + number % 4,
            components=incident.components.all(),
        )
        actions.report(by=Actor.of(bob), title=f"Report {number}")
    here = browser(bob)
    with django_assert_max_num_queries(27):
        assert here.get("/").status_code == 200


def test_a_breached_promise_is_marked(procedure: None, as_bob: Client) -> None:
    long_ago = timezone.now() - timedelta(hours=2)
    builders.bare_incident(declared_at=long_ago, response_started_at=long_ago, response_due_at=long_ago)
    assert "data-breached" in as_bob.get("/").content.decode()


def test_an_open_page_stands_first_in_what_waits_for_me(incident: Incident, alice: User, bob: User) -> None:
    soon = timezone.now() + timedelta(minutes=5)
    actions.assign_task(
        by=Actor.of(alice), incident=incident, title="Read the log", assignee=bob, due_at=soon
    )
    builders.page_for(bob, incident)
    page = browser(bob).get("/").content.decode()
    assert page.index("You are paged") < page.index("Read the log")


def test_who_may_only_look_reports_instead_of_declaring(procedure: None, as_dave: Client) -> None:
    for path in ("/", "/incidents/", "/incidents/report/"):
        page = as_dave.get(path).content.decode()
        assert 'href="/incidents/declare/"' not in page
        assert 'href="/incidents/report/"' in page


@pytest.mark.parametrize("place", ["/postmortems/", "/reviews/"])
def test_both_menus_lead_to_what_comes_after_an_incident(procedure: None, as_bob: Client, place: str) -> None:
    assert as_bob.get("/").content.decode().count(f'href="{place}"') == 2  # side bar and phone
