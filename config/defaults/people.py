"""Severities, symptoms, roles, the escalation matrix and the technical levels, in the procedure's words."""

from typing import Any

SEVERITIES: list[dict[str, Any]] = [
    {
        "level": 1,
        "name": "Critical",
        "definition": "Complete service outage or critical functionality unavailable",
        "business_impact": "Revenue loss, customer-facing issues",
        "response_minutes": 15,
        "response_clock": "wall",
    },
    {
        "level": 2,
        "name": "High",
        "definition": "Significant degradation affecting multiple users",
        "business_impact": "User experience degradation",
        "response_minutes": 60,
        "response_clock": "wall",
    },
    {
        "level": 3,
        "name": "Medium",
        "definition": "Minor degradation affecting some users",
        "business_impact": "Limited user impact",
        "response_minutes": 240,
        "response_clock": "business",
    },
    {
        "level": 4,
        "name": "Low",
        "definition": "Minimal user impact",
        "business_impact": "Negligible",
        "response_minutes": 0,
        "response_clock": "next_day",
    },
]

SYMPTOMS: list[dict[str, Any]] = [
    {"severity": 1, "text": "Application completely down"},
    {"severity": 1, "text": "Database corruption", "flags_data": True},
    {"severity": 1, "text": "Security breach", "flags_security": True},
    {"severity": 1, "text": "Data loss", "flags_data": True},
    {"severity": 2, "text": "Performance degradation > 50%"},
    {"severity": 2, "text": "Partial feature outages"},
    {"severity": 2, "text": "Integration failures"},
    {"severity": 2, "text": "High error rates"},
    {"severity": 3, "text": "Slow response times"},
    {"severity": 3, "text": "Non-critical feature issues"},
    {"severity": 3, "text": "Warning thresholds exceeded"},
    {"severity": 4, "text": "Minor bugs"},
    {"severity": 4, "text": "Documentation issues"},
    {"severity": 4, "text": "Non-urgent improvements"},
]

CONTACTS: list[dict[str, Any]] = [
    {"kind": "internal", "name": "Infrastructure Team", "provides": "Machines, network, clusters"},
    {"kind": "vendor", "name": "Cloud Provider Support", "provides": "Compute, storage, network"},
    {"kind": "vendor", "name": "Database Provider", "provides": "Managed databases"},
    {"kind": "vendor", "name": "CDN Provider", "provides": "Edge and TLS", "hours": "24/7"},
    {"kind": "vendor", "name": "Monitoring Provider", "provides": "Metrics, logs, alerts"},
]

QUALIFICATIONS = {
    "incident-commander": "Incident Commander",
    "technical-lead": "Technical Lead",
    "communications-lead": "Communications Lead",
}

ROLES: list[dict[str, Any]] = [
    {
        "key": "commander",
        "name": "Incident Commander",
        "short_name": "IC",
        "duties": (
            "Overall incident coordination\n"
            "Decision making authority\n"
            "Communication with stakeholders\n"
            "Resource allocation"
        ),
        "selection_criteria": (
            "Senior engineer or team lead\n"
            "Familiar with system architecture\n"
            "Available for duration of incident"
        ),
        "qualification": "incident-commander",
    },
    {
        "key": "tech_lead",
        "name": "Technical Lead",
        "short_name": "Tech",
        "duties": (
            "Technical investigation and resolution\n"
            "Coordinate technical team members\n"
            "Implement fixes and workarounds"
        ),
        "qualification": "technical-lead",
    },
    {
        "key": "comms_lead",
        "name": "Communications Lead",
        "short_name": "Comms",
        "duties": (
            "Internal status updates\n"
            "Customer communication\n"
            "Stakeholder notifications\n"
            "Documentation coordination"
        ),
        "qualification": "communications-lead",
    },
    {
        "key": "expert",
        "name": "Subject Matter Expert",
        "short_name": "SME",
        "duties": (
            "Specialized knowledge for specific components\n"
            "Technical support and guidance\n"
            "Implementation assistance"
        ),
        "is_unique": False,
    },
    {
        "key": "observer",
        "name": "Observer",
        "short_name": "Observer",
        "duties": "Shadow experienced responders: learn through observation",
        "is_unique": False,
    },
]

# (role, severity): (timing, minutes, clock, condition, action). SEV-1 and SEV-2 run on the wall clock, the
# others on the business clock; pages stop at mitigation, notices at resolution, review items never.
MATRIX: dict[tuple[str, int], tuple[str, int, str, str, str]] = {
    ("on_call", 1): ("immediate", 0, "wall", "not_mitigated", "page"),
    ("on_call", 2): ("immediate", 0, "wall", "not_mitigated", "page"),
    ("on_call", 3): ("business_hours", 0, "business", "unresolved", "page"),
    ("on_call", 4): ("business_hours", 0, "business", "unresolved", "page"),
    ("team_lead", 1): ("after", 15, "wall", "not_mitigated", "page"),
    ("team_lead", 2): ("after", 60, "wall", "not_mitigated", "page"),
    ("team_lead", 3): ("after", 240, "business", "not_mitigated", "page"),
    ("team_lead", 4): ("next_day", 0, "business", "unresolved", "notice"),
    ("manager", 1): ("after", 30, "wall", "not_mitigated", "page"),
    ("manager", 2): ("after", 240, "wall", "not_mitigated", "page"),
    ("manager", 3): ("next_day", 0, "business", "unresolved", "notice"),
    ("manager", 4): ("weekly_review", 0, "business", "always", "agenda"),
    ("executive", 1): ("after", 60, "wall", "not_mitigated", "page"),
    ("executive", 2): ("next_day", 0, "wall", "unresolved", "notice"),
    ("executive", 3): ("weekly_review", 0, "business", "always", "agenda"),
    ("executive", 4): ("monthly_review", 0, "business", "always", "agenda"),
}

LEVELS: list[dict[str, Any]] = [
    {
        "level": 1,
        "name": "On-call Engineer",
        "from_minutes": 0,
        "to_minutes": 30,
        "duties": "Initial response and assessment\nBasic troubleshooting\nImplementation of known fixes",
    },
    {
        "level": 2,
        "name": "Team Lead/Senior Engineer",
        "from_minutes": 30,
        "to_minutes": 60,
        "duties": "Complex troubleshooting\nArchitecture-level decisions\nResource allocation",
    },
    {
        "level": 3,
        "name": "Engineering Manager",
        "from_minutes": 60,
        "to_minutes": 120,
        "duties": "Cross-team coordination\nVendor escalation\nResource approval",
    },
    {
        "level": 4,
        "name": "Director/VP Engineering",
        "from_minutes": 120,
        "to_minutes": None,
        "duties": (
            "Executive involvement\nExternal communication authorization\nBusiness continuity decisions"
        ),
    },
]
