"""Who may listen to what: the signed tickets that a page carries for its live stream, and what Now is made of."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.core import signing
from django.utils.crypto import constant_time_compare

from accounts.models import User
from incidents.models import ACTIVE_STATUSES, Incident, Status

SALT = "incidents.live"
LASTS = timedelta(hours=12)
UNFINISHED = (Status.REPORTED, *ACTIVE_STATUSES)


@dataclass(frozen=True, slots=True)
class Ticket:
    """A person's right to listen to an incident, or to Now where ``incident`` is None.

    It only says who asks: whether they may (still) see the incident is read from the database when the stream opens and
    again before anything is sent.
    """

    incident: int | None
    user: int
    stamp: str


def _stamp(user: User) -> str:
    """Return what changes with the password, so that old pages fall silent with it."""
    return user.get_session_auth_hash()[:16]


def issue(user: User, incident: Incident | None = None) -> str:
    """Return a ticket that is valid for ``LASTS``, safe to stand in a URL."""
    return signing.dumps([incident.pk if incident else 0, user.pk, _stamp(user)], salt=SALT)


def read(token: str) -> Ticket | None:
    """Return the ticket, or None for one that was forged, belongs elsewhere or has expired."""
    try:
        incident, user, stamp = signing.loads(token, salt=SALT, max_age=LASTS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Ticket(incident or None, user, stamp)


def is_valid_for(ticket: Ticket, user: User | None) -> bool:
    """Return whether the person may still sign in, with the password they had when the ticket was issued."""
    return user is not None and user.is_active and constant_time_compare(ticket.stamp, _stamp(user))


def links(user: User, incident: Incident | None = None) -> dict[str, str]:
    """Return ``live_url`` and ``live_poll_url`` for a page's context (base.html hands them to static/js/live.js)."""
    token = issue(user, incident)
    if incident:
        return {
            "live_url": f"/live/incident/{token}?after={incident.event_sequence}",
            "live_poll_url": f"/live/poll/{token}?after={incident.event_sequence}",
        }
    state = fingerprint(unfinished())
    return {
        "live_url": f"/live/now/{token}?after={state}",
        "live_poll_url": f"/live/poll/{token}?after={state}",
    }


def unfinished() -> dict[int, int]:
    """Return the newest entry's number for each incident that Now is about: open ones and reports."""
    rows = Incident.objects.filter(status__in=UNFINISHED)
    return dict(rows.values_list("pk", "event_sequence").order_by())


def fingerprint(state: Mapping[int, int]) -> str:
    """Return a short digest that differs whenever something has happened on an open incident."""
    text = ",".join(f"{pk}:{sequence}" for pk, sequence in sorted(state.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
