"""Rotas: who is on call when, and who fills a role."""

from datetime import time

from django.core.exceptions import ValidationError
from django.db import models

from accounts.models import Team, User, validate_time_zone


class Schedule(models.Model):
    """A rota. Its layers and overrides are resolved by ``oncall.rota`` and nowhere else."""

    name = models.CharField(max_length=120, unique=True)
    slug = models.SlugField(unique=True)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="schedules")
    time_zone = models.CharField(
        max_length=64,
        default="UTC",
        validators=[validate_time_zone],
        help_text="Hand-offs happen at this zone's wall time.",
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Layer(models.Model):
    """A rotation of a schedule. A layer that has started is closed and succeeded, never edited in place."""

    class Mode(models.TextChoices):
        ROTATE = "rotate", "Rotate: one after the other"
        EVERYONE = "everyone", "Everyone at once"

    class Unit(models.TextChoices):
        HOUR = "hour", "Hours"
        DAY = "day", "Days"
        WEEK = "week", "Weeks"
        MONTH = "month", "Months"

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="layers")
    name = models.CharField(max_length=120, default="Primary")
    priority = models.PositiveSmallIntegerField(
        default=0, help_text="A higher number wins over a lower one; equal numbers are on call together."
    )
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.ROTATE)
    unit = models.CharField(max_length=6, choices=Unit, default=Unit.WEEK)
    interval = models.PositiveSmallIntegerField(
        default=1, help_text="Every how many units the pager changes hands."
    )
    handoff_time = models.TimeField(
        default=time(9), help_text="Local time of the hand-off. For hours: of the first one."
    )
    anchor_date = models.DateField(
        help_text="The local date of a hand-off to the first person. Its weekday is the hand-off day."
    )
    effective_from = models.DateTimeField(help_text="The layer counts from this instant.")
    effective_until = models.DateTimeField(null=True, blank=True, help_text="Empty: open-ended.")
    worked_shifts_only = models.BooleanField(
        default=False, help_text="Count only shifts inside the weekly windows."
    )
    succeeds = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="successors"
    )

    class Meta:
        ordering = ["-priority", "effective_from", "pk"]

    def __str__(self) -> str:
        return f"{self.schedule}: {self.name}"

    def clean(self) -> None:
        if self.interval is not None and not 1 <= self.interval <= 365:
            raise ValidationError({"interval": "Choose between 1 and 365."})
        if self.effective_until and self.effective_from and self.effective_until <= self.effective_from:
            raise ValidationError({"effective_until": "The layer would end before it begins."})


class LayerMember(models.Model):
    """A place in a rotation: a person, or explicitly nobody."""

    layer = models.ForeignKey(Layer, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(
        User,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="layer_memberships",
        help_text="Empty: nobody is on call in this turn.",
    )
    position = models.PositiveSmallIntegerField(default=0)
    since = models.DateTimeField(
        null=True, blank=True, help_text="The person takes turns from this instant. Empty: always."
    )
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return str(self.user or "nobody")


class LayerWindow(models.Model):
    """Weekly hours in which a layer counts; an end before its start means the next day. None: always."""

    layer = models.ForeignKey(Layer, on_delete=models.CASCADE, related_name="windows")
    weekday = models.PositiveSmallIntegerField(
        choices=[
            (0, "Monday"),
            (1, "Tuesday"),
            (2, "Wednesday"),
            (3, "Thursday"),
            (4, "Friday"),
            (5, "Saturday"),
            (6, "Sunday"),
        ]
    )
    starts = models.TimeField()
    ends = models.TimeField()

    class Meta:
        ordering = ["weekday", "starts"]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.starts:%H:%M}-{self.ends:%H:%M}"


class Override(models.Model):
    """Somebody else than the rota says, for a while."""

    class Kind(models.TextChoices):
        REPLACE = "replace", "Replace: only this person is on call"
        ADD = "add", "Add: this person is on call too"
        REMOVE = "remove", "Remove: this person is not on call"

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="overrides")
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.REPLACE)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="overrides")
    replaces = models.ForeignKey(
        User,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="For “replace”: only this person's part. Empty: whoever is on call.",
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["starts_at", "pk"]
        indexes = [models.Index(fields=["schedule", "ends_at"], name="override_span")]

    def __str__(self) -> str:
        return f"{self.get_kind_display().split(':')[0]} {self.user}"

    def clean(self) -> None:
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": "The override would end before it begins."})


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
