"""Who will be woken, and what is on the agendas, as pages."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from accounts.models import User
from escalation.models import AgendaItem
from incidents.models import Component
from oncall.models import RoleTarget, Schedule
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


# ---- who will be woken ----


@pytest.fixture
def api(alice: User, bob: User) -> Component:
    builders.matrix()
    team = builders.team("Platform", is_default=True)
    builders.fills("on_call", builders.rota("Platform", bob), team)
    builders.fills("team_lead", alice)
    return Component.objects.create(name="API", slug="api", team=team)


def test_the_preview_names_people_rules_and_methods(client: Client, viewer: User, api: Component) -> None:
    fragment = shown(client, f"/escalation/preview/?severity=1&components={api.pk}", headers=HTMX)
    assert fragment.startswith('<div class="stack-small" id="who-will-be-woken"')
    for words in (
        "Bob",
        "now",
        "Platform rota, layer Primary",
        "mail, Allclear",
        "Alice",
        "in 15 min",
        "unless mitigated",
    ):
        assert words in fragment
    assert 'data-state="gap"' in fragment  # nobody manages


def test_a_gap_says_that_the_next_one_is_asked_only_where_there_is_one(
    client: Client, viewer: User, api: Component
) -> None:
    RoleTarget.objects.filter(role="on_call").delete()
    fragment = shown(client, f"/escalation/preview/?severity=1&components={api.pk}", headers=HTMX)
    assert fragment.count("Nobody: the next one is asked at once") == 1, "Alice is, for the on-call engineer"
    assert fragment.count('data-state="gap"') == 3
    assert "Nobody could be asked" not in fragment


def test_when_there_are_only_gaps_it_says_in_red_that_nobody_could_be_asked(
    client: Client, viewer: User, api: Component
) -> None:
    RoleTarget.objects.all().delete()
    Schedule.objects.all().delete()
    fragment = shown(client, f"/escalation/preview/?severity=1&components={api.pk}", headers=HTMX)
    assert "Nobody could be asked" in fragment
    assert "banner-danger" in fragment
    assert "the next one is asked at once" not in fragment


def test_the_preview_is_a_page_too_and_takes_short_names_and_an_instant(
    client: Client, viewer: User, api: Component
) -> None:
    page = shown(client, "/escalation/preview/?severity=2&components=api&at=2026-03-28T03:00Z")
    assert "<html" in page
    assert "Sat 28 Mar" in page or "28 Mar" in page or "03:00" in page


def test_the_preview_waits_while_somebody_is_still_choosing(
    client: Client, viewer: User, api: Component
) -> None:
    assert "Choose a severity" in shown(client, "/escalation/preview/?title=x&severity=", headers=HTMX)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("severity=9", "Choose a severity from 1 (worst) to 4."),
        ("severity=one", "Choose a severity from 1 (worst) to 4."),
        ("severity=1&components=nonsense", "There is no component “nonsense”."),
        ("severity=1&components=99999", "There is no component “99999”."),
        ("severity=1&components=%C2%B2", "There is no component “²”."),
        ("severity=1&team=nobody", "There is no such team."),
        ("severity=1&at=tomorrow", "Write a date and a time like 2026-03-28T03:00"),
        ("severity=1&at=9999-12-31T23:59Z", "Choose a time between the years 2000 and 2100."),
    ],
)
def test_the_preview_says_what_it_does_not_understand(
    client: Client, viewer: User, api: Component, query: str, sentence: str
) -> None:
    assert sentence in shown(client, f"/escalation/preview/?{query}", status=400, headers=HTMX)


# ---- reviews ----


def test_the_agenda_lists_what_waits_and_an_item_is_discussed_once(client: Client, bob: User) -> None:
    incident = builders.bare_incident("Slow exports", severity=4)
    item = AgendaItem.objects.create(
        incident=incident, review="weekly_review", role="manager", review_at=NOON + timedelta(days=5)
    )
    with time_machine.travel(NOON, tick=False):
        client.force_login(bob)
        assert "Slow exports" in shown(client, "/reviews/")
        for _ in range(2):
            assert client.post(f"/reviews/{item.pk}/discussed/").status_code == 302
    item.refresh_from_db()
    assert (item.discussed_at, item.discussed_by) == (NOON, bob)
    assert "Nothing to discuss" in shown(client, "/reviews/")


def test_an_item_of_a_private_incident_is_not_there_for_others(client: Client, bob: User) -> None:
    incident = builders.bare_incident("Secret", is_private=True)
    item = AgendaItem.objects.create(
        incident=incident, review="weekly_review", role="manager", review_at=NOON
    )
    with time_machine.travel(NOON, tick=False):
        client.force_login(bob)
        assert "Secret" not in shown(client, "/reviews/")
        assert client.post(f"/reviews/{item.pk}/discussed/").status_code == 404


def test_who_may_only_look_cannot_tick_an_item(client: Client, viewer: User) -> None:
    item = AgendaItem.objects.create(
        incident=builders.bare_incident(), review="weekly_review", role="manager", review_at=NOON
    )
    with time_machine.travel(NOON, tick=False):
        assert "Discussed</button>" not in shown(client, "/reviews/")
        assert client.post(f"/reviews/{item.pk}/discussed/").status_code == 403


@pytest.mark.parametrize("url", ["/on-call/", "/on-call/strip/", "/escalation/preview/", "/reviews/"])
def test_anonymous_visitors_are_sent_to_the_log_in(client: Client, db: None, url: str) -> None:
    response = client.get(url)
    assert response.status_code == 302
    assert "/account/login/" in response["Location"]


@pytest.mark.parametrize("url", ["/on-call/", "/escalation/preview/", "/reviews/"])
def test_these_pages_only_show(client: Client, viewer: User, url: str) -> None:
    with time_machine.travel(NOON, tick=False):
        assert client.post(url).status_code == 405
