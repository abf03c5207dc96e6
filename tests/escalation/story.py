"""A team with the whole matrix filled, and time that moves from one due timer to the next as the pager's clock does."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import time_machine

from accounts.actor import Actor
from accounts.models import Team, User
from common import clock
from escalation import due, engine
from escalation.models import EscalationTimer, Page
from incidents import actions
from incidents.models import Event, Incident
from tests import builders


@dataclass
class Cast:
    """bob is on call, then carol, then the whole team; lee leads, mia manages, eve directs. alice commands."""

    team: Team
    alice: User
    bob: User
    carol: User
    lee: User
    mia: User
    eve: User

    def declare(self, severity: int = 1, **fields: Any) -> Incident:
        """Alice declares an incident now."""
        fields = {"title": "Webhooks down", "team": self.team, **fields}
        return actions.declare(by=Actor.of(self.alice), severity=severity, **fields)


@dataclass
class Story(Cast):
    """The cast, and time that stands still until the story moves it."""

    traveller: time_machine.Traveller

    def go_to(self, instant: datetime) -> None:
        """Let time pass until ``instant``; the clock wakes for each due timer."""
        while (at := due.next_due()) is not None and at <= instant:
            self.traveller.move_to(max(at, clock.now()), tick=False)
            assert engine.tick(clock.now()), "a timer is due and nothing fires"
        self.traveller.move_to(instant, tick=False)

    def wait(self, **length: float) -> None:
        """Let so much time pass."""
        self.go_to(clock.now() + timedelta(**length))

    def sleep_through(self, **length: float) -> None:
        """Let time pass with every clock dead."""
        self.traveller.shift(timedelta(**length))


def cast() -> Cast:
    """Set the scene, at whatever time it is."""
    calendar = builders.office_hours(is_default=True)
    people = {name: builders.person(name.capitalize()) for name in ("bob", "carol", "lee", "mia", "eve")}
    alice = builders.alice()
    team = builders.team("Platform", people["bob"], people["carol"], calendar=calendar, is_default=True)
    builders.matrix()
    builders.fills("on_call", builders.rota("Platform", people["bob"]), team, position=0)
    builders.fills("on_call", people["carol"], team, position=1)
    builders.fills("on_call", team, team, position=2)
    builders.fills("team_lead", people["lee"], team)
    builders.fills("manager", people["mia"], team)
    builders.fills("executive", people["eve"], team)
    return Cast(team=team, alice=alice, **people)


def begin(traveller: time_machine.Traveller) -> Story:
    """Set the scene, with time in the story's hand."""
    return Story(traveller=traveller, **vars(cast()))


def paged(incident: Incident, *, role: str = "") -> list[tuple[str, str]]:
    """Return who was paged and when, in order: [("Bob", "12:00:00"), …]; not who said unasked that they have it."""
    pages = Page.objects.filter(incident=incident).exclude(key__endswith=":said").order_by("pk")
    if role:
        pages = pages.filter(role=role)
    return [(page.user_label, f"{page.created_at:%H:%M:%S}") for page in pages]


def timers(incident: Incident, state: str) -> list[str]:
    """Return the keys of the incident's timers in a state, in the order of their due times."""
    rows = EscalationTimer.objects.filter(incident=incident, state=state).order_by("due_at", "pk")
    return list(rows.values_list("key", flat=True))


def kinds(incident: Incident) -> list[str]:
    """Return the kinds of the incident's timeline entries, in order."""
    return list(Event.objects.filter(incident=incident).order_by("sequence").values_list("kind", flat=True))
