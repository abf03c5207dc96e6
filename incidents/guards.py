"""What has to be there before an incident may take a step: each guard returns the blockers it sees (semantics.md)."""

from collections.abc import Iterable

from accounts.actor import Actor
from common.errors import Blocker
from incidents.models import GateDefinition, GateResult, Incident, Severity, Status


def recovery_checks(incident: Incident, to: Status, by: Actor, proposed: dict[str, str]) -> Iterable[Blocker]:
    """Resolving needs evidence or a waiver for each recovery check of the peak severity (R36)."""
    if to != Status.RESOLVED:
        return
    gates = GateDefinition.objects.filter(is_active=True, applies_up_to__gte=incident.peak_severity)
    answers = dict(GateResult.objects.filter(incident=incident).values_list("gate_id", "outcome"))
    url = f"{incident.get_absolute_url()}#recovery"
    for gate in gates:
        outcome = answers.get(gate.pk)
        if outcome is None:
            yield Blocker(f"“{gate.name}” has neither evidence nor a waiver.", url, f"gate:{gate.key}")
        elif outcome == GateResult.Outcome.FAILED:
            yield Blocker(
                f"“{gate.name}” failed: show that it recovered, or waive it.", url, f"gate:{gate.key}"
            )


def rollback_plan(incident: Incident, to: Status, by: Actor, proposed: dict[str, str]) -> Iterable[Blocker]:
    """Monitoring a SEV-1 or SEV-2 needs a plan for going back (R37)."""
    planned = proposed.get("rollback_plan") or incident.rollback_plan
    if to == Status.MONITORING and incident.severity <= Severity.SEV2 and not planned:
        url = f"{incident.get_absolute_url()}#rollback-plan"
        yield Blocker("A rollback plan is missing: what do we do if it comes back?", url, "rollback_plan")


def observation(incident: Incident, to: Status, by: Actor, proposed: dict[str, str]) -> Iterable[Blocker]:
    """Closing waits for the end of the observation (R37)."""
    if to != Status.CLOSED:
        return
    watch = getattr(incident, "observation", None)
    if watch is not None and watch.ended_at is None:
        until = f"{watch.until:%a %d %b %H:%M} UTC"
        yield Blocker(
            f"The observation lasts until {until}.",
            f"{incident.get_absolute_url()}#observation",
            "observation",
        )
