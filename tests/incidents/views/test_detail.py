"""The incident page: everything about one incident, for everybody who may know of it, at a fixed cost."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.actor import Actor
from accounts.models import User
from incidents import actions
from incidents.models import ChecklistTick, Incident, PhaseStep, Responder
from incidents.views.detail import PANELS
from tests.incidents.views.conftest import HTMX, browser

pytestmark = pytest.mark.django_db


def test_it_shows_head_roles_phases_checklist_and_timeline(incident: Incident, as_bob: Client) -> None:
    page = as_bob.get(f"/incidents/{incident.reference}/").content.decode()
    for words in (
        "Webhooks answer 500",
        "SEV-1",
        "Investigating",
        "Alice",
        "Diagnosis",
        "declared SEV-1 on Webhooks",
        "took Incident Commander",
        "data-live-url",
        "kubectl logs deployment/hooks -n prod --since=1h",
    ):
        assert words in page, words


@pytest.mark.parametrize("reference", ["INC-1", "inc-1", "1"])
def test_a_reference_is_read_as_people_write_it(incident: Incident, as_bob: Client, reference: str) -> None:
    assert as_bob.get(f"/incidents/{reference}/").status_code == 200


@pytest.mark.parametrize("reference", ["INC-999", "INC-0", "nonsense", "99999999999999999999", "INC-1x"])
def test_an_unknown_incident_is_not_found(incident: Incident, as_bob: Client, reference: str) -> None:
    assert as_bob.get(f"/incidents/{reference}/").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "",
        "timeline/",
        "timeline.md",
        "timeline.json",
        "panels/state/",
        "severity/",
        "write/",
        "join/",
        "steps/1/tick/",
    ],
)
def test_a_private_incident_is_not_there_for_outsiders(incident: Incident, carol: User, path: str) -> None:
    Incident.objects.update(is_private=True)
    here = browser(carol)
    url = f"/incidents/{incident.reference}/{path}"
    answer = here.post(url) if path == "join/" else here.get(url)
    assert answer.status_code == 404
    assert "Webhooks" not in answer.content.decode()


def test_who_may_only_look_sees_it_without_buttons(incident: Incident, as_dave: Client) -> None:
    page = as_dave.get(f"/incidents/{incident.reference}/").content.decode()
    assert "Webhooks answer 500" in page
    for step in ("write", "severity", "resolve", "details", "join"):
        assert f'/incidents/{incident.reference}/{step}/"' not in page, step


@pytest.mark.parametrize("name", list(PANELS))
def test_each_panel_comes_alone(incident: Incident, as_bob: Client, name: str) -> None:
    answer = as_bob.get(f"/incidents/{incident.reference}/panels/{name}/", headers=HTMX)
    assert answer.status_code == 200
    fragment = answer.content.decode().lstrip()
    assert fragment.startswith("<div id=")
    assert f'data-live-refresh="/incidents/{incident.reference}/panels/{name}/"' in fragment


def test_since_you_were_here_counts_what_is_new(incident: Incident, alice: User, as_bob: Client) -> None:
    url = f"/incidents/{incident.reference}/"
    assert "new since you were here" not in as_bob.get(url).content.decode()
    actions.add_note(by=Actor.of(alice), incident=incident, text="one")
    actions.add_note(by=Actor.of(alice), incident=incident, text="two")
    assert "2 new since you were here" in as_bob.get(url).content.decode()
    assert "new since you were here" not in as_bob.get(url).content.decode()


def test_looking_does_not_make_one_a_responder(incident: Incident, as_dave: Client, dave: User) -> None:
    as_dave.get(f"/incidents/{incident.reference}/")
    assert not Responder.objects.filter(user=dave).exists()


def test_two_hundred_entries_come_in_pages(incident: Incident, bob: User, as_bob: Client) -> None:
    for number in range(120):
        actions.add_note(by=Actor.of(bob), incident=incident, text=f"entry number {number}.")
    page = as_bob.get(f"/incidents/{incident.reference}/").content.decode()
    assert "entry number 119." in page
    assert "entry number 3." not in page
    [older] = {part.split('"')[0] for part in page.split("timeline/?before=")[1:]}
    rest = as_bob.get(f"/incidents/{incident.reference}/timeline/?before={older}").content.decode()
    assert "entry number 3." in rest
    assert "entry number 119." not in rest


def test_filters_show_a_part(incident: Incident, bob: User, as_bob: Client) -> None:
    actions.add_note(by=Actor.of(bob), incident=incident, text="a mere note")
    actions.decide(by=Actor.of(bob), incident=incident, choice="Roll back")
    page = as_bob.get(f"/incidents/{incident.reference}/timeline/?show=decisions").content.decode()
    assert "Roll back" in page
    assert "a mere note" not in page
    assert as_bob.get(f"/incidents/{incident.reference}/timeline/?show=nonsense&before=x").status_code == 200


def test_an_overrun_phase_shows_its_decisions_and_blocks_nothing(incident: Incident, as_bob: Client) -> None:
    hour_ago = timezone.now() - timedelta(minutes=61)
    Incident.objects.filter(pk=incident.pk).update(declared_at=hour_ago)
    page = as_bob.get(f"/incidents/{incident.reference}/").content.decode()
    assert "Diagnosis has run for 1 h 1 min of 1 h" in page
    assert f"/incidents/{incident.reference}/decide/?point=" in page


def test_markup_in_entries_is_cleaned(incident: Incident, bob: User, as_bob: Client) -> None:
    actions.add_note(
        by=Actor.of(bob), incident=incident, text="<img src=x onerror=alert(1)> [x](javascript:alert(1))"
    )
    page = as_bob.get(f"/incidents/{incident.reference}/").content.decode()
    assert "<img src=x" not in page
    assert 'href="javascript:' not in page


def test_a_visitor_is_asked_to_sign_in(incident: Incident, client: Client) -> None:
    answer = client.get(f"/incidents/{incident.reference}/")
    assert answer.headers["Location"].startswith("/account/login/")


def test_it_cannot_be_posted_to(incident: Incident, as_bob: Client) -> None:
    assert as_bob.post(f"/incidents/{incident.reference}/").status_code == 405


def test_a_long_incident_needs_no_more_queries(
    incident: Incident, alice: User, bob: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(15):
        event = actions.add_note(by=Actor.of(bob), incident=incident, text=f"note {number}")
        actions.correct(by=Actor.of(bob), event=event, text=f"corrected {number}")
        actions.decide(by=Actor.of(alice), incident=incident, choice=f"choice {number}")
        actions.hypothesise(by=Actor.of(bob), incident=incident, theory=f"theory {number}")
    for step in PhaseStep.objects.filter(kind="step")[:15]:
        actions.tick_step(by=Actor.of(bob), incident=incident, step=step)
    assert ChecklistTick.objects.count() >= 15
    here = browser(bob)
    with django_assert_max_num_queries(45):
        assert here.get(f"/incidents/{incident.reference}/").status_code == 200
