"""From the stored templates to the text that goes out (R40). ``{name}`` is replaced; nothing is ever evaluated."""

import re
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from common import instants
from communications.models import Audience, UpdateTemplate
from incidents.models import Incident, Status

_NAME = re.compile(r"\{([^{}]*)\}")

# The procedure's template as load_defaults installs it, for an installation that has lost its row.
INTERNAL = """\
🚨 INCIDENT UPDATE - {reference} - {time}
Severity: {severity}
Status: {status}
Impact: {impact}
Actions: {actions}
ETA: {eta}
Next Update: {next_update}"""
SUBJECT = "{reference} {severity} {status}: {title}"

# The procedure's template knows three words; monitoring prints as MITIGATING (semantics.md).
_WORDS = {
    Status.REPORTED: "INVESTIGATING",
    Status.INVESTIGATING: "INVESTIGATING",
    Status.MITIGATING: "MITIGATING",
    Status.MONITORING: "MITIGATING",
}


def fill(template: str, values: Mapping[str, str]) -> str:
    """Return the template with its known names replaced; what a value contains is never looked at again."""
    return _NAME.sub(lambda match: values.get(match[1], match[0]), template)


def status_word(status: str) -> str:
    """Return INVESTIGATING, MITIGATING or RESOLVED."""
    return _WORDS.get(Status(status), "RESOLVED")


def moment(instant: datetime, zone: ZoneInfo) -> str:
    """Return an instant as readers in several zones need it: "25 Jun 2026, 13:00 BST · 12:00 UTC"; in winter once."""
    local = instant.astimezone(zone)
    times = instants.both(instant, zone) if local.utcoffset() else f"{local:%H:%M} UTC"
    return f"{instants.day(local)}, {times}"


def internal_update(
    incident: Incident,
    *,
    at: datetime,
    impact: str,
    actions: str,
    eta: str,
    next_due_at: datetime | None,
    zone: ZoneInfo,
) -> tuple[str, str]:
    """Return (subject, text) of an internal update. Times are printed in ``zone`` with UTC beside them."""
    stored = UpdateTemplate.objects.filter(audience=Audience.INTERNAL).first()
    values = {
        "reference": incident.reference,
        "title": incident.title,
        "time": moment(at, zone),
        "severity": incident.get_severity_display(),
        "status": status_word(incident.status),
        "impact": impact,
        "actions": actions,
        "eta": eta or "Unknown",
        "next_update": moment(next_due_at, zone) if next_due_at else "None planned",
    }
    subject, body = (stored.subject, stored.body) if stored else (SUBJECT, INTERNAL)
    prefix = "DRILL: " if incident.is_drill else ""
    return fill(subject, values)[:280], prefix + fill(body, values)
