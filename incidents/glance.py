"""What the apps above know about incidents, for the pages of this one: their next clocks, and what waits for a person.

Wired in ``settings.INCIDENT_GLANCES`` and ``settings.WAITING_FOR_ME``, so that nothing here knows who is asked.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from accounts.models import User
from common import clock
from incidents.models import Checkpoint, Incident, RoleDefinition, RoleOffer, Task


@dataclass(frozen=True, slots=True)
class Glance:
    """A clock of an incident: ``label`` names what comes due at ``due_at`` (UTC); else ``note`` stands in its place."""

    label: str
    due_at: datetime | None = None
    state: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that one person is asked for; ``about`` stands beneath it where it belongs to no incident.

    What is urgent comes first: somebody counts on an answer now.
    """

    title: str
    url: str
    incident: Incident | None = None
    due_at: datetime | None = None
    icon: str = "bell-ring"
    about: str = ""
    is_urgent: bool = False


Glances = Callable[[Sequence[Incident]], Mapping[int, Iterable[Glance]]]
WaitingFor = Callable[[User], Iterable[Waiting]]


@cache
def _glances() -> tuple[Glances, ...]:
    return tuple(import_string(path) for path in getattr(settings, "INCIDENT_GLANCES", ()))


@cache
def _waiting() -> tuple[WaitingFor, ...]:
    return tuple(import_string(path) for path in getattr(settings, "WAITING_FOR_ME", ()))


def of(incidents: Sequence[Incident]) -> dict[int, list[Glance]]:
    """Return each incident's clocks by primary key, in a number of queries that does not grow with them."""
    found: dict[int, list[Glance]] = defaultdict(list)
    for source in _glances() if incidents else ():
        for pk, glances in source(incidents).items():
            found[pk].extend(glances)
    return found


def waiting_for(user: User) -> list[Waiting]:
    """Return what waits for this person, what is urgent and then the soonest first, from this app and those above."""
    found = [waiting for source in (of_this_app, *_waiting()) for waiting in source(user)]
    return sorted(found, key=lambda w: (not w.is_urgent, w.due_at is None, w.due_at or clock.now(), w.title))


def of_this_app(user: User) -> Iterable[Waiting]:
    """Yield role offers, tasks and checkpoints that wait for this person."""
    offers = RoleOffer.objects.filter(to_user=user, state=RoleOffer.State.OPEN, lapses_at__gt=clock.now())
    for offer in offers.select_related("incident", "from_user"):
        role = RoleDefinition.Key(offer.role).label
        yield Waiting(
            f"Take over as {role}?", _page(offer.incident, f"offers/{offer.pk}/"), offer.incident,
            offer.lapses_at, "arrow-left-right",
        )  # fmt: skip
    tasks = Task.objects.filter(assignee=user, done_at=None, incident__ended_at=None)
    for task in tasks.select_related("incident"):
        yield Waiting(task.title, _page(task.incident, "#work"), task.incident, task.due_at, "clipboard-list")
    checkpoints = Checkpoint.objects.filter(owner=user, done_at=None, incident__resolved_at=None)
    for point in checkpoints.filter(incident__ended_at=None).select_related("incident"):
        yield Waiting(point.question, _page(point.incident, "#work"), point.incident, point.due_at, "flag")


def _page(incident: Incident, rest: str) -> str:
    return f"{incident.get_absolute_url()}{rest}"


def pages_waiting_for(user: User) -> list[Waiting]:
    """Return what the apps above ask of this person: the pages they have not answered."""
    return [waiting for source in _waiting() for waiting in source(user)]
