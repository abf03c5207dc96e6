"""Is it really over? Recovery checks (R36), the watch-list and the observation (R37), and how bad it was."""

from datetime import timedelta

from accounts.actor import Actor
from accounts.write import action
from common import clock
from common.clock import When
from common.errors import Conflict, Invalid
from common.text import clean
from incidents.access import require_commander, require_responder
from incidents.actions.observing import end_watch
from incidents.events import record
from incidents.masking import mask_secrets
from incidents.models import EventKind, GateDefinition, GateResult, ImpactEstimate, Incident, WatchRule
from incidents.state import InvalidTransition, locked

LONGEST_WATCH = timedelta(days=30)


@action
def record_gate(
    *, by: Actor, incident: Incident, gate: GateDefinition, outcome: str, text: str
) -> GateResult:
    """Answer a recovery check with evidence, a failure, or a waiver and its reason; return the answer.

    Anyone who responds may bring evidence; only the commander waives.
    """
    require_responder(by)
    incident = locked(incident)
    if incident.is_over:
        raise InvalidTransition(incident, incident.status)
    if outcome not in GateResult.Outcome.values:
        raise Invalid("Choose passed, failed or waived.", field="outcome")
    if outcome == GateResult.Outcome.WAIVED:
        require_commander(by, incident, "waive a recovery check")
    text = mask_secrets(clean(text, limit=10_000))
    if not text:
        what = "why it can be left out" if outcome == GateResult.Outcome.WAIVED else "what shows it"
        raise Invalid(f"Say {what}.", field="text")
    values = {"outcome": outcome, "text": text, "recorded_at": clock.now(), "recorded_by": by.user}
    result, _ = GateResult.objects.update_or_create(incident=incident, gate=gate, defaults=values)
    record(incident, EventKind.GATE_RECORDED, by=by, text=text, data={"gate": gate.name, "outcome": outcome})
    return result


@action
def set_watch(*, by: Actor, incident: Incident, labels: dict[str, str], expires_at: When) -> WatchRule:
    """Route alerts that carry all of ``labels`` to the commander until ``expires_at``; return the rule (R37)."""
    incident = locked(incident)
    require_commander(by, incident, "set the watch-list")
    cleaned = {clean(str(k), limit=100): clean(str(v), limit=200) for k, v in labels.items()}
    labels = {name: value for name, value in cleaned.items() if name}
    if not labels:
        raise Invalid("Give at least one label, such as service=web.", field="labels")
    until = clock.instant(expires_at)
    if until <= clock.now():
        raise Invalid("This time is in the past.", field="expires_at")
    if until > clock.now() + LONGEST_WATCH:
        raise Invalid(f"A watch lasts {LONGEST_WATCH.days} days at most.", field="expires_at")
    rule = WatchRule.objects.create(incident=incident, labels=labels, expires_at=until, created_by=by.user)
    words = ", ".join(f"{k}={v}" for k, v in sorted(labels.items()))
    record(incident, EventKind.WATCH_SET, by=by, data={"words": words, "expires_at": until.isoformat()})
    return rule


@action
def end_observation(*, by: Actor, incident: Incident, reason: str) -> Incident:
    """End the observation early, with a reason; return the incident. Raises ``Conflict`` if none runs."""
    incident, reason = locked(incident), clean(reason, limit=2_000)
    require_commander(by, incident, "end the observation")
    if not reason:
        raise Invalid("Say why it can end early.", field="reason")
    if not end_watch(incident, now=clock.now(), reason=reason):
        raise Conflict("No observation is running.", code="unchanged")
    record(incident, EventKind.OBSERVATION_ENDED, by=by, text=reason, data={"early": True})
    return incident


@action
def estimate_impact(
    *,
    by: Actor,
    incident: Incident,
    method: str,
    users_min: int | None = None,
    users_likely: int | None = None,
    users_max: int | None = None,
    denominator: int | None = None,
    text: str = "",
) -> ImpactEstimate:
    """Add an estimate of who is affected; return it. Estimates are kept side by side, and unknown is not zero."""
    require_responder(by)
    incident = locked(incident)
    if method not in ImpactEstimate.Method.values:
        raise Invalid("Choose measured, estimated or unknown.", field="method")
    numbers = [n for n in (users_min, users_likely, users_max) if n is not None]
    if method == ImpactEstimate.Method.UNKNOWN and numbers:
        raise Invalid("Either the number is unknown, or you give one.", field="method")
    if method != ImpactEstimate.Method.UNKNOWN and not numbers:
        raise Invalid("Give a number, or choose “unknown”.", field="users_likely")
    if any(n < 0 or n > 10**15 for n in numbers):
        raise Invalid("This cannot be a number of users.", field="users_likely")
    if numbers != sorted(numbers):
        raise Invalid("The least has to be below the likely, and that below the most.", field="users_min")
    estimate = ImpactEstimate.objects.create(
        incident=incident, method=method, users_min=users_min, users_likely=users_likely, users_max=users_max,
        denominator=denominator, text=clean(text, limit=4_000), created_at=clock.now(), created_by=by.user,
    )  # fmt: skip
    words = (
        "unknown"
        if not numbers
        else "–".join(f"{n:,}" for n in dict.fromkeys((numbers[0], numbers[-1]))) + " users"
    )
    if denominator:
        words += f" of {denominator:,}"
    record(incident, EventKind.IMPACT_ESTIMATED, by=by, text=text, data={"words": words, "method": method})
    return estimate
