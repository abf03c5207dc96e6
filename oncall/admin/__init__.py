"""Settings of on-call."""

from oncall.admin import schedules, targets

__all__ = ["schedules", "targets"]
