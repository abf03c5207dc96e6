"""What would be missing some night: on the page, over the API, and for cron."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client

from accounts.models import BusinessCalendar, ContactMethod, EmergencyContact, User
from common.readiness import Finding, findings
from config import defaults
from escalation.models import EscalationRule
from oncall.models import Absence, ForeignCalendar
from tests import builders
from tests.builders import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def covered(alice: User, bob: User) -> User:
    """A team with a rota that is always covered, by people who can be reached, and every role filled; return Alice."""
    builders.matrix()
    team = builders.team("Platform", alice, bob, is_default=True)
    builders.fills("on_call", builders.rota("Platform", alice, bob, team=team), team)
    for role in ("team_lead", "manager", "executive"):
        builders.fills(role, alice)
    for user in (alice, bob):
        builders.mail_method(user, user.email)
    return alice


def found(topic: str = "") -> list[tuple[str, str]]:
    """Return level and sentence of what is missing."""
    return [(f.level.value, f.sentence) for f in findings(NOON) if topic in ("", f.topic)]


def test_when_nothing_is_missing_it_is_all_clear(client: Client, covered: User) -> None:
    assert found() == []
    client.force_login(covered)
    assert "All clear" in client.get("/readiness/").content.decode()


def test_a_gap_of_the_next_thirty_days_is_red(covered: User) -> None:
    builders.rota("Data", None)
    [(level, sentence)] = found("Rotas")
    assert level == "red"
    assert sentence.startswith("Nobody is on call in Data from Wed 25 Mar 12:00 to Fri 24 Apr 13:00")


def test_somebody_on_call_who_cannot_sign_in_is_red(covered: User, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)
    [(level, sentence)] = found("Rotas")
    assert level == "red"
    assert sentence.startswith("Bob is on call in Platform from Mon 30 Mar 09:00")
    assert sentence.endswith("but cannot sign in.")


def test_somebody_on_call_while_away_is_amber(covered: User, bob: User) -> None:
    away = NOON + timedelta(days=6)
    Absence.objects.create(user=bob, starts_at=away, ends_at=away + timedelta(days=1))
    [(level, sentence)] = found("Absences")
    assert level == "amber"
    assert "Bob is away and on call in Platform from Mon 30 Mar 09:00" in sentence


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda methods: methods.delete(), ("red", "Bob is paged by mail")),
        (lambda methods: methods.update(is_active=False), ("red", "Bob is paged by mail")),
        (lambda methods: methods.update(verified_at=None), ("red", "Bob is paged by mail")),
        (lambda methods: methods.update(kind="sms"), ("red", "Bob is paged by mail")),
    ],
)
def test_whoever_is_on_call_has_to_be_reached(
    covered: User, bob: User, spoil: Callable[[Any], Any], expected: tuple[str, str]
) -> None:
    spoil(ContactMethod.objects.filter(user=bob))
    [(level, sentence)] = found("Reaching people")
    assert level == expected[0]
    assert sentence.startswith(expected[1])


def test_a_role_that_nobody_fills_is_red_for_the_team_that_lacks_it(covered: User) -> None:
    builders.team("Data")
    assert found("Roles") == [("red", "Nobody fills the role On-call Engineer for Data.")]


def test_a_layer_that_ends_without_a_successor_is_amber(covered: User, bob: User) -> None:
    rota = builders.rota("Data", bob)
    rota.layers.update(effective_until=NOON + timedelta(days=5))
    assert ("amber", "Data: Primary ends on Mon 30 Mar, and nothing follows it.") in found("Rotas")


def test_a_rotas_calendar_that_cannot_be_read_for_a_day_is_red(covered: User) -> None:
    ForeignCalendar.objects.create(
        purpose="shifts",
        name="Vendor rota",
        url="https://calendar.example.org/x.ics",
        due_at=NOON,
        fetched_at=NOON - timedelta(hours=25),
        failures=9,
        error="The address answered 500.",
    )
    assert found("Calendars of others") == [
        ("red", "Vendor rota could not be read since 2026-03-24 11:00 UTC: The address answered 500.")
    ]


def test_a_cell_that_the_matrix_lacks_and_a_missing_default_team_are_red(covered: User) -> None:
    EscalationRule.objects.filter(role="manager", severity=2).delete()
    covered.teams.update(is_default=False)
    assert found("Escalation matrix") == [("red", "The matrix has no rule for Engineering Manager on SEV-2.")]
    assert [level for level, _ in found("Teams")] == ["red"]


def test_a_business_calendar_that_never_opens_is_red(covered: User) -> None:
    office = builders.office_hours()
    office.hours.all().delete()
    assert found("Business hours") == [
        ("amber", "London office has no opening hours, so it counts as always open.")
    ]
    office.hours.create(weekday=0)
    days = [NOON.date() + timedelta(days=n) for n in range(40)]
    for day in days:
        office.special_days.create(date=day, name="Closed")
    assert found("Business hours") == [("red", "London office has no open day in the next 30 days.")]
    assert BusinessCalendar.objects.count() == 1


def test_vendors_are_red_without_a_number_and_amber_when_not_tried_for_ninety_days(covered: User) -> None:
    cloud = EmergencyContact.objects.create(name="Cloud support")
    assert found("Emergency contacts") == [
        ("red", "Cloud support has neither a phone number nor an address.")
    ]
    EmergencyContact.objects.filter(pk=cloud.pk).update(phone="+44 20 7946 0000")
    assert found("Emergency contacts") == [("amber", "Nobody has tried yet whether Cloud support answers.")]
    EmergencyContact.objects.filter(pk=cloud.pk).update(verified_at=NOON - timedelta(days=91))
    assert found("Emergency contacts") == [("amber", "Cloud support was last tried 91 days ago.")]
    EmergencyContact.objects.filter(pk=cloud.pk).update(verified_at=NOON - timedelta(days=89))
    assert found("Emergency contacts") == []


def test_a_fresh_installation_says_what_to_do_next() -> None:
    defaults.load()
    topics = [finding.topic for finding in findings(NOON) if finding.is_red]
    assert "Roles" in topics
    assert "Emergency contacts" in topics
    assert all(finding.url for finding in findings(NOON))


def test_a_check_that_fails_is_itself_red(settings: Any, covered: User) -> None:
    settings.READINESS_CHECKS = ["tests.readiness.test_readiness.broken"]
    [(level, sentence)] = found()
    assert level == "red"
    assert sentence.startswith("The check tests.readiness.test_readiness.broken failed.")


def broken(now: Any) -> list[Finding]:
    raise RuntimeError("no")


# ---- for cron ----


def run(*options: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("check_readiness", *options, stdout=out)
    except SystemExit as stopped:
        return int(str(stopped.code)), out.getvalue()
    return 0, out.getvalue()


def test_the_exit_status_tells_cron(covered: User, bob: User) -> None:
    assert run() == (0, "All clear: nothing is missing.\n")
    EmergencyContact.objects.create(name="Cloud support", phone="+44 20 7946 0000")
    assert run()[0] == 0
    assert run("--strict")[0] == 1
    assert run("--quiet") == (0, "")
    builders.rota("Data", None)
    status, out = run("--quiet")
    assert status == 2
    assert "RED   Rotas: Nobody is on call in Data" in out
    assert [row["level"] for row in json.loads(run("--json")[1])] == ["red", "amber"]


# ---- the page and the API ----


def test_the_page_leads_an_admin_to_where_it_is_mended(client: Client, covered: User, bob: User) -> None:
    ContactMethod.objects.filter(user=bob).delete()
    client.force_login(builders.person("Ada", "admin", is_staff=True))
    page = client.get("/readiness/").content.decode()
    assert "Ask for a contact method" in page
    assert f"/admin/accounts/user/{bob.pk}/change/" in page
    client.force_login(bob)
    assert "Ask for a contact method" not in client.get("/readiness/").content.decode()


def test_the_api_says_the_same(client: Client, covered: User) -> None:
    client.force_login(covered)
    assert client.get("/api/v1/readiness").json() == {"is_ready": True, "findings": []}
    builders.rota("Data", None)
    answer = client.get("/api/v1/readiness").json()
    assert answer["is_ready"] is False
    assert [finding["topic"] for finding in answer["findings"]] == ["Rotas"]


def test_it_costs_the_same_for_fifty_rotas(
    covered: User, bob: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(50):
        builders.rota(f"Rota {number}", covered, bob)
    with django_assert_max_num_queries(45):
        findings(NOON)
