"""An incident, its timeline, and who is on it."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import Team, User
from incidents.models.definitions import Component, RoleDefinition, Severity

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager


class Status(models.TextChoices):
    """The lifecycle (semantics.md, "Incident lifecycle")."""

    REPORTED = "reported", "Reported"
    INVESTIGATING = "investigating", "Investigating"
    MITIGATING = "mitigating", "Mitigating"
    MONITORING = "monitoring", "Monitoring"
    RESOLVED = "resolved", "Resolved"
    CLOSED = "closed", "Closed"
    CANCELLED = "cancelled", "Cancelled"
    MERGED = "merged", "Merged"


ACTIVE_STATUSES = (Status.INVESTIGATING, Status.MITIGATING, Status.MONITORING)


class IncidentQuerySet(models.QuerySet["Incident"]):
    def visible_to(self, user: User) -> "IncidentQuerySet":
        """Return what this person may know of: the only way from a list to incidents (security.md, "Who may see").

        A private incident is known to its responders, its declarer and admins.
        """
        if not user.is_active:
            return self.none()
        if user.is_admin:
            return self
        # What is hidden is small and has an index of its own; what is visible may be a hundred thousand rows.
        hidden = Incident.objects.filter(is_private=True).exclude(declared_by=user)
        return self.exclude(pk__in=hidden.exclude(responders__user=user).values("pk"))

    def active(self) -> "IncidentQuerySet":
        """Return those being worked on."""
        return self.filter(status__in=ACTIVE_STATUSES)

    def in_triage(self) -> "IncidentQuerySet":
        """Return reports nobody has decided on yet."""
        return self.filter(status=Status.REPORTED)

    def real(self) -> "IncidentQuerySet":
        """Leave out drills."""
        return self.filter(is_drill=False)

    def with_people(self) -> "IncidentQuerySet":
        """Fetch what a row of a list shows, in a fixed number of queries."""
        roles = RoleAssignment.objects.filter(until=None).select_related("user")
        return self.select_related("team", "acknowledged_by").prefetch_related(
            "components", models.Prefetch("role_assignments", queryset=roles, to_attr="current_roles")
        )

    def worst_clock_first(self) -> "IncidentQuerySet":
        """Order for the Now page: severity, then whose response clock runs out first, then the oldest."""
        return self.order_by("severity", F("response_due_at").asc(nulls_last=True), "declared_at", "pk")


class Incident(models.Model):
    """Something that went wrong, from the first report to the end. Rows are written by ``incidents.actions`` only."""

    class Source(models.TextChoices):
        PERSON = "person", "A person declared it"
        REPORT = "report", "Somebody reported it"
        ALERT = "alert", "An alert declared it"
        API = "api", "An integration declared it"

    number = models.PositiveIntegerField(unique=True, editable=False)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True, help_text="What is known: what people see, since when.")
    status = models.CharField(max_length=16, choices=Status, default=Status.INVESTIGATING)
    severity = models.PositiveSmallIntegerField(choices=Severity)
    declared_severity = models.PositiveSmallIntegerField(choices=Severity)
    peak_severity = models.PositiveSmallIntegerField(
        choices=Severity, help_text="The worst it ever was: reports use it."
    )
    source = models.CharField(max_length=10, choices=Source, default=Source.PERSON)
    is_drill = models.BooleanField(default=False, editable=False)
    is_private = models.BooleanField(default=False)
    is_user_facing = models.BooleanField(default=False, help_text="Customers notice (R49).")
    is_security = models.BooleanField(default=False)
    is_data = models.BooleanField(
        default=False, help_text="Data was lost, damaged or seen by the wrong people (R50)."
    )
    is_public = models.BooleanField(default=False, help_text="Press or social media talk about it (R51).")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="incidents")
    components = models.ManyToManyField(Component, blank=True, related_name="incidents")
    declared_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    declared_by_label = models.CharField(max_length=160)

    epoch = models.PositiveIntegerField(
        default=1, help_text="Rises on reopening and severity changes: old timers are void."
    )
    version = models.PositiveIntegerField(
        default=1, help_text="Rises with each change of state: a stale form is told so."
    )
    event_sequence = models.PositiveIntegerField(default=0, help_text="Number of the newest timeline entry.")
    reopen_count = models.PositiveSmallIntegerField(default=0)

    impact_started_at = models.DateTimeField(null=True, blank=True)
    detected_at = models.DateTimeField()
    declared_at = models.DateTimeField(null=True, blank=True)
    first_paged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    mitigated_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was closed, cancelled or merged."
    )
    response_started_at = models.DateTimeField(null=True, blank=True)
    response_due_at = models.DateTimeField(null=True, blank=True)
    response_breached_at = models.DateTimeField(null=True, blank=True)

    bridge_url = models.URLField(max_length=300, blank=True)
    channel = models.CharField(max_length=120, blank=True)
    impact = models.TextField(blank=True, help_text="In plain words: who notices, and how.")
    rollback_plan = models.TextField(blank=True)
    resolution = models.TextField(blank=True)
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged_from"
    )
    follows = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="followed_by"
    )

    objects = IncidentQuerySet.as_manager()

    if TYPE_CHECKING:
        events: RelatedManager["Event"]
        responders: RelatedManager["Responder"]
        role_assignments: RelatedManager["RoleAssignment"]

    class Meta:
        ordering = ["-number"]
        indexes = [
            models.Index(fields=["status", "severity", "response_due_at"], name="incident_now"),
            models.Index(fields=["-declared_at"], name="incident_declared"),
            models.Index(fields=["severity", "-number"], name="incident_severity"),
            models.Index(fields=["team", "-number"], name="incident_team"),
            models.Index(
                fields=["severity", "number"],
                name="incident_active",
                condition=Q(status__in=["reported", "investigating", "mitigating", "monitoring"]),
            ),
            models.Index(fields=["number"], name="incident_private", condition=Q(is_private=True)),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("incidents:detail", args=[self.reference])

    @property
    def reference(self) -> str:
        """What people say and write: "INC-42"."""
        return f"INC-{self.number}"

    @property
    def full_url(self) -> str:
        """Return the address that goes into messages."""
        return f"{settings.SITE_URL}{self.get_absolute_url()}"

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE_STATUSES

    @property
    def is_over(self) -> bool:
        return self.status in (Status.RESOLVED, Status.CLOSED, Status.CANCELLED, Status.MERGED)

    @property
    def started_at(self) -> datetime:
        """Return the instant from which the incident's age counts: its declaration, else the report."""
        return self.declared_at or self.detected_at

    def roles_held(self) -> list["RoleAssignment"]:
        """Return who holds which role now; without a query after ``with_people()``."""
        fetched: list[RoleAssignment] | None = self.__dict__.get("current_roles")
        return list(self.role_assignments.filter(until=None)) if fetched is None else fetched

    def age(self, now: datetime) -> timedelta:
        """Return how long it has lasted, until ``now`` or until it was over."""
        return max((self.resolved_at or self.ended_at or now) - self.started_at, timedelta())


