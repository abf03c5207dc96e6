"""Settings of on-call and escalation, and their records to look at."""

from escalation.admin import matrix, records, schedules

__all__ = ["matrix", "records", "schedules"]
