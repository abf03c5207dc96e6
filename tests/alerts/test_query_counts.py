"""How much an alert costs the database: with the procedure's own definitions, a rota and a calendar."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.actor import SYSTEM, Actor
from accounts.models import User
from alerts import actions
from config import defaults
from escalation.models import Page
from incidents import actions as incident_actions
from incidents.models import Component, Incident
from tests import builders
from tests.alerts.test_intake import KEY, send

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)  # a Tuesday: the office is open, a warning pages at once
NIGHT = datetime(2026, 11, 24, 3, tzinfo=UTC)


@pytest.fixture
def checkout(bob: User, carol: User) -> Component:
    """A component whose team has a calendar, a rota of two and a source of alerts."""
    defaults.load()
    team = builders.team("Payments", bob, carol, calendar=builders.office_hours())
    builders.rota("Payments", bob, carol, team=team)
    component = Component.objects.create(name="Checkout", slug="checkout-page", team=team)
    actions.create_source(by=SYSTEM, name="Grafana", key=KEY)
    return component


@pytest.mark.parametrize(
    ("severity", "at", "most"),
    [("critical", NIGHT, 62), ("warning", NIGHT, 30), ("warning", NOON, 56)],
)
def test_an_alert_that_opens_an_incident_costs_few_queries(
    client: Client,
    checkout: Component,
    severity: str,
    at: datetime,
    most: int,
    django_assert_max_num_queries: Any,
) -> None:
    alert = {"title": "5xx", "severity": severity, "component": checkout.slug, "dedup_key": "5xx"}
    with time_machine.travel(at, tick=False):
        send(
            client, {"title": "Before", "dedup_key": "before"}
        )  # the source's last use is noted once a minute
        with django_assert_max_num_queries(most):
            answer = send(client, alert)
    assert answer.json()["outcome"] == "opened"
    paged = Page.objects.filter(incident=Incident.objects.latest("pk"), role="on_call")
    assert paged.exists() == (severity == "critical" or at == NOON)


def test_declaring_costs_few_queries(
    checkout: Component, bob: User, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(58):
        incident = incident_actions.declare(
            by=Actor.of(bob), title="Down", severity=1, components=[checkout], idempotency_key="once"
        )
    stored = Incident.objects.get(pk=incident.pk)
    assert {name: getattr(incident, name) for name in ("version", "event_sequence", "first_paged_at")} == {
        name: getattr(stored, name) for name in ("version", "event_sequence", "first_paged_at")
    }
