"""Ticking the phase's checklist (R22, R31, R35)."""

from accounts.actor import Actor
from accounts.write import action
from common import clock
from common.errors import Invalid
from common.text import clean
from incidents.access import require_responder
from incidents.events import record
from incidents.masking import mask_secrets
from incidents.models import ChecklistTick, EventKind, Incident, PhaseStep
from incidents.state import locked

Outcome = ChecklistTick.Outcome


@action
def tick_step(
    *,
    by: Actor,
    incident: Incident,
    step: PhaseStep,
    outcome: str = Outcome.DONE,
    note: str = "",
    undo_note: str = "",
) -> ChecklistTick:
    """Tick a step and write it to the timeline; return the tick. Two people ticking at once make one tick.

    A check passes or fails; a change says how to undo it, and without that the entry carries a warning (R31).
    """
    require_responder(by)
    incident = locked(incident)
    allowed = (Outcome.PASSED, Outcome.FAILED) if step.kind == PhaseStep.Kind.CHECK else (Outcome.DONE,)
    if outcome not in allowed:
        raise Invalid(f"Choose {' or '.join(allowed)} for this step.", field="outcome")
    return tick(incident, step, by=by, outcome=outcome, note=note, undo_note=undo_note)


def tick(
    incident: Incident, step: PhaseStep, *, by: Actor, outcome: str, note: str = "", undo_note: str = ""
) -> ChecklistTick:
    """Write the tick and its entry inside the caller's transaction; an equal tick is left as it is."""
    note, undo_note = mask_secrets(clean(note, limit=10_000)), clean(undo_note, limit=2_000)
    now = clock.now()
    values = {
        "outcome": outcome,
        "note": note,
        "ticked_at": now,
        "ticked_by": by.user,
        "ticked_by_label": by.label[:160],
    }
    row, created = ChecklistTick.objects.get_or_create(incident=incident, step=step, defaults=values)
    if not created:
        if row.outcome == outcome:
            return row
        ChecklistTick.objects.filter(pk=row.pk).update(**values)
        row.refresh_from_db()
    data = {
        "step": step.text,
        "step_id": step.pk,
        "outcome": outcome,
        "change": step.kind == PhaseStep.Kind.CHANGE,
    }
    if step.kind == PhaseStep.Kind.CHANGE:
        data |= {"undo_note": undo_note, "warning": "" if undo_note else "No note on how to undo this."}
    record(incident, EventKind.STEP_TICKED, by=by, text=note, data=data)
    return row


@action
def clear_step(*, by: Actor, incident: Incident, step: PhaseStep) -> Incident:
    """Take a tick back; return the incident. Not ticked is fine."""
    require_responder(by)
    incident = locked(incident)
    deleted, _ = ChecklistTick.objects.filter(incident=incident, step=step).delete()
    if deleted:
        record(incident, EventKind.STEP_CLEARED, by=by, data={"step": step.text, "step_id": step.pk})
    return incident
