"""Raising and lowering the severity (semantics.md, "Severity")."""

from django.db.models import F

from accounts.actor import Actor
from accounts.write import action
from common import clock
from common.errors import Conflict, Invalid
from common.text import clean
from incidents import response
from incidents.access import require_commander, require_responder
from incidents.events import record
from incidents.models import EventKind, Incident, Severity
from incidents.state import InvalidTransition, change, locked


def set_severity(
    *, by: Actor, incident: Incident, severity: int, reason: str = "", expected_version: int | None = None
) -> Incident:
    """Raise the severity (anyone who responds) or lower it (the commander, with a reason); return the incident.

    The epoch rises, so that timers of the old severity are void; the apps above arm the new ones when they hear of it.
    The response clock starts anew only if nobody had acknowledged. This is ``change_severity`` for callers that have a
    transaction of their own: the alert intake, a merge.
    """
    require_responder(by)
    incident, reason = locked(incident), clean(reason)
    if severity not in Severity.values:
        raise Invalid(f"There is no severity {severity}: choose 1 (worst) to 4.", field="severity")
    if not incident.is_active:
        raise InvalidTransition(incident, incident.status)
    before = incident.severity
    if severity == before:
        raise Conflict(f"{incident.reference} already is {Severity(severity).label}.", code="unchanged")
    upgrade = severity < before
    if not upgrade:
        require_commander(by, incident, "lower the severity")
        if not reason:
            raise Invalid("Say why it is less severe than it looked.", field="reason")
    change(
        incident,
        expected_version=expected_version,
        severity=severity,
        peak_severity=min(severity, incident.peak_severity),
        epoch=F("epoch") + 1,
    )
    if incident.acknowledged_at is None:
        start = clock.now() if upgrade else incident.response_started_at or incident.detected_at
        response.start_clock(incident, start=start)
    data = {"from": before, "to": severity, "upgrade": upgrade}
    record(incident, EventKind.SEVERITY_CHANGED, by=by, text=reason, data=data)
    incident.refresh_from_db()
    return incident


change_severity = action(set_severity)
