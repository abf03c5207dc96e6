"""Declaring, reporting and triage (R02-R06, R17-R21)."""

import threading
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection

from accounts.actor import Actor
from accounts.models import BusinessCalendar, BusinessHours, SpecialDay, User
from common.businesstime import HORIZON_DAYS
from common.errors import Conflict, Invalid, NotAllowed
from config import defaults
from incidents import actions
from incidents.describe import headline
from incidents.models import Component, EventKind, Incident, Reminder, SeverityDefinition, Symptom
from tests import builders

pytestmark = pytest.mark.django_db
WEDNESDAY = datetime(2026, 3, 25, 12, 0, tzinfo=UTC)


@pytest.fixture
def procedure(db: None) -> None:
    defaults.load()


def by(user: User) -> Actor:
    return Actor.of(user)


@pytest.mark.parametrize(
    ("severity", "declared", "due"),
    [
        (1, "2026-03-25 12:00", "2026-03-25 12:15"),
        (2, "2026-03-29 03:00", "2026-03-29 04:00"),  # a Sunday, on the wall clock
        (3, "2026-03-27 16:30", "2026-03-30 11:30"),  # Friday → Monday 12:30 BST, on the business clock
        (4, "2026-03-27 12:00", "2026-03-30 16:00"),  # Friday → Monday's closing at 17:00 BST
    ],
)
def test_the_response_is_due_as_the_procedure_says(
    procedure: None, alice: User, severity: int, declared: str, due: str
) -> None:
    team = builders.team("Office", calendar=builders.office_hours(), is_default=False)
    with time_machine.travel(datetime.fromisoformat(declared).replace(tzinfo=UTC), tick=False):
        incident = actions.declare(by=by(alice), title="Webhooks down", severity=severity, team=team)
    assert incident.response_due_at == datetime.fromisoformat(due).replace(tzinfo=UTC)


@pytest.mark.parametrize(("severity", "due_in"), [(3, timedelta(hours=400)), (4, timedelta(days=1))])
def test_a_calendar_without_enough_open_time_delays_nothing(
    procedure: None, alice: User, severity: int, due_in: timedelta
) -> None:
    SeverityDefinition.objects.filter(level=3).update(response_minutes=400 * 60)
    calendar = BusinessCalendar.objects.create(name="A minute on Mondays")
    BusinessHours.objects.create(calendar=calendar, weekday=0, opens=time(9), closes=time(9, 1))
    SpecialDay.objects.bulk_create(
        SpecialDay(calendar=calendar, date=WEDNESDAY.date() + timedelta(days=n), name="Closed")
        for n in range(HORIZON_DAYS + 7)
    )
    team = builders.team("Office", calendar=calendar, is_default=False)
    with time_machine.travel(WEDNESDAY, tick=False):
        incident = actions.declare(by=by(alice), title="Webhooks down", severity=severity, team=team)
    assert incident.response_due_at == WEDNESDAY + due_in


def test_a_warning_comes_at_three_quarters_and_a_breach_at_the_end(procedure: None, alice: User) -> None:
    with time_machine.travel(WEDNESDAY, tick=False):
        incident = actions.declare(by=by(alice), title="Webhooks down", severity=1)
    rows = dict(Reminder.objects.filter(incident=incident).values_list("kind", "due_at"))
    assert rows["response_warning"] == WEDNESDAY + timedelta(seconds=675)
    assert rows["response_breach"] == WEDNESDAY + timedelta(minutes=15)


def test_the_clock_runs_from_detection_not_from_declaration(procedure: None, alice: User) -> None:
    with time_machine.travel(WEDNESDAY, tick=False):
        seen = WEDNESDAY - timedelta(minutes=10)
        incident = actions.declare(by=by(alice), title="Webhooks down", severity=1, detected_at=seen)
        assert incident.response_due_at == WEDNESDAY + timedelta(minutes=5)


def test_the_worst_ticked_symptom_proposes_the_severity_and_flags(procedure: None, alice: User) -> None:
    ticked = list(Symptom.objects.filter(text__in=["Data loss", "Minor bugs"]))
    incident = actions.declare(by=by(alice), title="Rows are missing", symptoms=ticked)
    assert (incident.severity, incident.is_data, incident.is_security) == (1, True, False)


def test_numbers_follow_one_another(alice: User) -> None:
    numbers = [actions.declare(by=by(alice), title=f"n{n}", severity=3).number for n in range(3)]
    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]


