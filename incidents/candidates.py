"""Who could command, best first and with reasons (R08), and who knows the affected components (R23).

A suggestion, never a refusal: an unqualified person or one on leave is ranked last, with a warning.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from accounts.models import User
from common import clock
from incidents.models import Component, Incident, Responder, RoleAssignment, RoleDefinition


@dataclass(slots=True)
class Candidate:
    """A person with what speaks for them and what against; ``score`` orders and is never shown."""

    user: User
    reasons: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    score: int = 0

    def add(self, points: int, words: str) -> None:
        """Count a reason, or a warning where the points are negative."""
        self.score += points
        (self.reasons if points > 0 else self.warnings).append(words)


@cache
def _on_call() -> Any:
    path = getattr(settings, "ON_CALL_RESOLVER", "")
    return import_string(path) if path else lambda incident, at: []


def for_role(incident: Incident, role: str = RoleDefinition.Key.COMMANDER, limit: int = 5) -> list[Candidate]:
    """Return the people to ask first for a role, best first: qualified, familiar, here, on call, not on leave."""
    definition = RoleDefinition.objects.filter(key=role).select_related("qualification").first()
    qualification = definition.qualification if definition else None
    people = User.objects.filter(is_active=True, role__in=["responder", "commander", "admin"])
    candidates = [
        Candidate(user) for user in people.prefetch_related("qualifications", "teams", "expert_for")
    ]
    here = set(Responder.objects.filter(incident=incident, left_at=None).values_list("user_id", flat=True))
    busy = _holding_elsewhere(incident, role)
    on_call = {user.pk for user in _on_call()(incident, clock.now())}
    components = {component.pk for component in incident.components.all()}
    for candidate in candidates:
        _judge(candidate, incident, qualification, components)
        _judge_availability(candidate, here=here, busy=busy, on_call=on_call)
    return sorted(candidates, key=lambda c: (-c.score, c.user.name))[:limit]


def _judge(candidate: Candidate, incident: Incident, qualification: Any, components: set[int]) -> None:
    user = candidate.user
    if qualification is not None:
        if qualification in user.qualifications.all():
            candidate.add(40, f"qualified: {qualification.name}")
        else:
            candidate.add(-40, f"not qualified: {qualification.name}")
    known = [component.name for component in user.expert_for.all() if component.pk in components]
    if known:
        candidate.add(15, f"knows {', '.join(known)}")
    elif incident.team_id and incident.team_id in {team.pk for team in user.teams.all()}:
        candidate.add(10, f"in {incident.team}")


def _judge_availability(
    candidate: Candidate, *, here: set[int], busy: dict[int, str], on_call: set[int]
) -> None:
    user = candidate.user
    today = clock.now().astimezone(user.zone).date()
    if user.on_leave_until and user.on_leave_until >= today:
        candidate.add(-100, f"on leave until {user.on_leave_until:%d %b}")
    if user.pk in on_call:
        candidate.add(8, "on call now")
    if user.pk in here:
        candidate.add(6, "already here")
    if user.pk in busy:
        candidate.add(-20, f"holds this role on {busy[user.pk]}")
    local = clock.now().astimezone(user.zone)
    if not 7 <= local.hour < 22 and user.pk not in on_call and user.pk not in here:
        candidate.add(-5, f"it is {local:%H:%M} there")


def _holding_elsewhere(incident: Incident, role: str) -> dict[int, str]:
    held = RoleAssignment.objects.filter(
        role=role, until=None, incident__ended_at=None, incident__resolved_at=None
    )
    return {
        row.user_id: row.incident.reference
        for row in held.exclude(incident=incident).select_related("incident")
    }


def experts(components: Iterable[Component], present: Iterable[int] = ()) -> list[tuple[User, str]]:
    """Return the components' experts who are not here yet, with what they know; prefetch ``experts``."""
    known: dict[User, list[str]] = {}
    for component in components:
        for user in component.experts.all():
            known.setdefault(user, []).append(component.name)
    absent = set(present)
    return [
        (user, ", ".join(names)) for user, names in known.items() if user.is_active and user.pk not in absent
    ]
