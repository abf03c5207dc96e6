"""How fast an unanswered page moves on, by severity (semantics.md, "Escalation")."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from common import businesstime
from common.businesstime import Calendar, NeverOpen


@dataclass(frozen=True, slots=True)
class Pace:
    """Minutes, on the business clock where ``business``: nobody is woken at night for a slow page.

    ``expiry`` is after how long without activity an acknowledgement is asked about again; ``None``: never.
    """

    next: int
    repeat: int
    rounds: int
    expiry: int | None
    business: bool

    def after(self, start: datetime, minutes: int, calendar: Calendar) -> datetime:
        """Return the UTC instant ``minutes`` after ``start`` on this pace's clock."""
        length = timedelta(minutes=minutes)
        if not self.business:
            return start + length
        try:
            return businesstime.add_business(calendar, start, length)
        except NeverOpen:
            return start + length


PACES = {
    1: Pace(next=5, repeat=5, rounds=12, expiry=15, business=False),
    2: Pace(next=5, repeat=10, rounds=12, expiry=30, business=False),
    3: Pace(next=5, repeat=30, rounds=4, expiry=None, business=True),
    4: Pace(next=5, repeat=60, rounds=2, expiry=None, business=True),
}
