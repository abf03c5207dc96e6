"""Cadences, update templates, working hours, and the one service the procedure was written for."""

from datetime import time
from typing import Any

# (severity, audience): (unit, minutes, minutes while monitoring). What customers are promised runs on the
# wall clock until resolved, whatever the severity.
CADENCES: dict[tuple[int, str], tuple[str, int, int | None]] = {
    (1, "internal"): ("wall", 15, 60),
    (2, "internal"): ("business", 30, None),
    (3, "internal"): ("business", 120, None),
    (4, "internal"): ("daily", 0, None),
    (1, "customer"): ("wall", 30, None),
    (2, "customer"): ("wall", 30, None),
    (3, "customer"): ("wall", 30, None),
    (4, "customer"): ("wall", 30, None),
}

INTERNAL = """\
🚨 INCIDENT UPDATE - {reference} - {time}
Severity: {severity}
Status: {status}
Impact: {impact}
Actions: {actions}
ETA: {eta}
Next Update: {next_update}"""

CUSTOMER = """\
We are currently experiencing issues with our healing service that may affect
pipeline failure detection and remediation. Our engineering team is actively
working on a resolution.

We will provide updates {cadence} until resolved.

Current Status: {status}
Affected Services: {services}
Workaround: {workaround}"""

EXECUTIVE = """\
Summary: {impact}
Current Status: {status}
Business Impact: {business_impact}
Response Team: {response_team}
ETA to Resolution: {eta}
Communication Plan: {communication_plan}"""

# For each audience the subject and the body.
TEMPLATES = {
    "internal": ("{reference} {severity} {status}: {title}", INTERNAL),
    "customer": ("{status}: {title}", CUSTOMER),
    "executive": ("[URGENT] Production Incident - {services}", EXECUTIVE),
}

CALENDAR: dict[str, Any] = {
    "name": "Office hours",
    "time_zone": "Europe/London",
    "country": "GB",
    "subdivision": "ENG",
}
OPENING_HOURS = [(weekday, time(9), time(17)) for weekday in range(5)]

TEAM = {"name": "Responders", "slug": "responders"}

COMPONENT: dict[str, Any] = {
    "name": "Healing Guard",
    "slug": "healing-guard",
    "description": "The Self-Healing Pipeline Guard: finds failing pipelines and mends them.",
    "is_user_facing": True,
    "variables": {
        "namespace": "healing-guard",
        "service": "healing-guard",
        "internal_url": "http://healing-guard.internal",
        "public_url": "https://healing-guard.prod",
        "prometheus_url": "http://prometheus:9090",
        "database_host": "db-host",
        "database_user": "healing_guard",
        "operation": "webhook_processing",
    },
}
