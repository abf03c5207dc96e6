"""What goes out: the delivery ledger, in-application notifications, and status updates with their two clocks."""

import re
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from accounts.models import ContactMethod, User
from incidents.models import Incident, Severity, Status


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def waiting(self) -> "DeliveryQuerySet":
        """Return what has to be sent and is not sent yet, claimed or not."""
        return self.filter(state__in=Delivery.WAITING)

    def claimable(self, now: datetime) -> "DeliveryQuerySet":
        """Return what may be sent now: a first attempt that is due, a retry, or one whose sender's lease ran out."""
        first = Q(state=Delivery.State.QUEUED, attempts=0, due_at__lte=now)
        again = Q(state__in=Delivery.WAITING, attempts__gt=0, next_attempt_at__lte=now)
        return self.filter(first | again)


class Delivery(models.Model):
    """One message to one recipient by one contact method. Written by ``communications.outbox`` only.

    The row is the truth; the queue merely wakes a worker. A claim sets ``lease_token`` and ``lease_until`` by
    conditional update, so a crash leaves nothing stuck: a lease that ran out can be claimed again.
    """

    class Kind(models.TextChoices):
        PAGE = "page", "Page"
        REMINDER = "reminder", "Reminder"
        UPDATE = "update", "Update"
        NOTICE = "notice", "Notice"
        TEST = "test", "Test message"
        CODE = "code", "Verification code"

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        CLAIMED = "claimed", "Being sent"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled before sending"
        SUPPRESSED = "suppressed", "Would have been sent (drill)"

    class Transport(models.TextChoices):
        EMAIL = "email", "mail"
        IN_APP = "in_app", "Allclear itself"
        SMS = "sms", "SMS"
        VOICE = "voice", "telephone call"
        NTFY = "ntfy", "ntfy"
        SLACK = "slack", "Slack"
        TELEGRAM = "telegram", "Telegram"
        TEAMS = "teams", "Teams"
        MATTERMOST = "mattermost", "Mattermost"
        DISCORD = "discord", "Discord"
        WEBHOOK = "webhook", "webhook"
        WEB_PUSH = "web_push", "push"

    WAITING = (State.QUEUED, State.CLAIMED)
    EMAIL, IN_APP = Transport.EMAIL, Transport.IN_APP

    kind = models.CharField(max_length=10, choices=Kind)
    topic = models.CharField(
        max_length=80, db_index=True, help_text='What it is about, such as "page:42": cancelling goes by it.'
    )
    dedupe_key = models.CharField(max_length=160, unique=True)
    incident = models.ForeignKey(
        Incident, null=True, blank=True, on_delete=models.CASCADE, related_name="deliveries"
    )
    user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="deliveries"
    )
    contact_method = models.ForeignKey(
        ContactMethod, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    transport = models.CharField(max_length=16, choices=Transport)
    address = models.CharField(max_length=254, blank=True)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="Not before this instant.")
    next_attempt_at = models.DateTimeField(
        help_text="When the clock's sweep takes it: a retry's time, a lease's end, or 3 s after the queue was woken."
    )
    give_up_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(
        null=True, blank=True, help_text="When nobody wanted it any more, even if it was on the wire."
    )
    note = models.CharField(max_length=200, blank=True, help_text="Why it was withdrawn.")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    lease_token = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    first_attempt_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                name="delivery_waiting",
                condition=Q(state__in=["queued", "claimed"]),
            ),
            models.Index(fields=["incident", "-id"], name="delivery_incident"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} to {self.address or self.user} ({self.get_state_display()})"


class Attempt(models.Model):
    """One try to send a delivery. Append-only but for its outcome, which is written once."""

    class Outcome(models.TextChoices):
        STARTED = "started", "Started: outcome unknown"
        DELIVERED = "delivered", "Delivered"
        TEMPORARY = "temporary", "Failed, will be tried again"
        PERMANENT = "permanent", "Failed for good"

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempt_log")
    number = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.STARTED)
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["delivery", "number"]
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="attempt_once")]


