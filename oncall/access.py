"""Who may change who is on call, and the doors from a URL to a row."""

from accounts.actor import Actor
from common.errors import NotAllowed, NotFound
from oncall.models import CoverRequest, Schedule, ShiftChange


def schedule_for(slug: str) -> Schedule:
    """Return the schedule that an address names. Raises ``NotFound``. Everybody who is signed in may see each."""
    schedule = Schedule.objects.select_related("team").filter(slug=slug).first()
    if schedule is None:
        raise NotFound(f"There is no schedule {slug[:50]}.")
    return schedule


def may_edit_schedule(by: Actor, schedule: Schedule) -> bool:
    """Return whether the actor may put in an override: any responder, since covering for a colleague is no rank."""
    return by.can_respond


def require_schedule_editor(by: Actor, schedule: Schedule) -> None:
    """Raise ``NotAllowed`` unless the actor may put overrides into this schedule."""
    if not may_edit_schedule(by, schedule):
        raise NotAllowed("Your role lets you look at schedules but not change them.")


def known_schedule(slug: str) -> Schedule:
    """Return a schedule by its short name: everybody who is signed in may see each. Raises ``NotFound``."""
    found = Schedule.objects.select_related("team").filter(slug=slug).first()
    if found is None:
        raise NotFound(f"There is no schedule {slug[:50]}.")
    return found


def known_request(pk: int) -> CoverRequest:
    """Return a request for cover: who covers for whom is part of the rota, which everybody may see."""
    rows = CoverRequest.objects.select_related("schedule", "asked_by", "asked_of", "answered_by")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound("There is no such request.")
    return found


def known_hand_over(pk: int) -> ShiftChange:
    """Return a hand-over; its brief names no private incident. Raises ``NotFound``."""
    found = ShiftChange.objects.select_related("schedule", "incoming").filter(pk=pk).first()
    if found is None:
        raise NotFound("There is no such hand-over.")
    return found
