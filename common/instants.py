"""Instants and durations as people read them. static/js/times.js keeps the same words moving in the browser."""

from datetime import UTC, datetime, timedelta, tzinfo

MINUTE, HOUR, DAY = 60, 3600, 86400


def duration(length: timedelta) -> str:
    """Return a length in its two largest units: "40 s", "21 min", "1 h 12 min", "2 d 3 h". A sign is dropped."""
    seconds = abs(int(length.total_seconds()))
    if seconds < MINUTE:
        return f"{seconds} s"
    if seconds < HOUR:
        return f"{seconds // MINUTE} min"
    if seconds < DAY:
        hours, minutes = seconds // HOUR, seconds % HOUR // MINUTE
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = seconds // DAY, seconds % DAY // HOUR
    return f"{days} d {hours} h" if hours else f"{days} d"


def relative(instant: datetime, now: datetime) -> str:
    """Return "just now", "4 min ago", "in 3 h"; from a fortnight on the date, in the zone of ``instant``."""
    seconds = (now - instant).total_seconds()
    if abs(seconds) < 10:
        return "just now"
    if abs(seconds) >= 14 * DAY:
        return day(instant)
    words = _coarse(abs(int(seconds)))
    return f"{words} ago" if seconds > 0 else f"in {words}"


def _coarse(seconds: int) -> str:
    """Return a number of seconds in its largest unit alone."""
    if seconds < MINUTE:
        return f"{seconds} s"
    if seconds < HOUR:
        return f"{seconds // MINUTE} min"
    if seconds < DAY:
        return f"{seconds // HOUR} h"
    return f"{seconds // DAY} d"


def day(instant: datetime) -> str:
    """Return the date in the instant's own zone: "27 Mar 2026"."""
    return f"{instant.day} {instant:%b %Y}"


def clock(instant: datetime, now: datetime) -> str:
    """Return the wall time in the zone of ``instant``: "03:12"; "26 Mar 03:12" where that is not today."""
    local_now = now.astimezone(instant.tzinfo)
    if instant.date() == local_now.date():
        return f"{instant:%H:%M}"
    if instant.year == local_now.year:
        return f"{instant.day} {instant:%b %H:%M}"
    return f"{instant.day} {instant:%b %Y %H:%M}"


def exact(instant: datetime, zone: tzinfo) -> str:
    """Return the instant in a zone with UTC beside it: "Fri 27 Mar 2026, 03:12:07 GMT · 03:12:07 UTC"."""
    local, utc = instant.astimezone(zone), instant.astimezone(UTC)
    text = f"{local:%a} {day(local)}, {local:%H:%M:%S} {local.tzname()}"
    return text if local.tzname() == "UTC" else f"{text} · {_beside(local, utc, '%H:%M:%S')} UTC"


def both(instant: datetime, zone: tzinfo) -> str:
    """Return the wall time in a zone and in UTC: "03:12 BST · 02:12 UTC"; in UTC once."""
    local, utc = instant.astimezone(zone), instant.astimezone(UTC)
    text = f"{local:%H:%M} {local.tzname()}"
    return text if local.tzname() == "UTC" else f"{text} · {_beside(local, utc, '%H:%M')} UTC"


def _beside(local: datetime, utc: datetime, pattern: str) -> str:
    """Return the UTC time, with its weekday where that is another day than the local one."""
    return utc.strftime(pattern if local.date() == utc.date() else f"%a {pattern}")


def countdown(left: timedelta) -> str:
    """Return "in 04:10" below an hour, "in 1 h 12 min" above; "overdue by 02:10" when ``left`` is negative."""
    seconds = int(abs(left.total_seconds()))
    text = f"{seconds // MINUTE:02}:{seconds % MINUTE:02}" if seconds < HOUR else duration(left)
    return f"in {text}" if left >= timedelta(0) else f"overdue by {text}"


def clock_state(left: timedelta, warn: timedelta) -> str:
    """Return the state of a running clock: "running", "soon" when ``warn`` or less is left, "overdue" below zero."""
    if left < timedelta(0):
        return "overdue"
    return "soon" if left <= warn else "running"
