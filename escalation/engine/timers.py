"""Timers: rows with a due time. Arming ignores what is already there, claiming is a conditional update."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Case, F, Q, QuerySet, Value, When

from common import clock
from escalation.engine.run import Run
from escalation.engine.sequence import Step
from escalation.models import EscalationTimer

Kind, State = EscalationTimer.Kind, EscalationTimer.State
CHANNEL = "allclear_clock"
MITIGATED = "Mitigated"
# Longer than the clock ever sleeps.
CLOCK_LOOKS_AGAIN = timedelta(seconds=5)


def arm(run: Run, kind: str, key: str, role: str, due_at: datetime, **fields: Any) -> None:
    """Arm a timer of the present epoch; a key that was used before stays as it is."""
    insert([make(run, kind, key, role, due_at, **fields)])


def make(run: Run, kind: str, key: str, role: str, due_at: datetime, **fields: Any) -> EscalationTimer:
    """Return an unsaved timer of the present epoch."""
    return EscalationTimer(
        incident=run.incident,
        epoch=run.incident.epoch,
        key=key,
        kind=kind,
        role=role,
        due_at=due_at,
        **fields,
    )


def of_step(run: Run, step: Step) -> EscalationTimer:
    """Return an unsaved timer of the present epoch for a step."""
    stored = step.rule.as_json() | ({"reason": step.reason} if step.reason else {})
    place = {"position": step.position, "round": step.round}
    return make(run, step.kind, step.key, step.role, step.due_at, rule=stored, **place)


def insert(rows: list[EscalationTimer]) -> None:
    """Store timers; wake the clock, on PostgreSQL, for one that comes due before it looks again by itself."""
    EscalationTimer.objects.bulk_create(rows, ignore_conflicts=True)
    soon = clock.now() + CLOCK_LOOKS_AGAIN
    if any(timer.state == State.ARMED and timer.due_at < soon for timer in rows):
        wake_clock()


def wake_clock() -> None:
    """Let the clock look at once when the transaction commits: PostgreSQL tells it, elsewhere it looks every second."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"NOTIFY {CHANNEL}")


def armed(run: Run) -> QuerySet[EscalationTimer]:
    """Return the incident's armed timers, of whatever epoch."""
    return EscalationTimer.objects.filter(incident=run.incident, state=State.ARMED)


def chain(run: Run, role: str) -> QuerySet[EscalationTimer]:
    """Return the armed timers that keep asking in a role."""
    return armed(run).filter(role=role, kind__in=[Kind.NEXT, Kind.REPEAT])


def paused(run: Run) -> QuerySet[EscalationTimer]:
    """Return the timers of the present epoch that wait for a setback (``resume``)."""
    return EscalationTimer.objects.filter(
        incident=run.incident, epoch=run.incident.epoch, state=State.CANCELLED, note=MITIGATED
    )


def end_chain(run: Run, role: str, note: str) -> int:
    """End what keeps asking in a role, also what is paused and would run on after a setback; return how many."""
    asking = EscalationTimer.objects.filter(
        Q(state=State.ARMED) | Q(state=State.CANCELLED, note=MITIGATED, epoch=run.incident.epoch),
        incident=run.incident,
        role=role,
        kind__in=[Kind.NEXT, Kind.REPEAT],
    )
    since = Case(When(state=State.ARMED, then=Value(run.now)), default=F("settled_at"))
    return asking.update(state=State.CANCELLED, settled_at=since, note=note[:200])


def end_expiries(run: Run, user_pk: int, note: str) -> None:
    """Ask a person no longer whether they are still with it, also not after a setback."""
    theirs = {"kind": Kind.EXPIRY, "key__startswith": f"expiry:{user_pk}:"}
    cancel(run, armed(run).filter(**theirs), note)
    paused(run).filter(**theirs).update(note=note[:200])


def claim(run: Run, timer: EscalationTimer) -> bool:
    """Mark an armed timer as fired; return whether this call did it."""
    return bool(_settle(run, armed(run).filter(pk=timer.pk), State.FIRED))


def bring_forward(run: Run, timers: QuerySet[EscalationTimer], note: str) -> EscalationTimer | None:
    """Fire the first of these armed timers now, as due now; return it, or ``None`` if there is none."""
    timer = timers.order_by("due_at", "pk").first()
    if timer is None:
        return None
    armed(run).filter(pk=timer.pk).update(
        state=State.FIRED, settled_at=run.now, due_at=run.now, note=note[:200]
    )
    timer.due_at = run.now
    return timer


def cancel(run: Run, timers: QuerySet[EscalationTimer], note: str) -> int:
    """Cancel armed timers, saying why; return how many."""
    return _settle(run, timers, State.CANCELLED, note)


def cancel_all(run: Run, timers: Iterable[EscalationTimer], note: str) -> int:
    """Cancel these armed timers, saying why; return how many."""
    return cancel(run, armed(run).filter(pk__in=[timer.pk for timer in timers]), note)


def note(timer: EscalationTimer, text: str) -> None:
    """Write what a fired timer did, where that is not plain."""
    EscalationTimer.objects.filter(pk=timer.pk).update(note=text[:200])


def _settle(run: Run, timers: QuerySet[EscalationTimer], state: str, note: str = "") -> int:
    return timers.filter(state=State.ARMED).update(state=state, settled_at=run.now, note=note[:200])
