"""Steps that tick themselves when what they ask for has happened (R26: the first update ticks its step)."""

from accounts.actor import SYSTEM, Actor
from common import memo
from incidents.actions.checklist import tick
from incidents.models import ChecklistTick, Event, EventKind, PhaseStep

_NEVER = {EventKind.STEP_TICKED, EventKind.STEP_CLEARED}


def on_event(event: Event) -> None:
    """Tick the active steps that wait for this kind of entry, once, in the name of whoever caused it."""
    if event.kind in _NEVER or event.kind not in _awaited():
        return
    steps = PhaseStep.objects.filter(auto_event=event.kind, is_active=True)
    for step in steps.exclude(pk__in=event.incident.ticks.values("step_id")):
        by = Actor(label=event.actor_label, user=event.actor) if event.actor else SYSTEM
        outcome = ChecklistTick.Outcome
        tick(
            event.incident,
            step,
            by=by,
            outcome=outcome.PASSED if step.kind == PhaseStep.Kind.CHECK else outcome.DONE,
        )


@memo.once
def _awaited() -> frozenset[str]:
    """Return the kinds of entries that some step waits for: most entries are of none of them."""
    steps = PhaseStep.objects.filter(is_active=True).exclude(auto_event="")
    return frozenset(steps.order_by().values_list("auto_event", flat=True))
