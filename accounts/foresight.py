"""What would happen if something came now, or tonight: one's own rules in words, for one's own page and the API."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts import reach
from accounts.models import ContactMethod, Urgency, User
from accounts.reach import Turn
from common import instants
from common.businesstime import to_utc


@dataclass(frozen=True, slots=True)
class Step:
    """One way: when it would be used (UTC), how, and that in words: "at once", "after 5 min", "at 07:00"."""

    at: datetime
    how: str
    when: str


@dataclass(frozen=True, slots=True)
class Scene:
    """Something that comes at an instant, and what would follow."""

    title: str
    urgency: str
    at: datetime
    steps: tuple[Step, ...]


def scenes(user: User, now: datetime) -> list[Scene]:
    """Return what a page of each urgency would set off now, and one that can wait in the next quiet hours."""
    usable = reach.usable_by_person([user]).get(user.pk, [])
    found = [
        _scene(user, usable, Urgency.HIGH, "A SEV-1 or SEV-2 page now", now),
        _scene(user, usable, Urgency.LOW, "A SEV-3 or SEV-4 page, a reminder or a notice now", now),
    ]
    quiet = reach.quiet_hours(user)
    if quiet is not None and quiet.end_of(now) is None:
        tonight = _next(user, quiet, now)
        wall = tonight.astimezone(user.zone)
        found.append(_scene(user, usable, Urgency.LOW, f"The same at {instants.clock(wall, now)}", tonight))
    return found


def _next(user: User, quiet: reach.Quiet, now: datetime) -> datetime:
    """Return the next instant at which the quiet hours begin."""
    today = now.astimezone(user.zone).date()
    begins = (to_utc(today + timedelta(days=n), quiet.starts, quiet.zone) for n in range(3))
    return next((at for at in begins if at >= now), now)


def _scene(user: User, usable: Sequence[ContactMethod], urgency: str, title: str, at: datetime) -> Scene:
    turns = reach.turns(user, usable, urgency)
    steps = [Step(at, "In Allclear", "at once"), *(_step(user, turn, at) for turn in turns)]
    return Scene(title, str(urgency), at, tuple(sorted(steps, key=lambda step: step.at)))


def _step(user: User, turn: Turn, at: datetime) -> Step:
    used = turn.at(at)
    method = turn.method
    how = f"{method.get_kind_display()} {method.short}" if method else f"Mail {user.email}"
    if turn.quiet is not None and turn.quiet.end_of(at) is not None:
        return Step(used, how, f"at {instants.clock(used.astimezone(user.zone), at)}, after the quiet hours")
    minutes = int((used - at).total_seconds() // 60)
    return Step(used, how, f"after {minutes} min without an answer" if minutes else "at once")
