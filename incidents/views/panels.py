"""The parts of the incident page. Each reads what it shows in a fixed number of queries; a live page fetches one."""

from typing import Any

from django.db.models import Prefetch
from django.urls import NoReverseMatch, reverse

from accounts.actor import Actor
from accounts.models import User
from common import clock
from incidents import candidates, glance, phasing, snippets
from incidents.access import is_commander, may_know
from incidents.actions.lifecycle import may_reopen
from incidents.clocks import response_clocks
from incidents.models import (
    ChecklistTick,
    DecisionPoint,
    GateDefinition,
    GateResult,
    Incident,
    Phase,
    PhaseStep,
    Responder,
    RoleAssignment,
    RoleDefinition,
    RoleOffer,
    Status,
    TechnicalLevel,
    WatchRule,
)

Context = dict[str, Any]
_KINDS = {
    "state": "declared status_changed severity_changed resolved reopened closed cancelled merged role_taken"
    " role_offered role_offer_ended role_released acknowledged details_changed response_breached"
    " update_published update_cadence update_overdue paged escalation_changed page_stopped responder_joined"
    " responder_left",
    "primary": "declared status_changed resolved reopened closed cancelled merged acknowledged paged page_declined"
    " page_stopped role_taken",
    "checklist": "step_ticked step_cleared status_changed acknowledged reopened resolved components_changed",
    "work": "hypothesis hypothesis_changed decision checkpoint_set checkpoint_done task_assigned task_done reminder",
    "details": "details_changed components_changed responder_joined responder_left role_taken role_released"
    " gate_recorded impact_estimated watch_set observation_checked observation_ended resolved reopened closed"
    " severity_changed merged_in status_changed",
}
KINDS = _KINDS | {
    "paging": "",
    "updates": "update_published update_cadence update_overdue status_changed severity_changed",
}

# Status → the one step that usually comes next.
NEXT = {
    Status.INVESTIGATING: Status.MITIGATING,
    Status.MITIGATING: Status.MONITORING,
    Status.MONITORING: Status.RESOLVED,
}


def state(incident: Incident, user: User) -> Context:
    """Return the head: clocks, roles, phases, what may be done next."""
    now = clock.now()
    phases = list(Phase.objects.prefetch_related("decision_points"))
    stages = phasing.strip(incident, phases, now)
    overrun = next((stage for stage in stages if stage.state == "overrun"), None)
    levels = list(TechnicalLevel.objects.all())
    return {
        "incident": incident,
        "merged_into": incident.merged_into if may_know(user, incident.merged_into) else None,
        "response": response_clocks([incident], now).get(incident.pk),
        "glances": glance.of([incident]).get(incident.pk, []),
        "stages": stages if incident.is_active or incident.status == Status.REPORTED else [],
        "overrun": overrun if incident.is_active else None,
        "level": phasing.expected_level(incident, levels, now),
        "roles": _roles(incident, user),
        "next_status": NEXT.get(Status(incident.status)),
        "others": _other_statuses(incident),
        "may_reopen": incident.status == Status.RESOLVED and may_reopen(incident),
        "can_respond": user.can_respond,
        "state_kinds": KINDS["state"],
    }


def primary(incident: Incident, user: User) -> Context:
    """Return the one action under the thumb: answering, while somebody waits for it; else the usual next thing."""
    asks_me = any(waiting.incident == incident for waiting in glance.pages_waiting_for(user))
    return {
        "incident": incident,
        "asked": user.can_respond and incident.is_active and (asks_me or incident.acknowledged_at is None),
        "acknowledge_url": elsewhere("escalation:acknowledge", incident),
        "update_url": elsewhere("communications:publish", incident),
        "next_status": NEXT.get(Status(incident.status)),
        "others": _other_statuses(incident),
        "can_respond": user.can_respond,
        "primary_kinds": KINDS["primary"],
    }


def elsewhere(name: str, incident: Incident) -> str:
    """Return the address of a page that an app above owns; "" where that app is not installed."""
    try:
        return reverse(name, args=[incident.reference])
    except NoReverseMatch:
        return ""


def _other_statuses(incident: Incident) -> list[Status]:
    """Return the working statuses that are not the usual next step: going back, or skipping one."""
    working = [Status.INVESTIGATING, Status.MITIGATING, Status.MONITORING]
    usual = NEXT.get(Status(incident.status))
    backward = incident.status == Status.MONITORING
    allowed = [Status.MITIGATING] if backward else working
    return [s for s in allowed if s not in (incident.status, usual)] if incident.is_active else []


