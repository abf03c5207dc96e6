"""People, teams, how to reach them, when they work, their keys, and the audit log."""

from accounts.models.people import (
    AccessRole,
    ApiKey,
    AuditEntry,
    BusinessCalendar,
    BusinessHours,
    DoneOnce,
    EmergencyContact,
    PersonManager,
    Qualification,
    SpecialDay,
    Team,
    User,
    validate_time_zone,
)
from accounts.models.reaching import ContactCode, ContactMethod, Urgency, region_of

__all__ = [
    "AccessRole",
    "ApiKey",
    "AuditEntry",
    "BusinessCalendar",
    "BusinessHours",
    "ContactCode",
    "ContactMethod",
    "DoneOnce",
    "EmergencyContact",
    "PersonManager",
    "Qualification",
    "SpecialDay",
    "Team",
    "Urgency",
    "User",
    "region_of",
    "validate_time_zone",
]