class Notification(models.Model):
    """A message inside Allclear: a contact method like any other, always there."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notifications")
    incident = models.ForeignKey(Incident, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Delivery.Kind)
    title = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    path = models.CharField(max_length=300, blank=True, help_text="Where it leads, within Allclear.")
    dedupe_key = models.CharField(max_length=160, unique=True)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["user", "-id"], name="notification_user"),
                   models.Index(fields=["user"], name="notification_unread", condition=Q(read_at=None))]  # fmt: skip


class Audience(models.TextChoices):
    INTERNAL = "internal", "Internal"
    CUSTOMER = "customer", "Customers"
    EXECUTIVE = "executive", "Executives"


class CadenceRule(models.Model):
    """How often an update is due at a severity (R39)."""

    class Unit(models.TextChoices):
        WALL = "wall", "Minutes on the wall clock"
        BUSINESS = "business", "Minutes in business hours"
        DAILY = "daily", "Once per business day, due at closing"

    severity = models.PositiveSmallIntegerField(choices=Severity)
    audience = models.CharField(max_length=10, choices=Audience, default=Audience.INTERNAL)
    unit = models.CharField(max_length=10, choices=Unit)
    minutes = models.PositiveIntegerField(default=0, help_text="Not used for “once per business day”.")
    monitoring_minutes = models.PositiveIntegerField(
        null=True, blank=True, help_text="Slower cadence while monitoring. Empty: the same."
    )

    class Meta:
        ordering = ["audience", "severity"]
        constraints = [
            models.UniqueConstraint(fields=["severity", "audience"], name="one_cadence_per_severity")
        ]

    def __str__(self) -> str:
        return f"{self.get_severity_display()} {self.get_audience_display()}: {self.words}"

    def clean(self) -> None:
        if self.unit != self.Unit.DAILY and not self.minutes:
            raise ValidationError({"minutes": "Say after how many minutes."})

    @property
    def words(self) -> str:
        """Return the promise in words: "every 15 minutes", "every 2 hours during business hours"."""
        if self.unit == self.Unit.DAILY:
            return "once per business day"
        amount, unit = (self.minutes // 60, "hour") if self.minutes % 60 == 0 else (self.minutes, "minute")
        every = f"every {unit}" if amount == 1 else f"every {amount} {unit}s"
        return f"{every} during business hours" if self.unit == self.Unit.BUSINESS else every


_COMMON_NAMES = (
    "reference",
    "title",
    "time",
    "severity",
    "status",
    "impact",
    "actions",
    "eta",
    "next_update",
)
TEMPLATE_NAMES: dict[str, tuple[str, ...]] = {
    Audience.INTERNAL: _COMMON_NAMES,
    Audience.CUSTOMER: (*_COMMON_NAMES, "cadence", "services", "workaround"),
    Audience.EXECUTIVE: (
        *_COMMON_NAMES,
        "services",
        "business_impact",
        "response_team",
        "communication_plan",
    ),
}


class UpdateTemplate(models.Model):
    """The wording of an update (R40). ``{name}`` stands for a value; unknown names are refused when it is saved."""

    audience = models.CharField(max_length=10, choices=Audience, unique=True)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField(
        help_text="Known names: {reference} {time} {severity} {status} {impact} {actions} {eta} {next_update} {title}."
    )

    def __str__(self) -> str:
        return f"{self.get_audience_display()} update"

    def clean(self) -> None:
        known = TEMPLATE_NAMES.get(self.audience, _COMMON_NAMES)
        problems = {}
        for field in ("subject", "body"):
            used = re.findall(r"{([^{}]*)}", getattr(self, field) or "")
            unknown = next((name for name in used if name not in known), None)
            if unknown is not None:
                names = " ".join(f"{{{name}}}" for name in known)
                problems[field] = f"There is no {{{unknown}}}. Known names: {names}."
        if problems:
            raise ValidationError(problems)


class UpdateClock(models.Model):
    """When an incident's next update is due, and which reminder comes next (semantics.md, "Updates")."""

    class Stage(models.IntegerChoices):
        BEFORE = 0, "Five minutes before, to the Communications Lead"
        DUE = 1, "At due, to the Communications Lead"
        AFTER = 2, "Five minutes after, to the Incident Commander"
        MISSED = 3, "One cadence after, to the Engineering Manager"
        DONE = 4, "All reminders sent"

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="update_clocks")
    audience = models.CharField(max_length=10, choices=Audience)
    started_at = models.DateTimeField()
    last_published_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField()
    round = models.PositiveIntegerField(
        default=1, help_text="Rises with each new due time: a reminder is sent once a round."
    )
    stage = models.PositiveSmallIntegerField(choices=Stage, default=Stage.BEFORE)
    remind_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "audience"], name="one_clock_per_audience")
        ]
        indexes = [models.Index(fields=["remind_at"], name="update_clock_due", condition=Q(stopped_at=None))]


class Update(models.Model):
    """A published status update, as its readers got it."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="updates")
    audience = models.CharField(max_length=10, choices=Audience)
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=16, choices=Status)
    severity = models.PositiveSmallIntegerField(choices=Severity)
    impact = models.TextField()
    actions = models.TextField()
    eta = models.CharField(max_length=200, blank=True)
    next_due_at = models.DateTimeField(null=True, blank=True)
    is_no_change = models.BooleanField(default=False)
    subject = models.CharField(max_length=300, blank=True)
    text = models.TextField()
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    published_by_label = models.CharField(max_length=160)

    class Meta:
        ordering = ["-published_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "audience", "number"], name="update_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.incident.reference} {self.heading}"

    @property
    def heading(self) -> str:
        """Return which update it is and whose: "Update 2 by Ben: no change"."""
        return (
            f"Update {self.number} by {self.published_by_label}{': no change' if self.is_no_change else ''}"
        )
