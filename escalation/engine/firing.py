"""What happens when a timer comes due."""

from datetime import datetime, timedelta

from django.db import transaction

from common.crashpoints import crash_point
from escalation.duetimes import RuleSpec
from escalation.engine import broken, sequence, timers, wording
from escalation.engine.paging import Rows, arm_next, arm_repeat, holders, page_people
from escalation.engine.run import Run
from escalation.engine.sequence import ROLES, Ask
from escalation.engine.timers import Kind
from escalation.models import Escalation, EscalationTimer, Page
from incidents import events
from incidents.models import Event, EventKind
from oncall.targets import Target

STEPS_AT_ONCE = 100
# A timer that is fired within this time of being due arms nothing that is due as well.
ON_TIME = timedelta(minutes=1)


def fire_due(run: Run) -> int:
    """Fire the incident's due timers in the order of their due times, also those that this arms; return how many."""
    settled, failed = 0, set[int]()
    while settled < STEPS_AT_ONCE and (batch := _batch(run, failed)):
        for timer in batch:
            try:
                with transaction.atomic():
                    fire(run, timer)
                settled += 1
                broken.recovered(timer)
            except Exception as error:  # noqa: BLE001 - it is logged there
                failed.add(timer.pk)
                settled += broken.failed(run, timer, error)
        if len(batch) == settled and not _is_late(run, batch[0]):
            break
    if settled and not (settled == 1 and run.goes_on):
        note_exhaustion(run)
    return settled


def _batch(run: Run, failed: set[int]) -> list[EscalationTimer]:
    """Return the timers to be fired before looking again: all, or one, where it may arm another that is due by now."""
    due = timers.armed(run).filter(due_at__lte=run.now).exclude(pk__in=failed)
    batch = list(due.order_by(*sequence.IN_TURN, "pk")[:STEPS_AT_ONCE])
    return batch[:1] if batch and _is_late(run, batch[0]) else batch


def _is_late(run: Run, timer: EscalationTimer) -> bool:
    return run.now - timer.due_at > ON_TIME


def fire(run: Run, timer: EscalationTimer) -> None:
    """Do what a timer is for, once: a stale one is cancelled instead."""
    if timer.epoch != run.incident.epoch or not run.incident.is_active:
        timers.cancel_all(run, [timer], "Superseded")
        return
    if not timers.claim(run, timer):
        return
    crash_point("engine.after_claim")
    if timer.kind == Kind.EXPIRY:
        _fire_expiry(run, timer)
    elif words := sequence.fire(Rows(run), sequence.Step.of(timer)):
        timers.note(timer, words)
    crash_point("engine.after_pages")


def _fire_expiry(run: Run, timer: EscalationTimer) -> None:
    """Ask who acknowledged whether they are still with it, unless somebody has been active on the incident since."""
    user_id = int(timer.key.split(":")[1])
    if user_id not in holders(run) or run.pace.expiry is None:
        timers.note(timer, "No longer with it")
        return
    active_at = _last_activity(run)
    quiet_until = active_at + timedelta(minutes=run.pace.expiry) if active_at else None
    if quiet_until and quiet_until > run.now:
        timers.note(timer, "Active since")
        arm_expiry(run, user_id, timer.role, quiet_until, timer.rule)
        return
    page = Page.objects.filter(incident=run.incident, user_id=user_id, needs_answer=True).latest("pk")
    if page.user is None:
        return
    minutes = run.pace.expiry
    rule = RuleSpec.from_json(timer.rule)
    ask = Ask(
        role=page.role,
        due_at=timer.due_at,
        rule=rule,
        prefix="Still with it?",
        why=f"No activity for {minutes} min since the acknowledgement: still with it?",
    )
    page_people(run, ask, [(page.position, Target(page.user, page.reason))])
    if page.role in ROLES:
        # Who stood in was in nobody's place: the first of the role comes next.
        arm_next(run, ask, 0 if page.reason == wording.SAID_SO else page.position + 1)
    arm_repeat(run, page.role, rule, timer.due_at, done=0)


def _last_activity(run: Run) -> datetime | None:
    """Return when a person last did something on the incident."""
    human = Event.objects.filter(incident=run.incident).exclude(actor=None)
    last = human.order_by("-sequence").first()
    return last.recorded_at if last else None


def arm_expiry(run: Run, user_id: int, role: str, due_at: datetime, rule: dict[str, object]) -> None:
    """Arm the question whether who acknowledged is still with it."""
    number = EscalationTimer.objects.filter(incident=run.incident, kind=Kind.EXPIRY).count()
    timers.arm(run, Kind.EXPIRY, f"expiry:{user_id}:{number}", role, due_at, rule=rule)


def note_exhaustion(run: Run) -> None:
    """Write down, once, that everybody has been asked in vain."""
    if run.escalation.exhausted_at or not run.incident.is_active or run.mitigated:
        return
    if timers.armed(run).exclude(kind=Kind.EXPIRY).exists() or holders(run):
        return
    ours = Escalation.objects.filter(pk=run.escalation.pk, exhausted_at=None)
    if ours.update(exhausted_at=run.now):
        run.escalation.exhausted_at = run.now
        events.record(
            run.incident,
            EventKind.ESCALATION_CHANGED,
            by=run.by,
            text="Everybody the matrix names has been asked. Page somebody by name, or raise the severity.",
            data={"exhausted": True, "headline": "has nobody left to ask: no one has answered"},
        )
