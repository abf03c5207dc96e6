"""Timers that cannot be fired: a row, a rota or a rule that nobody can read must not keep people from being asked."""

import logging
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction

from escalation.duetimes import RuleSpec
from escalation.engine import timers, wording
from escalation.engine.paging import page_next_role
from escalation.engine.run import Run
from escalation.engine.sequence import ROLES, Ask
from escalation.engine.timers import Kind
from escalation.models import EscalationRule, EscalationTimer
from incidents import events
from incidents.models import EventKind

logger = logging.getLogger(__name__)

LONGEST_REST = timedelta(seconds=30)
MOST_DOUBLINGS = 5
# Six seconds after the first failure: time enough for what passes by itself.
GIVE_UP_AFTER = 3
# With their failures and when to try again: a bad row must not fill log and loop.
_resting: dict[int, tuple[int, datetime]] = {}


def resting(now: datetime) -> list[int]:
    """Return the keys of the timers that could not be fired and are left alone at ``now``."""
    return [pk for pk, (_, until) in _resting.items() if until > now]


def recovered(timer: EscalationTimer) -> None:
    """Forget the failures of a timer that was fired after all."""
    _resting.pop(timer.pk, None)


def forget() -> None:
    """Forget all failures: every timer is tried again at once."""
    _resting.clear()


def failed(run: Run, timer: EscalationTimer, error: Exception) -> bool:
    """Let a timer rest that could not be fired; return whether it was given up, and others were asked instead."""
    logger.error("escalation.timer_failed", extra={"timer": timer.pk, "key": timer.key}, exc_info=error)
    failures = _resting.get(timer.pk, (0, run.now))[0] + 1
    pause = min(timedelta(seconds=2 ** min(failures, MOST_DOUBLINGS)), LONGEST_REST)
    _resting[timer.pk] = (failures, run.now + pause)
    if failures < GIVE_UP_AFTER or timer.kind not in (Kind.RULE, Kind.NEXT):
        return False
    if isinstance(error, (OperationalError, InterfaceError)):
        return False  # the database cannot just now: that says nothing about whom to ask
    return _give_up(run, timer)


def _give_up(run: Run, timer: EscalationTimer) -> bool:
    """Count who cannot be found out as a gap: it is recorded, and the next role that can be asked is asked at once."""
    try:
        with transaction.atomic():
            if not timers.claim(run, timer):
                return False
            _record_gap(run, timer)
            timers.note(timer, f"It could not be found out whom to ask. {_ask_next_role(run, timer.role)}")
    except Exception:
        logger.exception("escalation.not_given_up", extra={"timer": timer.pk})
        return False
    _resting.pop(timer.pk, None)
    return True


def _ask_next_role(run: Run, role: str) -> str:
    rule = RuleSpec(role, run.incident.severity, EscalationRule.Timing.IMMEDIATE)
    for after in ROLES[ROLES.index(role) :]:
        try:
            with transaction.atomic():
                return page_next_role(run, after, Ask(role=after, due_at=run.now, rule=rule))
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("escalation.role_failed", extra={"after": after})
    return "Nobody could be asked."


def _record_gap(run: Run, timer: EscalationTimer) -> None:
    role = wording.role_words(timer.role)
    events.record(
        run.incident,
        EventKind.COVERAGE_GAP,
        by=run.by,
        text="The rota or the rule cannot be read. An admin can see the error in the log.",
        data={
            "role": timer.role,
            "position": timer.position,
            "skipped": [],
            "headline": f"could not find out whom to page as {role}",
        },
    )
