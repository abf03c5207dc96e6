"""What the queue's workers do for this app."""

import logging
from datetime import timedelta

from django.conf import settings

from accounts import audit as audit_log
from common import clock, due, outbound
from escalation import audit
from escalation.models import Heartbeat
from escalation.pager import heartbeats

logger = logging.getLogger(__name__)

# How far back clock 2 looks, once a minute.
WINDOW = timedelta(hours=1)


def canary() -> None:
    """Show that this cluster works: its keeper restarts one that has not sung for too long."""
    heartbeats.beat(heartbeats.own_name(heartbeats.QUEUE), clock.now())


def escalation_audit() -> None:
    """Clock 2, once a minute: do what clock 1 would do if it were dead, and see whether the invariants hold.

    Only if they do, ``settings.HEARTBEAT_URL`` is called: whoever watches it hears of everything that goes wrong here,
    the end of this machine included, by not being called.
    """
    now = clock.now()
    due.sweep_all(now)
    violations = [finding for finding in audit.findings(now, since=now - WINDOW) if not finding.holds]
    for finding in violations:
        logger.error("audit.violation", extra={"invariant": finding.key, "count": finding.violations})
    broken = {finding.key: finding.violations for finding in violations}
    heartbeats.beat(heartbeats.AUDIT, now, violations=broken, head=_newest_seen(broken))
    if not violations:
        _tell_the_outside()


def _newest_seen(broken: dict[str, int]) -> list[object]:
    """Return the end of the audit log, to be found again next time; while it is broken, the last that was sound."""
    seen = Heartbeat.objects.filter(name=heartbeats.AUDIT).values_list("detail", flat=True).first() or {}
    return list(seen.get("head", [0, ""])) if "I11" in broken else list(audit_log.head())


def _tell_the_outside() -> None:
    if not settings.HEARTBEAT_URL:
        return
    try:
        outbound.request("GET", settings.HEARTBEAT_URL)
    except (outbound.OutboundRefused, outbound.OutboundFailed):
        logger.warning("heartbeat.failed", exc_info=True)
