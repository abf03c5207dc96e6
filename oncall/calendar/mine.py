"""A person's own coming shifts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from accounts.models import User
from oncall.models import Schedule
from oncall.rota import Shift, load_specs, resolve

AHEAD = timedelta(days=35)
MOST = 5


@dataclass(frozen=True, slots=True)
class OwnShift:
    """A shift of the person who looks; times are UTC. ``is_cut``: it goes on after the days that were looked at."""

    schedule: Schedule
    start: datetime
    end: datetime
    is_now: bool
    is_cut: bool

    @property
    def query(self) -> str:
        """Return what the form for asking is told."""
        return urlencode(
            {"schedule": self.schedule.slug, "start": self.start.isoformat(), "end": self.end.isoformat()}
        )


def own_shifts(person: User, schedules: Iterable[Schedule], now: datetime) -> list[OwnShift]:
    """Return the person's running and next shifts of the coming five weeks, the first ``MOST`` of them in order.

    Parts that follow each other without a break are one, whatever the reason.
    """
    rows = {schedule.pk: schedule for schedule in schedules}
    specs = load_specs(rows, now, now + AHEAD) if rows else {}
    found = [
        OwnShift(rows[pk], start, end, start <= now, end >= now + AHEAD)
        for pk, spec in specs.items()
        for start, end in _joined(s for s in resolve(spec, now, now + AHEAD) if s.user_id == person.pk)
    ]
    return sorted(found, key=lambda shift: (shift.start, shift.end))[:MOST]


def _joined(shifts: Iterable[Shift]) -> list[tuple[datetime, datetime]]:
    spans: list[tuple[datetime, datetime]] = []
    for shift in sorted(shifts, key=lambda shift: shift.start):
        if spans and shift.start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], shift.end))
        else:
            spans.append((shift.start, shift.end))
    return spans