class EventKind(models.TextChoices):
    """Every kind of timeline entry. docs/reference/events.md has a heading for each."""

    REPORTED = "reported", "Reported"
    DECLARED = "declared", "Declared"
    NOTE = "note", "Note"
    DECISION = "decision", "Decision"
    HYPOTHESIS = "hypothesis", "Hypothesis"
    HYPOTHESIS_CHANGED = "hypothesis_changed", "Hypothesis changed"
    EVIDENCE = "evidence", "Evidence"
    ACTION = "action", "Action"
    CORRECTION = "correction", "Correction"
    STATUS_CHANGED = "status_changed", "Status changed"
    SEVERITY_CHANGED = "severity_changed", "Severity changed"
    DETAILS_CHANGED = "details_changed", "Details changed"
    COMPONENTS_CHANGED = "components_changed", "Components changed"
    RESOLVED = "resolved", "Resolved"
    REOPENED = "reopened", "Reopened"
    CLOSED = "closed", "Closed"
    CANCELLED = "cancelled", "Cancelled"
    MERGED = "merged", "Merged"
    MERGED_IN = "merged_in", "Another incident merged in"
    ROLE_TAKEN = "role_taken", "Role taken"
    ROLE_OFFERED = "role_offered", "Role offered"
    ROLE_OFFER_ENDED = "role_offer_ended", "Role offer ended"
    ROLE_RELEASED = "role_released", "Role released"
    RESPONDER_JOINED = "responder_joined", "Responder joined"
    RESPONDER_LEFT = "responder_left", "Responder left"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    STEP_TICKED = "step_ticked", "Step ticked"
    STEP_CLEARED = "step_cleared", "Step cleared"
    CHECKPOINT_SET = "checkpoint_set", "Checkpoint set"
    CHECKPOINT_DONE = "checkpoint_done", "Checkpoint done"
    TASK_ASSIGNED = "task_assigned", "Task assigned"
    TASK_DONE = "task_done", "Task done"
    GATE_RECORDED = "gate_recorded", "Recovery check recorded"
    IMPACT_ESTIMATED = "impact_estimated", "Impact estimated"
    WATCH_SET = "watch_set", "Watch-list changed"
    OBSERVATION_CHECKED = "observation_checked", "Observation check"
    OBSERVATION_ENDED = "observation_ended", "Observation ended"
    REMINDER = "reminder", "Reminder"
    RESPONSE_WARNING = "response_warning", "Response time running out"
    RESPONSE_BREACHED = "response_breached", "Response time exceeded"
    ALERT = "alert", "Alert"
    PAGED = "paged", "Paged"
    PAGE_DECLINED = "page_declined", "Page declined"
    PAGE_STOPPED = "page_stopped", "Pages stopped"
    PAGE_LATE = "page_late", "Page late"
    PAGE_FAILED = "page_failed", "Page not delivered"
    COVERAGE_GAP = "coverage_gap", "Nobody on call"
    ESCALATION_CHANGED = "escalation_changed", "Escalation changed"
    UPDATE_PUBLISHED = "update_published", "Update published"
    UPDATE_OVERDUE = "update_overdue", "Update overdue"
    UPDATE_CADENCE = "update_cadence", "Update cadence changed"
    POSTMORTEM_ASSIGNED = "postmortem_assigned", "Post-mortem assigned"
    POSTMORTEM_PUBLISHED = "postmortem_published", "Post-mortem published"


