"""Tells the demo's history by the real actions, each at its own instant in the past.

Between two actions everything that came due is swept, so that pages, reminders and observations are what the engine
itself made of it. Each action carries an idempotency key: a load that was interrupted goes on where it stopped.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from accounts.actor import Actor
from accounts.models import User
from common import clock, due
from communications import outbox
from communications.models import Delivery
from escalation.models import Page
from incidents.models import Component, Incident

MOST_SWEEPS = (
    500  # between two actions: a source that never gets done must not hold up the first start for ever
)


class Teller:
    """Runs actions in the past. ``base`` (UTC) is the demo's present."""

    def __init__(self, base: datetime) -> None:
        self.base = base
        self.start = self.now = base
        self._told = 0
        self._people = {user.username: user for user in User.objects.all()}
        self._components = {component.slug: component for component in Component.objects.all()}

    def begin(self, *, days: int = 0, hour: int = 0, minute: int = 0) -> None:
        """Start a story so many days before the base at this time of day (UTC)."""
        day = self.base - timedelta(days=days)
        self.begin_at(day.replace(hour=hour, minute=minute, second=0, microsecond=0))

    def begin_at(self, instant: datetime) -> None:
        self.until(instant)
        self.start = instant

    def person(self, username: str) -> User:
        return self._people[username]

    def components(self, *slugs: str) -> list[Component]:
        return [self._components[slug] for slug in slugs]

    def instant(self, minutes: float) -> datetime:
        """Return the instant so many minutes into the story."""
        return self.start + timedelta(minutes=minutes)

    def tell(
        self, minutes: float, action: Callable[..., Any], by: str | User | Actor, **arguments: Any
    ) -> Any:
        """Run an action so many minutes into the story, after what came due before it; return its result."""
        self.until(self.instant(minutes))
        self._told += 1
        with clock.at(self.now):
            result = action(by=self._actor(by), idempotency_key=f"demo:{self._told}", **arguments)
            _deliver(self.now)
        return result

    def on_call(self, incident: Incident) -> User:
        """Return who was furthest down the line of those paged so far (also when the story is told a second time)."""
        pages = Page.objects.filter(incident=incident, created_at__lte=self.now).exclude(user=None)
        page = pages.order_by("-position", "-pk").first()
        return page.user if page is not None and page.user is not None else self.person("bob")

    def until(self, instant: datetime) -> None:
        """Let everything happen that comes due up to ``instant``, each at its own time."""
        for _ in range(MOST_SWEEPS):
            with clock.at(self.now):
                following = due.next_due()
            if following is None or following > instant:
                break
            # A source that is done late is asked again a second later, not at the same instant for ever.
            self.now = max(following, self.now + timedelta(seconds=1)) if following <= self.now else following
            with clock.at(self.now):
                due.sweep_all(self.now)
                _deliver(self.now)
        self.now = max(self.now, instant) if self._told else instant

    def _actor(self, by: str | User | Actor) -> Actor:
        if isinstance(by, Actor):
            return by
        return Actor.of(self.person(by) if isinstance(by, str) else by)


def _deliver(now: datetime) -> None:
    """Deliver what is due without waiting for the queue."""
    waiting = Delivery.objects.waiting().filter(due_at__lte=now).order_by("due_at", "pk")
    outbox.deliver(list(waiting.values_list("pk", flat=True)))
