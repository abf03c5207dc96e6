"""“Take the pager now”: one tap, from this instant on. Nobody is relieved without being told (R52)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.module_loading import import_string

from accounts import audit
from accounts.actor import Actor
from accounts.models import User
from accounts.write import action
from common import clock
from common.errors import Conflict, Invalid, NotAllowed
from common.text import clean_line
from oncall import notices, shiftchanges, spans
from oncall.access import require_schedule_editor
from oncall.models import Override, Schedule
from oncall.rota import load_spec, resolve

# Who takes over from somebody whose shift has no end in sight has the pager for so long.
DEFAULT_LENGTH = timedelta(hours=12)
LONGEST_TAKEN = timedelta(days=14)

TakenHandler = Callable[[Actor, Schedule, Sequence[User], datetime], None]


@dataclass(frozen=True, slots=True)
class Relief:
    """What taking the pager at an instant would do: who is on call now, and until when it would be (UTC)."""

    on_call: list[User]
    until: datetime


def relief(schedule: Schedule, at: datetime, taker: User | None = None) -> Relief:
    """Return who has the pager at ``at`` besides ``taker``, and when the first of their shifts ends.

    In a gap it ends when somebody's shift begins; without an end in sight it is ``DEFAULT_LENGTH`` later.
    """
    horizon = at + spans.AHEAD
    shifts = resolve(load_spec(schedule, at, horizon), at, horizon)
    mine = taker.pk if taker else None
    others = [shift for shift in shifts if shift.user_id not in (None, mine)]
    running = [shift for shift in others if shift.start <= at]
    ends = [shift.end for shift in running] or [shift.start for shift in others]
    until = min((end for end in ends if end < horizon), default=at + DEFAULT_LENGTH)
    people = User.objects.in_bulk({shift.user_id for shift in running if shift.user_id is not None})
    return Relief(sorted(people.values(), key=str), until)


@action
def take_pager(
    *,
    by: Actor,
    schedule: Schedule,
    until: datetime | None = None,
    with_incidents: bool = False,
    reason: str = "",
) -> Override:
    """Let the acting person alone be on call from now on, until the end of the current shift or ``until`` (UTC).

    Return the override (its origin: taken). Whoever loses time on call is told. Pages and incidents that they have stay
    theirs, unless ``with_incidents``: then ``settings.PAGER_TAKEN_HANDLERS`` hear of it in this transaction. Twice is
    once: who took it already gets the running override back. Raises ``Invalid`` for an end that makes no sense,
    ``Conflict`` for who has the pager alone anyway, ``NotAllowed`` for machines and for who may only look.
    """
    if by.user is None or not by.user.is_active:
        raise NotAllowed("Only a person who can sign in takes the pager.")
    require_schedule_editor(by, schedule)
    user = by.user
    schedule = Schedule.objects.select_for_update(no_key=True).get(pk=schedule.pk)
    now = clock.now()
    if (running := _taken(schedule, user, now)) is not None:
        return running
    found = relief(schedule, now, user)
    if not found.on_call and has_pager(schedule, user, now):
        raise Conflict(f"You have the pager of {schedule} already.", code="unchanged")
    ends_at = _end(until or found.until, now)
    relieved = _losing_time(schedule, user, now, ends_at)
    override = Override.objects.create(
        schedule=schedule,
        kind=Override.Kind.REPLACE,
        user=user,
        starts_at=now,
        ends_at=ends_at,
        origin=Override.Origin.TAKEN,
        reason=clean_line(reason, limit=200),
        created_by=user,
    )
    if with_incidents:
        # The incidents before the audit log: the order in which everybody else holds them.
        for handler in settings.PAGER_TAKEN_HANDLERS:
            import_string(handler)(by, schedule, found.on_call, now)
    _audit(by, override, found.on_call, with_incidents=with_incidents)
    notices.pager_taken(override, relieved, now, incidents=with_incidents)
    shiftchanges.look_again(schedule.pk, now)
    return override


def _taken(schedule: Schedule, user: User, now: datetime) -> Override | None:
    """Return the override by which this person has the pager alone already."""
    running = schedule.overrides.filter(
        origin=Override.Origin.TAKEN, user=user, starts_at__lte=now, ends_at__gt=now
    ).last()
    if running is None or relief(schedule, now, user).on_call or not has_pager(schedule, user, now):
        return None
    return running


def has_pager(schedule: Schedule, user: User, now: datetime) -> bool:
    """Return whether a person is on call by a schedule at this instant."""
    soon = now + timedelta(seconds=1)
    return user.pk in spans.on_call_at(resolve(load_spec(schedule, now, soon), now, soon), now)


def _end(until: datetime, now: datetime) -> datetime:
    if until <= now:
        raise Invalid("This has passed: say until when you have the pager.", field="until")
    if until - now > LONGEST_TAKEN:
        raise Invalid("Take it for two weeks at most; for longer, put in an override.", field="until")
    return until


def _losing_time(schedule: Schedule, user: User, start: datetime, end: datetime) -> list[User]:
    """Return who would have been on call within the span."""
    shifts = resolve(load_spec(schedule, start, end), start, end)
    people = {run.user_id for run in spans.runs(shifts)} - {user.pk}
    return list(User.objects.filter(pk__in=people, is_active=True).order_by("pk"))


def _audit(by: Actor, override: Override, relieved: list[User], *, with_incidents: bool) -> None:
    audit.record(
        by=by,
        action="pager.taken",
        about=override.schedule,
        data={
            "override": override.pk,
            "user": override.user_id,
            "relieved": [user.pk for user in relieved],
            "from": override.starts_at,
            "until": override.ends_at,
            "with_incidents": with_incidents,
            "reason": override.reason,
        },
    )
