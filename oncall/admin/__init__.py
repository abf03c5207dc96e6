"""Settings of on-call."""

from oncall.admin import fixed, foreign, layers, overrides, schedules, targets

__all__ = ["fixed", "foreign", "layers", "overrides", "schedules", "targets"]