class Event(models.Model):
    """One entry of the timeline. Append-only: a correction is a new event that points at the old one."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="events")
    sequence = models.PositiveIntegerField(help_text="1, 2, 3 … within the incident, in the order of commit.")
    kind = models.CharField(max_length=24, choices=EventKind)
    at = models.DateTimeField(help_text="When it happened.")
    recorded_at = models.DateTimeField(help_text="When it was written down.")
    actor = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    actor_label = models.CharField(max_length=160)
    via = models.CharField(max_length=10, default="system")
    text = models.TextField(
        blank=True, help_text="What a person wrote (Markdown), or a sentence of the system's."
    )
    data = models.JSONField(default=dict)
    corrects = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="corrections"
    )

    class Meta:
        ordering = ["incident", "sequence"]
        constraints = [models.UniqueConstraint(fields=["incident", "sequence"], name="event_sequence_once")]
        indexes = [models.Index(fields=["incident", "kind"], name="event_kind")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.sequence}"


class Responder(models.Model):
    """A person on the incident. ``left_at`` is set when they are released ("go back to bed")."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="responders")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)
    last_seen_sequence = models.PositiveIntegerField(
        default=0, help_text="Newest entry they have seen: “since you left”."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "user"], name="responder_once")]
        ordering = ["joined_at"]


class RoleAssignment(models.Model):
    """Who held a role from when until when. ``until`` is empty for the present holder."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="role_assignments")
    role = models.CharField(max_length=16, choices=RoleDefinition.Key)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["since"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "role"],
                name="one_holder_per_role",
                condition=Q(until=None, role__in=["commander", "tech_lead", "comms_lead"]),
            ),
            models.UniqueConstraint(
                fields=["incident", "role", "user"], condition=Q(until=None), name="role_held_once"
            ),
        ]


class RoleOffer(models.Model):
    """A hand-over that waits for an answer; the holder keeps the role until then, and it lapses after five minutes."""

    class State(models.TextChoices):
        OPEN = "open", "Waiting for an answer"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"
        LAPSED = "lapsed", "Lapsed"
        WITHDRAWN = "withdrawn", "Withdrawn"

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="role_offers")
    role = models.CharField(max_length=16, choices=RoleDefinition.Key)
    from_user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    to_user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="role_offers")
    briefing = models.JSONField(default=dict, help_text="situation, objectives, actions, resources")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    created_at = models.DateTimeField()
    lapses_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "role"], condition=Q(state="open"), name="one_open_offer_per_role"
            )
        ]


class IncidentNumber(models.Model):
    """The last number given. One row; numbers are never used twice and never skipped."""

    last = models.PositiveIntegerField(default=0)
