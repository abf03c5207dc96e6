"""When a cell of the escalation matrix comes due (semantics.md, "Time"; R12). Pure: no database, no clock.

The engine that pages and the preview that says who will be paged both ask here, so that they cannot disagree.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, Self

from common import businesstime
from common.businesstime import Calendar, NeverOpen


class RuleRow(Protocol):
    """What is read of a stored rule."""

    role: str
    severity: int
    timing: str
    delay_minutes: int
    clock: str
    condition: str
    action: str


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """One cell of the matrix as plain values, those of ``EscalationRule``'s choices."""

    role: str
    severity: int
    timing: str
    delay_minutes: int = 0
    clock: str = "wall"
    condition: str = "unresolved"
    action: str = "page"

    @classmethod
    def of(cls, row: RuleRow) -> Self:
        """Return the cell of a stored rule."""
        return cls(**{name: getattr(row, name) for name in cls.__dataclass_fields__})

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Return the cell that ``as_json`` wrote; names that a later version added are ignored."""
        return cls(**{name: stored[name] for name in cls.__dataclass_fields__ if name in stored})

    def as_json(self) -> dict[str, Any]:
        """Return the cell as plain values for a JSON column."""
        return asdict(self)

    @property
    def words(self) -> str:
        """Return the cell as the matrix prints it: "Immediate", "15 min", "4 business hours", "Next day"."""
        return timing_words(self.timing, self.delay_minutes, self.clock)

    @property
    def condition_words(self) -> str:
        """Return what would stop it: "unless mitigated", "unless resolved", or nothing."""
        return {"not_mitigated": "unless mitigated", "unresolved": "unless resolved"}.get(self.condition, "")


def without_rules(severity: int) -> RuleSpec:
    """Return the cell that counts where a severity has none: somebody is asked, as the procedure has it (R12)."""
    urgent = severity <= 2
    return RuleSpec(
        role="on_call",
        severity=severity,
        timing="immediate" if urgent else "business_hours",
        clock="wall" if urgent else "business",
        condition="not_mitigated" if urgent else "unresolved",
    )


_WORDS = {
    "immediate": "Immediate",
    "business_hours": "Business hours",
    "next_day": "Next day",
    "weekly_review": "Weekly review",
    "monthly_review": "Monthly review",
}


def timing_words(timing: str, delay_minutes: int, clock: str) -> str:
    """Return a cell's timing as the matrix prints it."""
    if timing != "after":
        return _WORDS[timing]
    hours, minutes = divmod(delay_minutes, 60)
    if minutes or not hours:
        return f"{delay_minutes} {'business minutes' if clock == 'business' else 'min'}"
    unit = "business hour" if clock == "business" else "hour"
    return f"{hours} {unit}{'' if hours == 1 else 's'}"


def due_at(rule: RuleSpec, t0: datetime, calendar: Calendar) -> datetime:
    """Return the UTC instant at which the cell comes due for an incident whose clock started at ``t0``.

    ``calendar`` is the business calendar of the incident's team. One that never opens would keep people
    asleep for ever; then the wall clock decides, because a page that is too early does less harm than none.
    """
    t0 = t0.astimezone(UTC)
    try:
        return _on_calendar(rule, t0, calendar)
    except NeverOpen:
        return t0 + _WITHOUT_CALENDAR.get(rule.timing, timedelta(minutes=rule.delay_minutes))


_WITHOUT_CALENDAR = {
    "business_hours": timedelta(),
    "next_day": timedelta(days=1),
    "weekly_review": timedelta(weeks=1),
    "monthly_review": timedelta(days=30),
}


def _on_calendar(rule: RuleSpec, t0: datetime, calendar: Calendar) -> datetime:
    delay = timedelta(minutes=rule.delay_minutes)
    match rule.timing:
        case "immediate":
            return t0
        case "after":
            return businesstime.add_business(calendar, t0, delay) if rule.clock == "business" else t0 + delay
        case "business_hours":
            return businesstime.next_open(calendar, t0)
        case "next_day":
            return businesstime.next_business_day(calendar, t0)[0]
        case "weekly_review":
            return businesstime.next_weekly_review(calendar, t0)
        case "monthly_review":
            return businesstime.next_monthly_review(calendar, t0)
    raise ValueError(f"Unknown timing {rule.timing!r}")
