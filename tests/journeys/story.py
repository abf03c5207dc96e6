"""The world of a journey: an organisation, its people, a mail server, and a clock that is moved by hand."""

import json
import re
from datetime import UTC, datetime, timedelta

import time_machine
from django.test import Client

from accounts.actor import SYSTEM
from alerts.actions import create_source
from common import clock, due
from config import defaults
from incidents.models import Component
from oncall.models import EscalationRole
from tests import builders

ALERT_KEY = "the-journeys-alert-key"
NIGHT = datetime(2026, 3, 25, 2, 0, tzinfo=UTC)  # a Wednesday, 02:00 in London
_LINK = re.compile(r"https?://\S+(/p/\S+/)")


class World:
    """Platform's on-call engineer is Bob, then Femi; Alice leads the team, Dan manages, Erin is the executive."""

    def __init__(self) -> None:
        defaults.load()
        self.alice, self.bob, self.carol = builders.alice(), builders.bob(), builders.carol()
        self.femi, self.dan, self.erin = (builders.person(name) for name in ("Femi", "Dan", "Erin"))
        self.team = builders.team("Platform", self.alice, self.bob, self.femi)
        Component.objects.create(name="Webhooks", slug="webhooks", team=self.team)
        rota = builders.rota("Platform rota", self.bob)
        builders.fills(EscalationRole.ON_CALL, rota, team=self.team)
        builders.fills(EscalationRole.ON_CALL, self.femi, team=self.team, position=1)
        builders.fills(EscalationRole.TEAM_LEAD, self.alice, team=self.team)
        builders.fills(EscalationRole.MANAGER, self.dan)
        builders.fills(EscalationRole.EXECUTIVE, self.erin)
        create_source(by=SYSTEM, name="Monitoring", key=ALERT_KEY)


class Time:
    """Moves the clock; whatever comes due on the way happens at its own instant, as the pager's clock would do it."""

    def __init__(self, travel: time_machine.Traveller) -> None:
        self._travel = travel

    def pass_(self, **length: float) -> None:
        """Let time pass: ``pass_(minutes=5)``."""
        end = clock.now() + timedelta(**length)
        for _ in range(500):
            following = due.next_due()
            if following is None or following > end:
                break
            self._travel.move_to(max(following, clock.now()) + timedelta(milliseconds=1))
            due.sweep_all(clock.now())
        self._travel.move_to(max(end, clock.now()))
        due.sweep_all(clock.now())


def page_link(text: str) -> str:
    """Return the path of the page link in a mail's text."""
    found = _LINK.search(text)
    assert found, text
    return found[1]


def raise_alert(title: str = "5xx at 38 %", **fields: str) -> str:
    """Send an alert as the monitoring does; return the reference of the incident that it belongs to."""
    body = {"title": title, "severity": "critical", "component": "webhooks", "dedup_key": "5xx"} | fields
    answer = Client().post(f"/api/v1/alerts/{ALERT_KEY}", json.dumps(body), "application/json")
    assert answer.status_code == 202, answer.content
    return str(answer.json()["incident"])
