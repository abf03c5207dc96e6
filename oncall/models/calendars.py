"""Calendars of others that are read here, absences, and addresses at which ours are read."""

from django.db import models
from django.db.models import Q

from accounts.models import User
from oncall.models.schedules import Schedule


class ForeignCalendar(models.Model):
    """An iCalendar address that the worker fetches: somebody's absences, or the shifts of a layer."""

    class Purpose(models.TextChoices):
        ABSENCE = "absence", "Absences of a person"
        SHIFTS = "shifts", "Shifts of a layer"

    purpose = models.CharField(max_length=8, choices=Purpose)
    name = models.CharField(max_length=120)
    url = models.URLField(
        max_length=500,
        help_text="https:// or webcal://. It is kept as a secret: it is shown to admins and its owner.",
    )
    user = models.ForeignKey(
        User,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="absence_calendars",
        help_text="Whose absences these are.",
    )
    due_at = models.DateTimeField(help_text="When it is fetched next.")
    fetched_at = models.DateTimeField(null=True, blank=True, help_text="When it was last read in full.")
    etag = models.CharField(max_length=200, blank=True)
    failures = models.PositiveIntegerField(default=0)
    error = models.CharField(
        max_length=300, blank=True, help_text="What was wrong the last time; empty when it worked."
    )
    unmatched = models.JSONField(
        default=list, blank=True, help_text="Names in it that are nobody here, as they were last read."
    )
    left_out = models.CharField(
        max_length=300, blank=True, help_text="What of it could not be used, in words; empty when all was."
    )
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name", "pk"]
        indexes = [models.Index(fields=["due_at"], name="foreign_due", condition=Q(is_active=True))]

    def __str__(self) -> str:
        return self.name


class ForeignShift(models.Model):
    """A span of a foreign calendar that names one of our people. Once it has begun it is history and stays."""

    calendar = models.ForeignKey(ForeignCalendar, on_delete=models.CASCADE, related_name="shifts")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    uid = models.CharField(max_length=255, blank=True)

    class Meta:
        ordering = ["starts_at", "pk"]
        indexes = [models.Index(fields=["calendar", "ends_at"], name="foreign_shift_span")]

    def __str__(self) -> str:
        return f"{self.user} from {self.starts_at:%Y-%m-%d %H:%M}"


class Absence(models.Model):
    """A span in which somebody is away. It takes nobody off call by itself: it warns, and asks for cover."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="absences")
    calendar = models.ForeignKey(
        ForeignCalendar, null=True, blank=True, on_delete=models.CASCADE, related_name="absences"
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True)
    uid = models.CharField(max_length=255, blank=True)
    check_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When it is next compared with the person's shifts; empty once it is over.",
    )

    class Meta:
        ordering = ["starts_at", "pk"]
        indexes = [
            models.Index(fields=["user", "ends_at"], name="absence_span"),
            models.Index(fields=["check_at"], name="absence_check", condition=Q(check_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.user} away from {self.starts_at:%Y-%m-%d %H:%M}"


class CalendarLink(models.Model):
    """A secret address at which a calendar program reads shifts: one's own, or a whole schedule's. Revocable."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="calendar_links")
    schedule = models.ForeignKey(
        Schedule,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="calendar_links",
        help_text="Empty: the person's own shifts of every schedule.",
    )
    token_hash = models.CharField(max_length=64, unique=True)
    alarm_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(
        null=True, blank=True, help_text="When a program last read it, to the hour."
    )
    fingerprint = models.CharField(
        max_length=64, blank=True, help_text="Digest of what was last read, to tell when it changed."
    )
    changed_at = models.DateTimeField(
        null=True, blank=True, help_text="When what is read there was first seen as it is now."
    )
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "pk"]

    def __str__(self) -> str:
        return f"{self.schedule or 'own shifts'} of {self.user}"
