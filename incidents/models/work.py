"""What responders do on an incident: ticks, decisions, hypotheses, checkpoints, tasks, gates, observation, impact."""

from django.db import models
from django.db.models import Q

from accounts.models import User
from incidents.models.definitions import DecisionPoint, GateDefinition, PhaseStep
from incidents.models.incident import Event, Incident


class ChecklistTick(models.Model):
    """A ticked step. Clearing a tick deletes the row; both stand on the timeline."""

    class Outcome(models.TextChoices):
        DONE = "done", "Done"
        PASSED = "passed", "Passed"
        FAILED = "failed", "Failed"

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="ticks")
    step = models.ForeignKey(PhaseStep, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.DONE)
    note = models.TextField(blank=True)
    ticked_at = models.DateTimeField()
    ticked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    ticked_by_label = models.CharField(max_length=160)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "step"], name="step_ticked_once")]


class Decision(models.Model):
    """What was decided and why, so that nobody has to ask at minute 40 (R30)."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="decisions")
    event = models.OneToOneField(Event, on_delete=models.CASCADE, related_name="decision")
    point = models.ForeignKey(
        DecisionPoint, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    choice = models.CharField(max_length=300)
    reason = models.TextField(blank=True)
    alternatives = models.TextField(blank=True)
    undo_note = models.TextField(blank=True, help_text="How to go back.")
    decided_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField()
    revisit_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["decided_at"]


class Hypothesis(models.Model):
    """A theory of what is wrong, with what speaks for and against it (R29). Discarded ones stay, struck through."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        SUPPORTED = "supported", "Supported"
        DISCARDED = "discarded", "Discarded"

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="hypotheses")
    event = models.OneToOneField(Event, on_delete=models.CASCADE, related_name="hypothesis")
    theory = models.CharField(max_length=300)
    evidence = models.TextField(blank=True)
    impact_assessment = models.TextField(blank=True)
    fix_strategy = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["created_at"]
        verbose_name_plural = "hypotheses"


class Checkpoint(models.Model):
    """A time at which the response looks up and answers a question (R25)."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="checkpoints")
    due_at = models.DateTimeField()
    question = models.CharField(max_length=200)
    owner = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    answer = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["due_at"]


class Task(models.Model):
    """A time-boxed piece of work that the Technical Lead hands out (R09)."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="tasks")
    title = models.CharField(max_length=200)
    assignee = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    result = models.TextField(blank=True)

    class Meta:
        ordering = ["due_at"]


class GateResult(models.Model):
    """The newest answer for a recovery check: evidence, a failure, or a waiver with its reason (R36)."""

    class Outcome(models.TextChoices):
        PASSED = "passed", "Recovered, with evidence"
        FAILED = "failed", "Not recovered"
        WAIVED = "waived", "Waived, with a reason"

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="gate_results")
    gate = models.ForeignKey(GateDefinition, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=8, choices=Outcome)
    text = models.TextField(help_text="Evidence or reason.")
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "gate"], name="gate_answered_once")]


class ImpactEstimate(models.Model):
    """An estimate of who is affected. Append-only; unknown is not zero."""

    class Method(models.TextChoices):
        MEASURED = "measured", "Measured"
        ESTIMATED = "estimated", "Estimated"
        UNKNOWN = "unknown", "Unknown"

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="impact_estimates")
    method = models.CharField(max_length=10, choices=Method)
    users_min = models.PositiveBigIntegerField(null=True, blank=True)
    users_likely = models.PositiveBigIntegerField(null=True, blank=True)
    users_max = models.PositiveBigIntegerField(null=True, blank=True)
    denominator = models.PositiveBigIntegerField(null=True, blank=True, help_text="Out of how many.")
    text = models.TextField(blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["created_at"]


class Observation(models.Model):
    """The watch after a resolved SEV-1 (R37): checks at +1, +4, +12 and +24 h, and a watch-list routed to the IC."""

    incident = models.OneToOneField(Incident, on_delete=models.CASCADE, related_name="observation")
    started_at = models.DateTimeField()
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.TextField(blank=True)


class WatchRule(models.Model):
    """Labels to watch for; a matching alert pages the IC until ``expires_at`` (R37)."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="watch_rules")
    labels = models.JSONField(default=dict, help_text="All of these labels have to match.")
    expires_at = models.DateTimeField()
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")


class Reminder(models.Model):
    """Something of an incident that comes due once: a row that the pager's clock sweeps."""

    class Kind(models.TextChoices):
        RESPONSE_WARNING = "response_warning", "Response time at 75 %"
        RESPONSE_BREACH = "response_breach", "Response time over"
        CHECKPOINT = "checkpoint", "Checkpoint"
        DECISION = "decision", "Decision to look at again"
        TASK = "task", "Task overdue"
        OFFER = "offer", "Role offer lapses"
        OBSERVATION = "observation", "Observation check"
        OBSERVATION_END = "observation_end", "Observation over"

    class State(models.TextChoices):
        ARMED = "armed", "Armed"
        FIRED = "fired", "Fired"
        CANCELLED = "cancelled", "Cancelled"

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="reminders")
    kind = models.CharField(max_length=20, choices=Kind)
    key = models.CharField(
        max_length=60, help_text="What it reminds of, such as the checkpoint's id and time."
    )
    target_id = models.BigIntegerField(null=True)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.ARMED)
    fired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "kind", "key"], name="reminder_once")]
        indexes = [models.Index(fields=["due_at"], name="reminder_due", condition=Q(state="armed"))]
