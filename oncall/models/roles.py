"""Who fills a role of the escalation matrix."""

from django.core.exceptions import ValidationError
from django.db import models

from accounts.models import Team, User
from oncall.models.schedules import Schedule


class EscalationRole(models.TextChoices):
    """The matrix's rows, in the order in which they are paged."""

    ON_CALL = "on_call", "On-call Engineer"
    TEAM_LEAD = "team_lead", "Team Lead"
    MANAGER = "manager", "Engineering Manager"
    EXECUTIVE = "executive", "CTO/VP Engineering"


class RoleTarget(models.Model):
    """Who fills a role: a person, a schedule or a whole team; for one team, or each without a row."""

    role = models.CharField(max_length=10, choices=EscalationRole)
    team = models.ForeignKey(
        Team,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="role_targets",
        help_text="Empty: for every team that has no row of its own for this role.",
    )
    position = models.PositiveSmallIntegerField(
        default=0, help_text="0 first; the next is paged when nobody answers."
    )
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    schedule = models.ForeignKey(Schedule, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    whole_team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        ordering = ["role", "team__name", "position", "pk"]

    def __str__(self) -> str:
        return f"{self.get_role_display()}: {self.user or self.schedule or self.whole_team or 'nobody'}"

    def clean(self) -> None:
        if sum(value is not None for value in (self.user_id, self.schedule_id, self.whole_team_id)) != 1:
            raise ValidationError("Choose exactly one of person, schedule and whole team.")
