"""Who may change who is on call."""

from accounts.actor import Actor
from common.errors import NotAllowed
from oncall.models import Schedule


def may_edit_schedule(by: Actor, schedule: Schedule) -> bool:
    """Return whether the actor may put in an override: any responder, since covering for a colleague is no rank."""
    return by.can_respond


def require_schedule_editor(by: Actor, schedule: Schedule) -> None:
    """Raise ``NotAllowed`` unless the actor may put overrides into this schedule."""
    if not may_edit_schedule(by, schedule):
        raise NotAllowed("Your role lets you look at schedules but not change them.")
