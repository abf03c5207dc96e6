"""The link in a page: what a half-awake person sees on a phone, and what one tap does."""

from datetime import timedelta
from urllib.parse import quote

import pytest
import time_machine
from django.core.signing import TimestampSigner
from django.test import Client

from accounts.models import User
from common import clock
from escalation.models import Page
from incidents.models import Event, EventKind, Incident, Status
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(bob: User) -> Page:
    return builders.page_for(bob)


@pytest.fixture
def link(page: Page) -> str:
    return builders.page_link(page)


def text(client: Client, url: str, status: int = 200) -> str:
    response = client.get(url)
    assert response.status_code == status
    return response.content.decode()


def test_it_shows_what_is_wrong_without_log_in(client: Client, page: Page, link: str) -> None:
    Incident.objects.filter(pk=page.incident_id).update(bridge_url="https://meet.example.org/42")
    shown = text(client, link)
    for words in ("SEV-1", page.incident.reference, "Webhooks down", "Bob, you are paged as On-call Engineer",
                  "Platform rota, layer Primary", "https://meet.example.org/42",
                  "I have it", "Can't take it"):  # fmt: skip
        assert words in shown


def test_looking_changes_nothing(client: Client, page: Page, link: str) -> None:
    text(client, link)
    client.head(link)
    assert client.get(f"{link}acknowledge/").status_code == 405
    page.refresh_from_db()
    assert page.state == Page.State.OPEN


def test_one_tap_acknowledges_for_the_person_the_page_was_sent_to(
    client: Client, bob: User, page: Page, link: str
) -> None:
    response = client.post(f"{link}acknowledge/")
    assert (response.status_code, response["Location"]) == (302, link)
    page.refresh_from_db()
    assert (page.state, page.answered_via) == (Page.State.ACKNOWLEDGED, "mail")
    assert page.incident.acknowledged_by == bob
    shown = text(client, link)
    assert "You have it" in shown
    assert "Bob, you were paged as On-call Engineer" in " ".join(shown.split())


def test_it_works_without_cookies(page: Page, link: str) -> None:
    assert Client(enforce_csrf_checks=True).post(f"{link}acknowledge/").status_code == 302


def test_a_replayed_tap_does_nothing_twice(client: Client, page: Page, link: str) -> None:
    for _ in range(3):
        assert client.post(f"{link}acknowledge/").status_code == 302
    assert Event.objects.filter(incident=page.incident, kind=EventKind.ACKNOWLEDGED).count() == 1


def test_cannot_take_it_declines_and_says_so(client: Client, page: Page, link: str) -> None:
    for _ in range(2):
        assert client.post(f"{link}decline/").status_code == 302
    page.refresh_from_db()
    assert page.state == Page.State.DECLINED
    assert Event.objects.filter(incident=page.incident, kind=EventKind.PAGE_DECLINED).count() == 1
    shown = text(client, link)
    assert "You said you can" in shown
    assert "I have it after all" in shown


def test_somebody_else_who_has_it_already_is_named(
    client: Client, page: Page, link: str, alice: User
) -> None:
    builders.page_for(alice, page.incident, state=Page.State.ACKNOWLEDGED)
    assert "Alice has it already. You are asked as well." in text(client, link)


@pytest.mark.parametrize("status", [Status.RESOLVED, Status.CANCELLED, Status.CLOSED, Status.MERGED])
def test_when_the_incident_is_over_nothing_is_asked(
    client: Client, page: Page, link: str, status: str
) -> None:
    Incident.objects.filter(pk=page.incident_id).update(status=status)
    shown = text(client, link)
    assert "It is over" in shown
    assert "I have it" not in shown
    response = client.post(f"{link}acknowledge/")
    assert response.status_code == 409
    assert "cannot be acknowledged any more" in response.content.decode()


def test_a_stopped_page_says_why_and_can_still_be_taken(client: Client, page: Page, link: str) -> None:
    Page.objects.filter(pk=page.pk).update(state=Page.State.STOPPED, note="Alice has it")
    assert "Alice has it" in text(client, link)
    assert client.post(f"{link}decline/").status_code == 409
    assert client.post(f"{link}acknowledge/").status_code == 302


def test_the_link_works_for_a_day(client: Client, page: Page, link: str) -> None:
    with time_machine.travel(clock.now() + timedelta(hours=23, minutes=59)):
        text(client, link)
    with time_machine.travel(clock.now() + timedelta(hours=24, minutes=1)):
        shown = text(client, link, status=410)
        assert client.post(f"{link}acknowledge/").status_code == 410
    assert "This link has expired" in shown
    assert f"Open {page.incident.reference}" in shown
    page.refresh_from_db()
    assert page.state == Page.State.OPEN


@pytest.mark.parametrize(
    "token",
    [
        "nonsense",
        "1:2:3",
        "1",
        "é",
        "x" * 5000,
        TimestampSigner(salt="something.else").sign("1"),
        quote("'\"><script>"),
    ],
    ids=["words", "a shape", "a number", "not ASCII", "long", "another purpose", "markup"],
)
def test_a_token_that_is_not_ours_is_not_found(client: Client, page: Page, token: str) -> None:
    for answer in (client.get(f"/p/{token}/"), client.post(f"/p/{token}/acknowledge/")):
        assert answer.status_code == 404
        assert "This link does not work" in answer.content.decode()


def test_a_token_for_another_page_only_answers_that_page(client: Client, page: Page, alice: User) -> None:
    other = builders.page_for(alice)
    client.post(f"{builders.page_link(other)}acknowledge/")
    page.refresh_from_db()
    assert page.state == Page.State.OPEN


def test_a_page_that_is_gone_says_so(client: Client, page: Page, link: str) -> None:
    page.delete()
    assert "What this link was for is gone." in text(client, link, status=410)


def test_a_person_who_is_gone_says_so(client: Client, bob: User, link: str) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert "Bob can no longer sign in" in text(client, link, status=410)
    bob.delete()
    assert "is gone" in text(client, link, status=410)


def test_a_private_incident_shows_nothing_of_its_content_without_log_in(
    client: Client, bob: User, page: Page, link: str
) -> None:
    Incident.objects.filter(pk=page.incident_id).update(is_private=True)
    shown = text(client, link)
    assert "Webhooks down" not in shown
    assert "A private incident" in shown
    client.force_login(bob)
    assert "Webhooks down" in text(client, link)


def test_markup_in_a_title_stays_text(client: Client, bob: User) -> None:
    page = builders.page_for(bob, builders.bare_incident("<script>alert(1)</script>"))
    shown = text(client, builders.page_link(page))
    assert "<script>alert(1)" not in shown
    assert "&lt;script&gt;" in shown


def test_times_are_in_the_paged_persons_zone(client: Client, page: Page, link: str, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(time_zone="Asia/Kathmandu")
    assert "+0545" in text(client, link)


def test_the_answer_is_never_cached(client: Client, link: str) -> None:
    assert "no-store" in client.get(link)["Cache-Control"]