def _roles(incident: Incident, user: User) -> list[Context]:
    """Return the three single roles with their holder, and the open hand-over if there is one."""
    definitions = RoleDefinition.objects.filter(is_unique=True)
    held = RoleAssignment.objects.filter(incident=incident, until=None).select_related("user")
    holders = {row.role: row.user for row in held}
    open_offers = RoleOffer.objects.filter(
        incident=incident, state=RoleOffer.State.OPEN, lapses_at__gt=clock.now()
    )
    offers = {offer.role: offer for offer in open_offers.select_related("to_user")}
    return [
        {
            "definition": definition,
            "holder": holders.get(definition.key),
            "offer": offers.get(definition.key),
            "is_mine": holders.get(definition.key) == user,
        }
        for definition in definitions
    ]


def checklist(incident: Incident, user: User) -> Context:
    """Return the current phase's steps with their ticks, and the other phases folded below."""
    steps = PhaseStep.objects.filter(is_active=True)
    phases = list(Phase.objects.prefetch_related(Prefetch("steps", queryset=steps)))
    ticks = ChecklistTick.objects.filter(incident=incident).select_related("ticked_by")
    ticked = {tick.step_id: tick for tick in ticks}
    current = phasing.current_key(incident)
    shown = [_phase(phase, ticked, is_current=phase.key == current) for phase in phases]
    return {
        "incident": incident,
        "phases": sorted(shown, key=lambda phase: not phase["is_current"]),
        "variables": snippets.variables_of(list(incident.components.all())),
        "can_respond": user.can_respond and incident.status not in (Status.CLOSED, Status.MERGED),
        "checklist_kinds": KINDS["checklist"],
    }


def _phase(phase: Phase, ticked: dict[int, ChecklistTick], *, is_current: bool) -> Context:
    groups: dict[str, list[Context]] = {}
    for step in phase.steps.all():
        tick = ticked.get(step.pk)
        groups.setdefault(step.group, []).append({"step": step, "tick": tick})
    rows = [row for group in groups.values() for row in group]
    return {
        "phase": phase,
        "is_current": is_current,
        "groups": groups,
        "done": sum(1 for row in rows if row["tick"]),
        "total": len(rows),
    }


def work(incident: Incident, user: User) -> Context:
    """Return what is tried and asked: theories, decisions with the phase's questions, checkpoints, tasks."""
    points = DecisionPoint.objects.filter(phase__key=phasing.current_key(incident))
    return {
        "incident": incident,
        "hypotheses": list(incident.hypotheses.select_related("event")),
        "decisions": list(
            incident.decisions.select_related("decided_by", "event").order_by("-decided_at")[:20]
        ),
        "points": list(points) if incident.is_active else [],
        "checkpoints": list(incident.checkpoints.select_related("owner").order_by("done_at", "due_at")[:20]),
        "tasks": list(incident.tasks.select_related("assignee").order_by("done_at", "due_at")[:30]),
        "can_respond": user.can_respond,
        "work_kinds": KINDS["work"],
    }


def details(incident: Incident, user: User) -> Context:
    """Return facts, people, recovery checks, observation and impact."""
    responders = list(Responder.objects.filter(incident=incident, left_at=None).select_related("user"))
    present = {responder.user_id for responder in responders}
    components = list(incident.components.prefetch_related("experts"))
    held = RoleAssignment.objects.filter(incident=incident, until=None)
    roles: dict[int, list[str]] = {}
    for row in held:
        roles.setdefault(row.user_id, []).append(RoleDefinition.Key(row.role).label)
    return {
        "incident": incident,
        "responders": [
            {"user": r.user, "since": r.joined_at, "roles": roles.get(r.user_id, [])} for r in responders
        ],
        "follows": incident.follows if may_know(user, incident.follows) else None,
        "is_here": user.pk in present,
        "experts": candidates.experts(components, present) if incident.is_active else [],
        "components": components,
        "gates": _gates(incident),
        "observation": getattr(incident, "observation", None),
        "watch_rules": list(WatchRule.objects.filter(incident=incident, expires_at__gt=clock.now())),
        "estimates": list(incident.impact_estimates.select_related("created_by").order_by("-created_at")[:5]),
        "can_respond": user.can_respond,
        "can_command": is_commander(Actor.of(user), incident),
        "is_over": incident.status in (Status.CLOSED, Status.CANCELLED, Status.MERGED),
        "details_kinds": KINDS["details"],
    }


def _gates(incident: Incident) -> list[Context]:
    results = {
        result.gate_id: result
        for result in GateResult.objects.filter(incident=incident).select_related("recorded_by")
    }
    gates = GateDefinition.objects.filter(is_active=True, applies_up_to__gte=incident.peak_severity)
    return [{"gate": gate, "result": results.get(gate.pk)} for gate in gates]
