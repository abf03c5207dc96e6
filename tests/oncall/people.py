"""The rota of the stories about shifts: Alice this week, then Bob, then Carol, each from Monday 09:00 in London."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine
from django.core import mail

from accounts.actor import Actor
from accounts.models import User
from common import clock
from communications import outbox
from communications.models import Delivery
from oncall import actions
from oncall.models import CoverRequest, Schedule
from oncall.rota import load_spec, resolve, who

# Bob's week begins with London's summer time; Carol follows.
BOBS = (datetime(2026, 3, 30, 8, tzinfo=UTC), datetime(2026, 4, 6, 8, tzinfo=UTC))
CAROLS = (BOBS[1], datetime(2026, 4, 13, 8, tzinfo=UTC))


def on_call(rota: Schedule, at: datetime) -> list[str]:
    """Who is on call at an instant, by name."""
    people = {user.pk: user.name for user in User.objects.all()}
    return [people[s.user_id] for s in who(load_spec(rota, at, at + timedelta(days=35)), at) if s.user_id]


def week(rota: Schedule, start: datetime, days: int = 7) -> list[str]:
    """Who has the shifts of some days, in order, gaps included."""
    people = {user.pk: user.name for user in User.objects.all()}
    end = start + timedelta(days=days)
    return [people.get(s.user_id or 0, "nobody") for s in resolve(load_spec(rota, start, end), start, end)]


def asks(user: User, rota: Schedule, span: tuple[datetime, datetime] = BOBS, **more: Any) -> CoverRequest:
    """A request of this person, asked now."""
    made: CoverRequest = actions.ask_for_cover(
        by=Actor.of(user), schedule=rota, starts_at=span[0], ends_at=span[1], **more
    )
    return made


def mails() -> list[tuple[str, str]]:
    """Sends what is due; returns (address, subject) of the mails since the last time."""
    mail.outbox.clear()
    now = clock.now()
    outbox.deliver(
        Delivery.objects.claimable(now).order_by("pk").values_list("pk", flat=True),
    )
    return [(message.to[0], str(message.subject)) for message in mail.outbox]


def frozen(at: datetime) -> Iterator[time_machine.Traveller]:
    """Time that stands still until the test moves it."""
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller
