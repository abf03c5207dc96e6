"""Who is on call, as a page."""

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from tests import builders
from tests.builders import NOON

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def shown(client: Client, url: str, status: int = 200, headers: dict[str, str] | None = None) -> str:
    with time_machine.travel(NOON, tick=False):
        response = client.get(url, headers=headers)
    assert response.status_code == status
    return " ".join(response.content.decode().split())


@pytest.fixture
def viewer(client: Client, dave: User) -> User:
    with time_machine.travel(NOON, tick=False):
        client.force_login(dave)
    return dave


def test_each_team_shows_who_is_on_call_and_a_gap_is_red(
    client: Client, viewer: User, alice: User, bob: User
) -> None:
    platform, data = builders.team("Platform"), builders.team("Data")
    builders.fills("on_call", builders.rota("Platform", alice, bob), platform)
    builders.fills("on_call", builders.rota("Data", None), data)
    page = shown(client, "/on-call/")
    assert "Platform rota, layer Primary, until Mon 09:00 BST" in page
    assert "person-gap" in page
    assert "Nobody on call" in page
    assert "Mon 30 Mar 08:00" in page  # the next hand-off, in the viewer's zone (UTC)
    assert "Has gaps" in page


def test_somebody_who_can_no_longer_sign_in_is_a_gap(client: Client, viewer: User, alice: User) -> None:
    builders.fills("on_call", builders.rota("Platform", alice), builders.team("Platform"))
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert "Has gaps" in shown(client, "/on-call/")


def test_an_empty_installation_says_what_the_page_is_for(client: Client, viewer: User) -> None:
    page = shown(client, "/on-call/")
    assert "No team yet" in page
    assert "No schedule yet" in page


def test_the_start_pages_strip_is_a_fragment(client: Client, viewer: User, alice: User) -> None:
    builders.fills("on_call", alice, builders.team("Platform"))
    strip = shown(client, "/on-call/strip/", headers=HTMX)
    assert strip.startswith('<ul class="rows" id="on-call-strip">')
    assert "Alice" in strip
    with time_machine.travel(NOON, tick=False):
        assert client.get("/on-call/strip/")["Location"] == "/on-call/"


@pytest.mark.parametrize("view", ["month", "week", "day"])
def test_the_calendar_asks_as_often_for_fifty_schedules_as_for_one(
    client: Client, viewer: User, alice: User, bob: User, view: str
) -> None:
    def asked() -> int:
        shown(client, f"/on-call/?view={view}")  # what a process reads once is read
        with CaptureQueriesContext(connection) as queries:
            shown(client, f"/on-call/?view={view}")
        return len(queries)

    for number in range(2):
        builders.rota(f"Rota {number}", alice, bob, team=builders.team(f"Team {number}"))
    few = asked()
    for number in range(2, 50):
        builders.rota(f"Rota {number}", alice, bob, team=builders.team(f"Team {number}"))
    assert asked() == few
    assert few <= 32
