"""What people write down: notes, actions, evidence, decisions, hypotheses, corrections (R28-R30)."""

from datetime import datetime

from django.db.models.functions import Greatest

from accounts.actor import Actor
from accounts.models import User
from accounts.write import action
from common import clock
from common.clock import When
from common.errors import Conflict, Invalid, NotAllowed
from common.text import clean, clean_line
from incidents.access import is_commander, require_responder
from incidents.events import record
from incidents.masking import mask_secrets
from incidents.models import (
    Decision,
    DecisionPoint,
    Event,
    EventKind,
    Hypothesis,
    Incident,
    Reminder,
    Responder,
)
from incidents.state import locked

NOTE_KINDS = (EventKind.NOTE, EventKind.ACTION, EventKind.EVIDENCE)
CORRECTABLE = (*NOTE_KINDS, EventKind.DECISION, EventKind.HYPOTHESIS, EventKind.REPORTED, EventKind.DECLARED)


@action
def add_note(
    *, by: Actor, incident: Incident, text: str, kind: str = EventKind.NOTE, at: datetime | None = None
) -> Event:
    """Write a note, an action taken or a piece of evidence; return the entry. Secrets in evidence are masked (R27)."""
    require_responder(by)
    if kind not in NOTE_KINDS:
        raise Invalid("Choose note, action or evidence.", field="kind")
    text = _required(text, "text", "Write something first.")
    if kind == EventKind.EVIDENCE:
        text = mask_secrets(text)
    return record(locked(incident), EventKind(kind), by=by, text=text, at=at)


@action
def correct(*, by: Actor, event: Event, text: str) -> Event:
    """Correct what an entry says; return the correction. The old text stays one tap away (architecture.md).

    Who wrote it may, and the commander; entries that the system wrote stay as they are.
    """
    require_responder(by)
    incident = locked(event.incident)
    original = event.corrects or event
    if original.kind not in CORRECTABLE:
        raise Conflict("Only what people wrote can be corrected.", code="not_correctable")
    if (by.user is None or original.actor_id != by.user.pk) and not is_commander(by, incident):
        raise NotAllowed(
            f"{original.actor_label} wrote this: only they or the Incident Commander can correct it."
        )
    text = _required(text, "text", "Write what it should say.")
    newest = original.corrections.order_by("-sequence").first() or original
    if newest.text == text:
        return newest
    data = {"sequence": original.sequence, "kind": original.kind}
    return record(incident, EventKind.CORRECTION, by=by, text=text, data=data, corrects=original)


@action
def decide(
    *,
    by: Actor,
    incident: Incident,
    choice: str,
    reason: str = "",
    alternatives: str = "",
    undo_note: str = "",
    point: DecisionPoint | None = None,
    revisit_at: When | None = None,
) -> Decision:
    """Record a decision with its reason; return it. With ``revisit_at`` a reminder comes then (R30)."""
    require_responder(by)
    incident, now = locked(incident), clock.now()
    look_again = None if revisit_at is None else clock.instant(revisit_at)
    choice = _line(choice, "choice", "Say what was decided.")
    if look_again is not None and look_again <= now:
        raise Invalid("The time to look again is in the past.", field="revisit_at")
    reason, alternatives, undo_note = clean(reason), clean(alternatives), clean(undo_note)
    data = {
        "choice": choice,
        "alternatives": alternatives,
        "undo_note": undo_note,
        "question": str(point or ""),
    }
    event = record(incident, EventKind.DECISION, by=by, text=reason, data=data)
    decision = Decision.objects.create(
        incident=incident, event=event, point=point, choice=choice, reason=reason, alternatives=alternatives,
        undo_note=undo_note, decided_by=by.user, decided_at=now, revisit_at=look_again,
    )  # fmt: skip
    if look_again is not None:
        Reminder.objects.create(
            incident=incident,
            kind=Reminder.Kind.DECISION,
            key=str(decision.pk),
            target_id=decision.pk,
            due_at=look_again,
        )
    return decision


@action
def hypothesise(
    *,
    by: Actor,
    incident: Incident,
    theory: str,
    evidence: str = "",
    impact_assessment: str = "",
    fix_strategy: str = "",
) -> Hypothesis:
    """Record a theory of what is wrong; return it (R29)."""
    require_responder(by)
    incident, now = locked(incident), clock.now()
    theory = _line(theory, "theory", "Say what you suspect.")
    event = record(incident, EventKind.HYPOTHESIS, by=by, text=evidence, data={"theory": theory})
    return Hypothesis.objects.create(
        incident=incident, event=event, theory=theory, evidence=clean(evidence), created_at=now, changed_at=now,
        impact_assessment=clean(impact_assessment), fix_strategy=clean(fix_strategy),
    )  # fmt: skip


@action
def change_hypothesis(*, by: Actor, hypothesis: Hypothesis, state: str, evidence: str = "") -> Hypothesis:
    """Support, discard or open a theory again; return it. A discarded one stays, struck through (R29)."""
    require_responder(by)
    if state not in Hypothesis.State.values:
        raise Invalid("Choose open, supported or discarded.", field="state")
    incident = locked(hypothesis.incident)
    here = Hypothesis.objects.filter(pk=hypothesis.pk).exclude(state=state)
    if here.update(state=state, changed_at=clock.now()):
        data = {"theory": hypothesis.theory, "state": state, "hypothesis": hypothesis.pk}
        record(incident, EventKind.HYPOTHESIS_CHANGED, by=by, text=clean(evidence), data=data)
    hypothesis.refresh_from_db()
    return hypothesis


def mark_seen(*, user: User, incident: Incident, sequence: int) -> None:
    """Remember the newest entry a responder has seen ("since you left"). Not an action: it only moves forward."""
    Responder.objects.filter(incident=incident, user=user, last_seen_sequence__lt=sequence).update(
        last_seen_sequence=Greatest("last_seen_sequence", sequence)
    )


def _required(text: str, field: str, sentence: str) -> str:
    text = clean(text)
    if not text:
        raise Invalid(sentence, field=field)
    return text


def _line(text: str, field: str, sentence: str) -> str:
    line = clean_line(text)
    if not line:
        raise Invalid(sentence, field=field)
    if len(line) > 300:
        raise Invalid(f"This has {len(line)} characters; 300 is the most. Put the rest below.", field=field)
    return line
