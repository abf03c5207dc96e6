"""The names of time zones, read once: asking ``zoneinfo`` walks a thousand files each time."""

from functools import cache
from zoneinfo import ZoneInfo, available_timezones


@cache
def names() -> frozenset[str]:
    """Return every name that the zone database of this machine knows."""
    return frozenset(available_timezones())


def get(name: str) -> ZoneInfo:
    """Return the zone of this name; UTC for a name that the zone database does not know (any more)."""
    return ZoneInfo(name if name in names() else "UTC")
