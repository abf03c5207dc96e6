"""What an override would do, before it is saved: the same ``resolve`` twice, and the difference of its answers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from accounts.models import User
from oncall.models import Absence, Override
from oncall.rota import Difference, ScheduleSpec, difference, load_spec, resolve
from oncall.rota.load import override_spec


@dataclass(frozen=True, slots=True)
class Change:
    """From ``start`` to ``end`` these people instead of those; an empty list is a gap."""

    start: datetime
    end: datetime
    before: list[User]
    after: list[User]
    zone: ZoneInfo

    @property
    def makes_gap(self) -> bool:
        return not any(person.is_active for person in self.after)

    @property
    def span(self) -> str:
        """Return "Mon 23 Mar 09:00 – Tue 24 Mar 09:00 GMT" in the zone that is shown."""
        start, end = self.start.astimezone(self.zone), self.end.astimezone(self.zone)
        name = f" {start.tzname()}" if start.utcoffset() != end.utcoffset() else ""
        return f"{start:%a} {start.day} {start:%b %H:%M}{name} – {end:%a} {end.day} {end:%b %H:%M %Z}"


@dataclass(frozen=True, slots=True)
class Preview:
    """The changes in order, and what somebody should know before saving."""

    changes: list[Change]
    warnings: list[str]

    @property
    def makes_gap(self) -> bool:
        return any(change.makes_gap for change in self.changes)


def preview(proposed: Override, *, now: datetime, zone: ZoneInfo) -> Preview:
    """Return what saving this override would change; nothing before ``now`` can change.

    It is compared with the stored one of the same primary key, or with none where it has no primary key yet.
    """
    schedule, stored = proposed.schedule, Override.objects.filter(pk=proposed.pk or 0).first()
    spans = [(row.starts_at, row.ends_at) for row in (proposed, stored) if row is not None]
    start, end = max(now, min(s for s, _ in spans)), max(e for _, e in spans)
    spec = load_spec(schedule, start, end)
    changed = _with(spec, proposed, stored)
    found = difference(resolve(spec, start, end), resolve(changed, start, end))
    return Preview(_people(found, zone), _warnings(proposed, spans[0], zone))


def _with(spec: ScheduleSpec, proposed: Override, stored: Override | None) -> ScheduleSpec:
    """Return the schedule with the override: a new one counts last, a changed one where it stood."""
    new, rows = override_spec(proposed), list(spec.overrides)
    old = override_spec(stored) if stored else None
    if old in rows:
        rows[rows.index(old)] = new
    else:
        rows.append(new)
    return replace(spec, overrides=tuple(rows))


def _people(found: Sequence[Difference], zone: ZoneInfo) -> list[Change]:
    people = User.objects.in_bulk({pk for row in found for pk in (*row.before, *row.after)})
    return [
        Change(
            row.start,
            row.end,
            [people[pk] for pk in row.before if pk in people],
            [people[pk] for pk in row.after if pk in people],
            zone,
        )
        for row in found
    ]


def _warnings(proposed: Override, span: tuple[datetime, datetime], zone: ZoneInfo) -> list[str]:
    """Return sentences on absences of the person, and on overrides that overlap with this one."""
    start, end = span
    away = Absence.objects.filter(user=proposed.user, starts_at__lt=end, ends_at__gt=start)
    if proposed.kind == Override.Kind.REMOVE:
        away = away.none()
    sentences = [f"{proposed.user} is away {_span(row.starts_at, row.ends_at, zone)}." for row in away[:3]]
    others = Override.objects.filter(schedule=proposed.schedule, starts_at__lt=end, ends_at__gt=start)
    for other in others.exclude(pk=proposed.pk or 0).select_related("user").order_by("pk")[:3]:
        words = _span(other.starts_at, other.ends_at, zone)
        sentences.append(f"Another override is in this time: {other}, {words}. The one made later counts.")
    return sentences


def _span(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    a, b = start.astimezone(zone), end.astimezone(zone)
    return f"{a:%a} {a.day} {a:%b %H:%M} – {b:%a} {b.day} {b:%b %H:%M}"
