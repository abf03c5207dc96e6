"""Shadow on-call: somebody learns, is told second and quietly, and is never waited for (R52)."""

from datetime import datetime, timedelta

from django.db.models import Q

from accounts import audit
from accounts.actor import Actor
from accounts.models import User
from accounts.write import action
from common import clock
from common.errors import Conflict, Invalid, NotAllowed
from oncall import notices
from oncall.access import may_edit_schedule
from oncall.actions.overrides import LONGEST, start_from_now
from oncall.models import Schedule, Shadow


def put_shadow(
    *,
    by: Actor,
    schedule: Schedule,
    user: User,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> Shadow:
    """Let somebody shadow a rota from ``starts_at`` (default: now) to ``ends_at`` (empty: until ended), UTC; return it.

    They are told when somebody else put them there. Raises ``Invalid`` with the field for times that make no sense and
    for a person who cannot sign in, ``Conflict`` for who shadows the rota then already, ``NotAllowed`` for who may only
    look.
    """
    if not may_edit_schedule(by, schedule):
        raise NotAllowed("Your role lets you look at schedules but not change who shadows them.")
    schedule = Schedule.objects.select_for_update(no_key=True).get(pk=schedule.pk)
    now = clock.now()
    if not user.is_active:
        raise Invalid(f"{user} can no longer sign in, and would see nothing.", field="user")
    starts_at = start_from_now(starts_at or now, now)
    if starts_at - now > LONGEST:
        raise Invalid("This is more than a year ahead.", field="starts_at")
    if ends_at is not None and ends_at <= starts_at:
        raise Invalid("The shadow would end before it begins.", field="ends_at")
    if ends_at is not None and ends_at - starts_at > LONGEST:
        raise Invalid("Choose a year at most, or leave the end empty.", field="ends_at")
    others = schedule.shadows.filter(user=user).filter(Q(ends_at=None) | Q(ends_at__gt=starts_at))
    if others.filter(starts_at__lt=ends_at or starts_at + timedelta(days=36500)).exists():
        raise Conflict(f"{user} shadows {schedule} in this time already.", code="unchanged")
    shadow = Shadow.objects.create(
        schedule=schedule, user=user, starts_at=starts_at, ends_at=ends_at, created_by=by.user
    )
    _audit(by, "shadow.started", shadow)
    if by.user is None or by.user.pk != user.pk:
        notices.shadow_started(shadow, by.label, now)
    return shadow


start_shadow = action(put_shadow)


def take_back_shadow(*, by: Actor, shadow: Shadow) -> None:
    """End a shadow now; one that has not begun goes. Twice is once. Raises ``NotAllowed`` for who may only look."""
    mine = by.user is not None and by.user.pk == shadow.user_id
    if not mine and not may_edit_schedule(by, shadow.schedule):
        raise NotAllowed("Your role lets you look at schedules but not change who shadows them.")
    held = Shadow.objects.select_for_update().select_related(None).filter(pk=shadow.pk).first()
    now = clock.now()
    if held is None or (held.ends_at is not None and held.ends_at <= now):
        return
    if held.starts_at > now:
        _audit(by, "shadow.ended", held)
        held.delete()
        return
    held.ends_at = now
    held.save(update_fields=["ends_at"])
    _audit(by, "shadow.ended", held)


end_shadow = action(take_back_shadow)


def _audit(by: Actor, what: str, shadow: Shadow) -> None:
    audit.record(
        by=by,
        action=what,
        about=shadow.schedule,
        data={
            "shadow": shadow.pk,
            "user": shadow.user_id,
            "from": shadow.starts_at,
            "until": shadow.ends_at,
        },
    )
