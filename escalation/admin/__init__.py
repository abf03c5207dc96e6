"""The escalation matrix, and the records of escalations to look at."""

from escalation.admin import matrix, records

__all__ = ["matrix", "records"]