def test_the_declaration_is_on_the_timeline_with_its_components(alice: User) -> None:
    team = builders.team("Data")
    component = Component.objects.create(name="Warehouse", slug="warehouse", team=team, is_user_facing=True)
    incident = actions.declare(by=by(alice), title="Slow", severity=2, components=[component])
    event = incident.events.get(kind=EventKind.DECLARED)
    assert event.data["components"] == ["Warehouse"]
    assert (incident.team, incident.is_user_facing) == (team, True)
    assert incident.responders.get().user == alice


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"title": "   ", "severity": 1}, "title"),
        ({"title": "\x00\u202e", "severity": 1}, "title"),
        ({"title": "x" * 201, "severity": 1}, "title"),
        ({"title": "x"}, "severity"),
        ({"title": "x", "severity": 0}, "severity"),
        ({"title": "x", "severity": 5}, "severity"),
        ({"title": "x", "severity": 1, "description": "y" * 20_001}, "description"),
        ({"title": "x", "severity": 1, "detected_at": datetime(2999, 1, 1, tzinfo=UTC)}, "detected_at"),
        (
            {"title": "x", "severity": 1, "impact_started_at": datetime(2999, 1, 1, tzinfo=UTC)},
            "impact_started_at",
        ),
    ],
)
def test_bad_input_names_the_field_and_leaves_nothing(
    alice: User, arguments: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        actions.declare(by=by(alice), **arguments)
    assert refused.value.field == field
    assert not Incident.objects.exists()


def test_text_from_outside_is_kept_but_for_what_can_hurt(alice: User) -> None:
    incident = actions.declare(by=by(alice), title="שלום\u202e 🔥 <b>x</b>\x07\r\nnext", severity=3)
    assert incident.title == "שלום 🔥 <b>x</b> next"


def test_a_viewer_cannot_declare(dave: User) -> None:
    with pytest.raises(NotAllowed):
        actions.declare(by=by(dave), title="x", severity=1)


def test_the_same_key_declares_once(alice: User) -> None:
    one = actions.declare(by=by(alice), title="x", severity=2, idempotency_key="tap")
    two = actions.declare(by=by(alice), title="x", severity=2, idempotency_key="tap")
    assert one == two
    assert Incident.objects.count() == 1


def test_a_key_belongs_to_one_request_and_one_person(alice: User, bob: User) -> None:
    actions.declare(by=by(alice), title="x", severity=2, idempotency_key="tap")
    with pytest.raises(Conflict):
        actions.declare(by=by(alice), title="something else", severity=2, idempotency_key="tap")
    actions.declare(by=by(bob), title="x", severity=2, idempotency_key="tap")
    assert Incident.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_double_tap_from_two_connections_declares_once(alice: User) -> None:
    start, results = threading.Barrier(5), []

    def tap() -> None:
        try:
            start.wait()
            results.append(actions.declare(by=by(alice), title="x", severity=2, idempotency_key="tap").pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=tap) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 5
    assert len(set(results)) == Incident.objects.count() == 1


def test_a_report_pages_nobody_until_it_is_declared(alice: User, bob: User) -> None:
    incident = actions.report(by=by(bob), title="Is it slow?", description="for me it is")
    assert incident.status == "reported"
    assert incident.response_due_at is None
    assert not incident.pages.exists()
    actions.declare_report(by=by(alice), incident=incident, severity=2)
    incident.refresh_from_db()
    assert (incident.status, incident.severity, incident.declared_severity) == ("investigating", 2, 2)
    assert incident.events.filter(kind=EventKind.DECLARED).count() == 1


def test_a_report_that_is_none_is_dismissed_with_a_reason(bob: User) -> None:
    incident = actions.report(by=by(bob), title="Is it slow?")
    with pytest.raises(Invalid):
        actions.cancel(by=by(bob), incident=incident, reason=" ")
    actions.cancel(by=by(bob), incident=incident, reason="It was my own network")
    incident.refresh_from_db()
    assert incident.status == "cancelled"


def test_one_that_is_over_can_be_followed_and_says_so_on_the_timeline(alice: User) -> None:
    earlier = actions.declare(by=by(alice), title="Webhooks down", severity=3)
    actions.resolve(by=by(alice), incident=earlier)
    earlier.refresh_from_db()
    later = actions.declare(by=by(alice), title="Webhooks down again", severity=3, follows=earlier)
    assert later.follows == earlier
    assert headline(later.events.get(kind="declared")) == f"declared SEV-3, following {earlier.reference}"


@pytest.mark.parametrize(("fields", "sentence"), [
    ({}, "is investigating: work on it"),
    ({"status": "resolved", "is_drill": True}, "A drill and a real incident"),
])  # fmt: skip
def test_what_cannot_be_followed_is_said(alice: User, fields: dict[str, Any], sentence: str) -> None:
    earlier = builders.bare_incident(**fields)
    with pytest.raises(Invalid, match=sentence) as refused:
        actions.declare(by=by(alice), title="Again", severity=3, follows=earlier)
    assert refused.value.field == "follows"
