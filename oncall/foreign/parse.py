"""From the text of a calendar to spans of time. Pure: runs in a process of its own, without Django.

``python -m oncall.foreign.parse`` reads a request as JSON from its input and writes the answer to its output. What
other people write may be huge or endless: the process has limits that the operating system keeps.
"""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

MOST_OCCURRENCES = 5000
# More than this on a day is no absence and no shift.
MOST_A_DAY = 24
MOST_EVENTS = 20_000
_TIMES = {"DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"}


class NotACalendar(Exception):
    """The text cannot be read as iCalendar."""


def read(text: str, *, zone: str, start: datetime, end: datetime, with_free: bool) -> dict[str, Any]:
    """Return ``{"spans": […], "left_out": [sentence, …]}`` of the events that touch an interval.

    A span is ``{start, end, key, summary, people}``: instants in UTC, a key that stays the same for an occurrence, and
    the mail addresses of who takes part. Days and floating times are of the calendar's own zone, else of ``zone``.
    ``with_free``: events that block no time count too. Cancelled ones never do. Raises ``NotACalendar``.
    """
    import recurring_ical_events

    calendar = _calendar(text)
    own_zone = _zone(calendar, zone)
    left_out = _drop_unusable(calendar, with_free)
    repeating = {_uid(event) for event in calendar.events if _repeats(event)}
    try:
        found = recurring_ical_events.of(calendar, skip_bad_series=True).between(start, end)
        spans = [span for event in found for span in _spans(event, own_zone, start, end, repeating)]
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise NotACalendar(f"The calendar cannot be read: {str(error)[:150]}") from error
    spans.sort(key=lambda span: (span["start"], span["key"]))
    if len(spans) > MOST_OCCURRENCES:
        left_out.append(f"Only the first {MOST_OCCURRENCES:,} events were read.")
    return {"spans": spans[:MOST_OCCURRENCES], "left_out": left_out}


def _calendar(text: str) -> Any:
    """Return the first calendar of the text. A broken time zone is left out: its name may be enough."""
    from icalendar import Calendar

    try:
        calendars = Calendar.from_ical(text, multiple=True)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        try:
            calendars = Calendar.from_ical(_without_zones(text), multiple=True)
        except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
            raise NotACalendar(f"The calendar cannot be read: {str(error)[:150]}") from error
    if not calendars or calendars[0].name != "VCALENDAR":
        raise NotACalendar("This is not a calendar.")
    if len(calendars[0].events) > MOST_EVENTS:
        raise NotACalendar(f"The calendar has more than {MOST_EVENTS:,} events. Offer one with fewer.")
    return calendars[0]


def _without_zones(text: str) -> str:
    kept, inside = [], False
    for line in text.splitlines():
        word = line.strip().upper()
        inside = inside or word == "BEGIN:VTIMEZONE"
        if not inside:
            kept.append(line)
        inside = inside and word != "END:VTIMEZONE"
    return "\r\n".join(kept) + "\r\n"


def _zone(calendar: Any, otherwise: str) -> ZoneInfo:
    own = str(calendar.get("x-wr-timezone", ""))
    return ZoneInfo(own if own in available_timezones() else otherwise)


def _drop_unusable(calendar: Any, with_free: bool) -> list[str]:
    """Take out of the calendar what blocks no time or cannot be used; return sentences about the latter."""
    kept, broken, too_often = [], 0, 0
    for component in calendar.subcomponents:
        if component.name == "VEVENT":
            if str(component.get("status", "")).upper() == "CANCELLED" and "recurrence-id" not in component:
                continue
            if not with_free and str(component.get("transp", "")).upper() == "TRANSPARENT":
                continue
            if _is_broken(component):
                broken += 1
                continue
            if _is_too_often(component):
                too_often += 1
                continue
        elif component.name != "VTIMEZONE":
            continue
        kept.append(component)
    calendar.subcomponents = kept
    said = []
    if broken:
        said.append(f"Left out because their times are broken: {broken}.")
    if too_often:
        said.append(f"Left out because they repeat more than {MOST_A_DAY} times a day: {too_often}.")
    return said


def _is_broken(event: Any) -> bool:
    """Return whether the library could not read one of the properties that say when the event is."""
    if any(str(name).upper() in _TIMES for name, _ in getattr(event, "errors", [])):
        return True
    return not isinstance(getattr(event.get("dtstart"), "dt", None), date)


def _is_too_often(event: Any) -> bool:
    rules = event.get("rrule", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        frequency = str((rule.get("freq") or [""])[0]).upper()
        if frequency in {"SECONDLY", "MINUTELY"}:
            return True
        a_day = 1
        for part in ("byhour", "byminute", "bysecond"):
            a_day *= max(len(rule.get(part) or []), 1)
        if frequency == "HOURLY":
            a_day *= 24 if not rule.get("byhour") else 1
        if a_day > MOST_A_DAY:
            return True
    return False


def _spans(
    event: Any, zone: ZoneInfo, start: datetime, end: datetime, repeating: set[str]
) -> Iterator[dict[str, Any]]:
    begins, ends = _as_instant(event.start, zone), _as_instant(event.end, zone, is_end=True)
    if not begins < ends or ends <= start or begins >= end:
        return
    if str(event.get("status", "")).upper() == "CANCELLED":
        return
    yield {
        "start": begins.isoformat(),
        "end": ends.isoformat(),
        "key": _key(event, repeating),
        "summary": str(event.get("summary", ""))[:200],
        "people": list(_people(event))[:50],
    }


def _as_instant(value: date, zone: ZoneInfo, *, is_end: bool = False) -> datetime:
    """Return the UTC instant of a time or a whole day; what floats is of ``zone``."""
    from common.businesstime import to_utc

    if not isinstance(value, datetime):
        return to_utc(value, time(0), zone, end=is_end)
    if value.tzinfo is None:
        return to_utc(value.date(), value.time(), zone, end=is_end)
    return value.astimezone(UTC)


def _uid(event: Any) -> str:
    return str(event.get("uid", ""))[:200]


def _repeats(event: Any) -> bool:
    return any(name in event for name in ("rrule", "rdate", "recurrence-id"))


def _key(event: Any, repeating: set[str]) -> str:
    """Return what stays the same for an occurrence: the event, and which of its repetitions."""
    uid, recurrence = _uid(event), event.get("recurrence-id")
    return f"{uid}/{recurrence.to_ical().decode()}" if uid in repeating and recurrence is not None else uid


def _people(event: Any) -> Iterator[str]:
    found = event.get("attendee", [])
    for attendee in found if isinstance(found, list) else [found]:
        refused = str(getattr(attendee, "params", {}).get("PARTSTAT", "")).upper() == "DECLINED"
        address = str(attendee).strip()
        if address.lower().startswith("mailto:") and not refused:
            yield address[7:].strip().lower()[:254]


def _limit(seconds: int, megabytes: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (megabytes * 1024 * 1024,) * 2)


def main() -> None:
    """Answer the request on the input. The answer is ``{"problem": sentence}`` for what is not a calendar."""
    request = json.loads(sys.stdin.buffer.read())
    _limit(request["seconds"], request["megabytes"])
    try:
        answer = read(
            request["text"],
            zone=request["zone"],
            start=datetime.fromisoformat(request["start"]),
            end=datetime.fromisoformat(request["end"]),
            with_free=request["with_free"],
        )
    except NotACalendar as error:
        answer = {"problem": str(error)}
    except (MemoryError, RecursionError):
        answer = {"problem": "The calendar is too large to be read."}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
