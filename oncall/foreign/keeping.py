"""From the spans of a calendar to rows. What has begun is history: it may end early, it never goes (semantics.md)."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import User
from oncall.foreign.parsing import Span
from oncall.models import Absence, ForeignCalendar, ForeignShift

MOST_NAMES = 50
# Absences are compared with shifts this long ahead.
NOTICE = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A row as the calendar has it now."""

    user_id: int
    start: datetime
    end: datetime
    key: str
    text: str

    @property
    def identity(self) -> tuple[int, str]:
        return self.user_id, self.key


def write(calendar: ForeignCalendar, spans: Iterable[Span], now: datetime) -> tuple[bool, list[str]]:
    """Bring a calendar's rows up to date; return whether anything changed, and the names that are nobody here."""
    wanted, unmatched = _matched(calendar, list(spans))
    model: type[Absence | ForeignShift] = Absence if calendar.user_id else ForeignShift
    stored: list[Absence | ForeignShift] = list(
        model._default_manager.filter(calendar=calendar, ends_at__gt=now)
    )
    running = [row for row in stored if row.starts_at <= now]
    changed = _end_running(running, wanted, now)
    kept = {(row.user_id, row.uid) for row in running}
    coming = {
        (row.user_id, row.uid, row.starts_at, row.ends_at): row.pk for row in stored if row.starts_at > now
    }
    new = []
    for row in wanted:
        if row.end <= now or (row.start <= now and row.identity in kept):
            continue
        start = max(row.start, now) if model is ForeignShift else row.start
        if coming.pop((row.user_id, row.key, start, row.end), None) is None:
            new.append(_row(calendar, row, start, now))
    model._default_manager.filter(pk__in=list(coming.values())).delete()
    if calendar.user_id:
        Absence.objects.bulk_create([row for row in new if isinstance(row, Absence)])
    else:
        ForeignShift.objects.bulk_create([row for row in new if isinstance(row, ForeignShift)])
    return bool(changed or new or coming), unmatched


def _end_running(running: Iterable[Absence | ForeignShift], wanted: Iterable[Wanted], now: datetime) -> bool:
    """Move the ends of what is running: to where the calendar has them now, or to this moment where it is gone."""
    ends = {row.identity: row.end for row in wanted if row.start <= now < row.end}
    changed = False
    for row in running:
        end = ends.get((row.user_id, row.uid), now)
        if end != row.ends_at:
            type(row)._default_manager.filter(pk=row.pk).update(ends_at=end)
            changed = True
    return changed


def _row(calendar: ForeignCalendar, row: Wanted, start: datetime, now: datetime) -> Absence | ForeignShift:
    if not calendar.user_id:
        return ForeignShift(
            calendar=calendar, user_id=row.user_id, starts_at=start, ends_at=row.end, uid=row.key
        )
    return Absence(
        calendar=calendar,
        user_id=row.user_id,
        starts_at=start,
        ends_at=row.end,
        uid=row.key,
        reason=row.text,
        check_at=max(now, start - NOTICE),
    )


def _matched(calendar: ForeignCalendar, spans: list[Span]) -> tuple[list[Wanted], list[str]]:
    """Return the rows that the spans call for, each once, and the names that are nobody here."""
    if calendar.user_id:
        whose = calendar.user_id
        rows = [Wanted(whose, span.start, span.end, _key(span), span.summary) for span in spans]
        return list(dict.fromkeys(rows)), []
    people = _Directory()
    found: dict[Wanted, None] = {}
    nobody: dict[str, None] = {}
    for span in spans:
        matched = people.of(span)
        if not matched:
            nobody[span.summary or ", ".join(span.people) or "an event without a name"] = None
        for user_id in matched:
            found[Wanted(user_id, span.start, span.end, _key(span), "")] = None
    return list(found), list(nobody)[:MOST_NAMES]


class _Directory:
    """Finds people by mail address, or else by name. A name that two people have is nobody's."""

    def __init__(self) -> None:
        self.by_mail: dict[str, int] = {}
        names: dict[str, set[int]] = {}
        rows = User.objects.filter(is_active=True).values_list("pk", "email", "name", "username")
        for pk, email, name, username in rows:
            self.by_mail[email.casefold()] = pk
            for word in (name, username, email):
                names.setdefault(word.casefold().strip(), set()).add(pk)
        self.by_name = {name: min(pks) for name, pks in names.items() if len(pks) == 1}

    def of(self, span: Span) -> list[int]:
        by_mail = [self.by_mail[address] for address in span.people if address in self.by_mail]
        if by_mail:
            return list(dict.fromkeys(by_mail))
        pk = self.by_name.get(span.summary.casefold().strip())
        return [pk] if pk is not None else []


def _key(span: Span) -> str:
    """Return the span's key as the column can hold it."""
    if len(span.key) <= 255:
        return span.key
    return hashlib.sha256(span.key.encode()).hexdigest()
