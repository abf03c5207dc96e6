"""Settings of on-call."""

from oncall.admin import foreign, schedules, targets

__all__ = ["foreign", "schedules", "targets"]
