"""The state machine: which status may follow which, and the one way to move (semantics.md, "Incident lifecycle")."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils.module_loading import import_string
from django.utils.timesince import timesince

from accounts.actor import Actor
from common import clock
from common.errors import Blocked, Blocker, Conflict
from incidents.models import EventKind, Incident, Status

Guard = Callable[[Incident, Status, Actor, dict[str, str]], Iterable[Blocker]]

_WORKING = (Status.INVESTIGATING, Status.MITIGATING, Status.MONITORING)

SOURCES: dict[Status, tuple[Status, ...]] = {
    Status.REPORTED: (),
    Status.INVESTIGATING: (Status.REPORTED, Status.MITIGATING, Status.RESOLVED),
    Status.MITIGATING: (Status.INVESTIGATING, Status.MONITORING),
    Status.MONITORING: (Status.INVESTIGATING, Status.MITIGATING),
    Status.RESOLVED: _WORKING,
    Status.CLOSED: (Status.RESOLVED,),
    Status.CANCELLED: (Status.REPORTED, *_WORKING, Status.RESOLVED),
    Status.MERGED: (Status.REPORTED, *_WORKING),
}

STATE_EVENTS = (
    EventKind.DECLARED,
    EventKind.REPORTED,
    EventKind.STATUS_CHANGED,
    EventKind.SEVERITY_CHANGED,
    EventKind.RESOLVED,
    EventKind.REOPENED,
    EventKind.CLOSED,
    EventKind.CANCELLED,
    EventKind.MERGED,
    EventKind.ROLE_TAKEN,
    EventKind.ROLE_RELEASED,
    EventKind.DETAILS_CHANGED,
    EventKind.COMPONENTS_CHANGED,
)


class InvalidTransition(Conflict):
    """The step does not lead on from this state; the sentence says who brought the incident there, and when."""

    code = "invalid_transition"

    def __init__(self, incident: Incident, to: str) -> None:
        to_words = Status(to).label.lower()
        super().__init__(f"{incident.reference} cannot become {to_words}: {who_was_first(incident)}.")
        self.incident = incident


def locked(incident: Incident) -> Incident:
    """Return the incident as it is now, with its row locked until the transaction ends (PostgreSQL).

    SQLite has one writer at a time; there the conditional updates below are what decides. The lock lets others refer to
    the row (NO KEY): it is the same that the escalation takes.
    """
    return Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)


def locked_if_free(incident: Incident) -> Incident | None:
    """Return ``locked(incident)``, or ``None`` at once if somebody else holds it: for clocks, which come back soon."""
    return Incident.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=incident.pk).first()


def who_was_first(incident: Incident) -> str:
    """Return who last changed the state, and when: "it was resolved by Ana 20 s ago"."""
    event = incident.events.filter(kind__in=STATE_EVENTS).order_by("-sequence").first()
    status = incident.get_status_display().lower()
    if event is None:
        return f"it is {status}"
    seconds = int((clock.now() - event.recorded_at).total_seconds())
    ago = f"{max(seconds, 0)} s" if seconds < 60 else timesince(event.recorded_at, clock.now(), depth=1)
    return f"it is {status} ({event.get_kind_display().lower()} by {event.actor_label} {ago} ago)"


def check_version(incident: Incident, expected: int | None) -> None:
    """Raise ``Conflict`` if somebody changed the incident since the form with version ``expected`` was shown."""
    if expected is not None and expected != incident.version:
        raise Conflict(
            f"{incident.reference} changed while you were looking: {who_was_first(incident)}. "
            "Nothing was saved: look at the new state and try again.",
            code="stale",
        )


def move(
    incident: Incident,
    to: Status,
    *,
    expected_version: int | None = None,
    raise_epoch: bool = False,
    **fields: Any,
) -> Status:
    """Bring a locked incident into ``to`` and return the status it had. Of several at once exactly one succeeds.

    Raises ``InvalidTransition`` if ``to`` may not follow, and ``Conflict`` for a stale ``expected_version``.
    """
    before = Status(incident.status)
    if before not in SOURCES[to]:
        raise InvalidTransition(incident, to)
    check_version(incident, expected_version)
    if raise_epoch:
        fields["epoch"] = F("epoch") + 1
    here = Incident.objects.filter(pk=incident.pk, status=before, version=incident.version)
    if not here.update(status=to, version=F("version") + 1, **fields):
        incident.refresh_from_db()
        raise InvalidTransition(incident, to)
    incident.refresh_from_db()
    return before


def change(incident: Incident, *, expected_version: int | None = None, **fields: Any) -> None:
    """Change fields of a locked incident that are part of its state, raising its version. Raises ``Conflict``."""
    check_version(incident, expected_version)
    here = Incident.objects.filter(pk=incident.pk, version=incident.version)
    if not here.update(version=F("version") + 1, **fields):
        raise Conflict(
            f"{incident.reference} was changed by somebody else at the same moment. Try again.", code="stale"
        )
    incident.refresh_from_db()


@cache
def _guards() -> tuple[Guard, ...]:
    return tuple(import_string(path) for path in settings.INCIDENT_GUARDS)


def blockers(
    incident: Incident, to: Status, *, by: Actor, proposed: dict[str, str] | None = None
) -> list[Blocker]:
    """Return everything that is missing before this step may be taken; empty means it may."""
    return [blocker for guard in _guards() for blocker in guard(incident, to, by, proposed or {})]


def require_unblocked(
    incident: Incident, to: Status, *, by: Actor, proposed: dict[str, str] | None = None
) -> None:
    """Raise ``Blocked`` with the whole list if any guard sees something missing."""
    missing = blockers(incident, to, by=by, proposed=proposed)
    if missing:
        words = "One thing is missing" if len(missing) == 1 else f"{len(missing)} things are missing"
        raise Blocked(f"{words} before {incident.reference} can be {Status(to).label.lower()}.", missing)
