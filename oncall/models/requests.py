"""Asking a colleague: cover for a span, or a swap of two; and the pager changing hands."""

from django.db import models
from django.db.models import Q

from accounts.models import User
from oncall.models.schedules import Schedule


class CoverRequest(models.Model):
    """One person asks another, or everybody of the rota, to take a span; with a span in return it is a swap."""

    class State(models.TextChoices):
        ASKED = "asked", "Asked"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"
        WITHDRAWN = "withdrawn", "Withdrawn"
        LAPSED = "lapsed", "Lapsed: nobody answered in time"

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="cover_requests")
    asked_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="cover_asked")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    asked_of = models.ForeignKey(
        User,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="cover_asked_of",
        help_text="Empty: whoever of the rota says yes first.",
    )
    return_starts_at = models.DateTimeField(
        null=True, blank=True, help_text="A swap: the span that is taken in return."
    )
    return_ends_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    lapses_at = models.DateTimeField(help_text="Without an answer by then everything stays as it is.")
    answered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["starts_at", "pk"]
        indexes = [models.Index(fields=["lapses_at"], name="cover_lapses", condition=Q(state="asked"))]

    def __str__(self) -> str:
        return f"{self.asked_by} asks {self.asked_of or 'anybody'}"

    @property
    def is_swap(self) -> bool:
        return self.return_starts_at is not None


class CoverRefusal(models.Model):
    """Somebody of the rota who said no to a request that was put to everybody."""

    request = models.ForeignKey(CoverRequest, on_delete=models.CASCADE, related_name="refusals")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["request", "user"], name="cover_refused_once")]

    def __str__(self) -> str:
        return f"{self.user} said no"


class ShiftChange(models.Model):
    """The pager changed hands: the brief that the incoming person was sent, and when they confirmed it."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="shift_changes")
    at = models.DateTimeField()
    incoming = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="shifts_begun")
    outgoing: "models.ManyToManyField[User, models.Model]" = models.ManyToManyField(
        User, related_name="shifts_ended", blank=True
    )
    until = models.DateTimeField(
        null=True, blank=True, help_text="The end of the shift that began, where known."
    )
    brief = models.JSONField(
        default=dict, help_text="Open incidents, what ends soon, and what happened, as it was sent."
    )
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    remind_at = models.DateTimeField(
        null=True, blank=True, help_text="When both people are reminded that nobody has confirmed it."
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "pk"]
        indexes = [
            models.Index(fields=["remind_at"], name="hand_over_due", condition=Q(remind_at__isnull=False))
        ]
        constraints = [
            models.UniqueConstraint(fields=["schedule", "at", "incoming"], name="shift_change_once")
        ]

    def __str__(self) -> str:
        return f"{self.schedule}: {self.incoming or 'nobody'} from {self.at:%Y-%m-%d %H:%M}"
