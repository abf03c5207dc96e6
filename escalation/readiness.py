"""What may be missing of the escalation (``READINESS_CHECKS``)."""

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse

from accounts.models import Team
from common.readiness import Finding, Level
from escalation.models import EscalationRule
from incidents.models import Severity
from oncall.models import EscalationRole


def matrix_complete(now: datetime) -> Iterable[Finding]:
    """Yield the cells that the matrix lacks: nobody of that role hears of that severity."""
    there = set(EscalationRule.objects.values_list("role", "severity"))
    address = reverse("admin:escalation_escalationrule_changelist")
    for severity in Severity:
        for role in EscalationRole:
            if (role.value, severity.value) not in there:
                sentence = f"The matrix has no rule for {role.label} on {severity.label}."
                yield Finding(Level.RED, "Escalation matrix", sentence, address, "Add the rule")


def default_team(now: datetime) -> Iterable[Finding]:
    """Yield that no team takes what belongs to nobody: such an incident would page nobody."""
    if not Team.objects.filter(is_default=True).exists():
        sentence = "No team is the default: an incident without a component would page nobody."
        yield Finding(
            Level.RED, "Teams", sentence, reverse("admin:accounts_team_changelist"), "Choose a default team"
        )
