"""Rotas: who is on call when (semantics.md, "On-call"; R52)."""

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
    next_change_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When the pager next changes hands, as far as it is known; the clock looks again then.",
    )

    class Meta:
        ordering = ["name"]
        indexes = [models.Index(fields=["next_change_at"], name="schedule_next_change")]

    def __str__(self) -> str:
        return self.name


class Layer(models.Model):
    """A rotation of a schedule. A layer that has started is closed and succeeded, never edited in place."""

    class Mode(models.TextChoices):
        ROTATE = "rotate", "Rotate: one after the other"
        EVERYONE = "everyone", "Everyone at once"
        CALENDAR = "calendar", "As another calendar says"

    class Holidays(models.TextChoices):
        AS_USUAL = "as_usual", "As on any other day"
        OFF = "off", "Not on public holidays"
        ONLY = "only", "On public holidays only"

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
    holidays = models.CharField(
        max_length=8,
        choices=Holidays,
        default=Holidays.AS_USUAL,
        help_text="The days on which the team's business calendar has a holiday, from midnight to midnight.",
    )
    feed = models.ForeignKey(
        "ForeignCalendar",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="layers",
        help_text="For “as another calendar says”.",
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

    class Origin(models.TextChoices):
        OVERRIDE = "override", "Override"
        SWAP = "swap", "Swap or cover that was agreed"
        TAKEN = "taken", "Pager taken"

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
    origin = models.CharField(
        max_length=8,
        choices=Origin,
        default=Origin.OVERRIDE,
        editable=False,
        help_text="Swaps count before overrides: an override beats them.",
    )
    request = models.ForeignKey(
        "CoverRequest",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="overrides",
    )
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


class FixedSchedule(models.Model):
    """Shifts written down one by one that stand instead of all layers for a while: a holiday week, a launch."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="fixed_schedules")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["starts_at", "pk"]
        indexes = [models.Index(fields=["schedule", "ends_at"], name="fixed_span")]

    def __str__(self) -> str:
        return self.reason or f"Fixed shifts of {self.schedule}"

    def clean(self) -> None:
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": "It would end before it begins."})


class FixedShift(models.Model):
    """One person's time within a fixed schedule; where there is none, nobody is on call."""

    fixed_schedule = models.ForeignKey(FixedSchedule, on_delete=models.CASCADE, related_name="shifts")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        ordering = ["starts_at", "pk"]

    def __str__(self) -> str:
        return f"{self.user} from {self.starts_at:%Y-%m-%d %H:%M}"

    def clean(self) -> None:
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": "The shift would end before it begins."})


class Shadow(models.Model):
    """Somebody who learns: is told second and quietly of what the rota's people are paged for."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="shadows")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="shadowing")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True, help_text="Empty: until somebody ends it.")
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["starts_at", "pk"]

    def __str__(self) -> str:
        return f"{self.user} shadows {self.schedule}"

    def clean(self) -> None:
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": "It would end before it begins."})
