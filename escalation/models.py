"""Who is paged when, and every page that went out."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from accounts.models import User
from escalation.duetimes import timing_words
from incidents.models import Incident, Severity
from oncall.models import EscalationRole


class EscalationRule(models.Model):
    """One cell of the escalation matrix (R12)."""

    class Timing(models.TextChoices):
        IMMEDIATE = "immediate", "Immediately"
        AFTER = "after", "After a delay"
        BUSINESS_HOURS = "business_hours", "In business hours: now if open, else at the next opening"
        NEXT_DAY = "next_day", "At the opening of the next business day"
        WEEKLY_REVIEW = "weekly_review", "On the next weekly review's agenda"
        MONTHLY_REVIEW = "monthly_review", "On the next monthly review's agenda"

    class Clock(models.TextChoices):
        WALL = "wall", "Wall clock"
        BUSINESS = "business", "Business clock"

    class Condition(models.TextChoices):
        NOT_MITIGATED = "not_mitigated", "Only while not mitigated"
        UNRESOLVED = "unresolved", "Only while unresolved"
        ALWAYS = "always", "Always"

    class Action(models.TextChoices):
        PAGE = "page", "Page"
        NOTICE = "notice", "Notice, without asking for an answer"
        AGENDA = "agenda", "Put on an agenda"

    role = models.CharField(max_length=10, choices=EscalationRole)
    severity = models.PositiveSmallIntegerField(choices=Severity)
    timing = models.CharField(max_length=16, choices=Timing)
    delay_minutes = models.PositiveIntegerField(default=0, help_text="For “after a delay”.")
    clock = models.CharField(max_length=10, choices=Clock, default=Clock.WALL)
    condition = models.CharField(max_length=16, choices=Condition)
    action = models.CharField(max_length=8, choices=Action, default=Action.PAGE)

    class Meta:
        ordering = ["severity", "delay_minutes", "pk"]
        constraints = [models.UniqueConstraint(fields=["role", "severity"], name="one_rule_per_cell")]

    def __str__(self) -> str:
        return f"{self.get_severity_display()} {self.get_role_display()}: {self.words}"

    @property
    def words(self) -> str:
        """Return the cell as the matrix prints it: "Immediate", "15 min", "4 hours", "Next day"."""
        return timing_words(self.timing, self.delay_minutes, self.clock)

    def clean(self) -> None:
        if self.timing == self.Timing.AFTER and not self.delay_minutes:
            raise ValidationError({"delay_minutes": "Say after how many minutes."})


class Escalation(models.Model):
    """An incident's own copy of the matrix, taken at declaration: later edits never change a running one."""

    incident = models.OneToOneField(Incident, on_delete=models.CASCADE, related_name="escalation")
    matrix = models.JSONField(help_text="The 16 cells as they were.")
    exhausted_at = models.DateTimeField(
        null=True, blank=True, help_text="When the last person had been asked in vain."
    )
    first_epoch = models.PositiveIntegerField(
        default=1, help_text="The epoch of the declaration or the last reopening: earlier answers are void."
    )
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Escalation of {self.incident.reference}"


class EscalationTimer(models.Model):
    """Something an escalation does at an instant. Each fires at most once per (incident, epoch, key)."""

    class Kind(models.TextChoices):
        RULE = "rule", "A cell of the matrix"
        NEXT = "next", "The next person of a role"
        REPEAT = "repeat", "The same people again"
        EXPIRY = "expiry", "Acknowledgement expires: still with it?"

    class State(models.TextChoices):
        ARMED = "armed", "Armed"
        FIRED = "fired", "Fired"
        CANCELLED = "cancelled", "Cancelled"

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="timers")
    epoch = models.PositiveIntegerField()
    key = models.CharField(max_length=60, help_text='Such as "rule:team_lead", "next:on_call:1", "repeat:2".')
    kind = models.CharField(max_length=8, choices=Kind)
    role = models.CharField(max_length=10, choices=EscalationRole)
    position = models.PositiveSmallIntegerField(default=0)
    round = models.PositiveSmallIntegerField(default=0)
    rule = models.JSONField(default=dict, help_text="The cell as it was copied.")
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.ARMED)
    settled_at = models.DateTimeField(null=True, blank=True, help_text="When it fired or was cancelled.")
    note = models.CharField(max_length=200, blank=True, help_text="Why it was cancelled, or what it did.")

    class Meta:
        ordering = ["due_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["incident", "epoch", "key"], name="timer_once")]
        indexes = [models.Index(fields=["due_at"], name="timer_due", condition=Q(state="armed"))]

    def __str__(self) -> str:
        return f"{self.key}, epoch {self.epoch} ({self.get_state_display()})"


class Page(models.Model):
    """One person asked to take an incident. Its deliveries carry the topic ``page:<pk>``."""

    class State(models.TextChoices):
        OPEN = "open", "Waiting for an answer"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        DECLINED = "declined", "Declined"
        STOPPED = "stopped", "Stopped"

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="pages")
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="pages")
    user_label = models.CharField(max_length=160)
    epoch = models.PositiveIntegerField()
    round = models.PositiveSmallIntegerField(default=0, help_text="Rises with each repeat.")
    role = models.CharField(max_length=10, help_text='A role of the matrix, "expert" or "direct".')
    position = models.PositiveSmallIntegerField(default=0)
    key = models.CharField(
        max_length=120, unique=True, help_text="Incident, epoch, role, position, round and person: once."
    )
    reason = models.CharField(max_length=200, help_text="Why this person: rule, schedule and layer.")
    needs_answer = models.BooleanField(default=True)
    due_at = models.DateTimeField(help_text="When it should have gone out.")
    created_at = models.DateTimeField()
    late_seconds = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_via = models.CharField(max_length=10, blank=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["incident", "epoch"], name="page_incident"),
            models.Index(fields=["user", "-id"], name="page_user_open", condition=Q(state="open")),
        ]

    def __str__(self) -> str:
        return f"{self.incident.reference} → {self.user_label}"


class AgendaItem(models.Model):
    """An incident on the agenda of a weekly or monthly review (R12). It pages nobody."""

    class Review(models.TextChoices):
        WEEKLY = "weekly_review", "Weekly review"
        MONTHLY = "monthly_review", "Monthly review"

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="agenda_items")
    review = models.CharField(max_length=16, choices=Review)
    role = models.CharField(max_length=10, choices=EscalationRole)
    review_at = models.DateTimeField()
    discussed_at = models.DateTimeField(null=True, blank=True)
    discussed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["review_at"]
        constraints = [models.UniqueConstraint(fields=["incident", "review", "role"], name="agenda_once")]

    def __str__(self) -> str:
        return f"{self.incident.reference} on the {self.get_review_display().lower()}"


class Heartbeat(models.Model):
    """The last sign of life of a process that pages depend on."""

    name = models.CharField(max_length=40, unique=True, help_text="clock, queue or audit.")
    beat_at = models.DateTimeField()
    lateness_ms = models.PositiveIntegerField(
        default=0, help_text="How late the newest due row was when it was handled."
    )
    detail = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.name} at {self.beat_at:%Y-%m-%d %H:%M:%S}"
