"""Alerts from outside: where they come from, and what they said."""

from django.db import models
from django.db.models import Q

from incidents.models import Component, Incident, Severity


class AlertSource(models.Model):
    """An integration that may send alerts, with its own key. Only a keyed digest of the key is stored."""

    name = models.CharField(max_length=120, unique=True)
    key_digest = models.CharField(max_length=64, unique=True, editable=False)
    key_hint = models.CharField(max_length=8, editable=False, help_text="The key's first characters.")
    is_active = models.BooleanField(default=True)
    default_severity = models.PositiveSmallIntegerField(choices=Severity, default=Severity.SEV2)
    default_component = models.ForeignKey(
        Component,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Used when an alert names none that is known.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Alert(models.Model):
    """An alert. A repeat of an open one only raises its count; a resolved one opens anew."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        RESOLVED = "resolved", "Resolved"

    source = models.ForeignKey(AlertSource, on_delete=models.PROTECT, related_name="alerts")
    dedup_key = models.CharField(max_length=255)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    severity = models.PositiveSmallIntegerField(choices=Severity)
    severity_text = models.CharField(max_length=60, blank=True, help_text="What the sender wrote.")
    component = models.ForeignKey(
        Component, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    labels = models.JSONField(default=dict)
    link = models.URLField(max_length=500, blank=True)
    payload = models.JSONField(default=dict, help_text="As it came.")
    count = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    incident = models.ForeignKey(
        Incident, null=True, blank=True, on_delete=models.SET_NULL, related_name="alerts"
    )
    note = models.CharField(max_length=200, blank=True, help_text="What was mapped or guessed.")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "dedup_key"], condition=Q(state="open"), name="one_open_alert_per_key"
            )
        ]
        indexes = [models.Index(fields=["incident"], name="alert_incident")]

    def __str__(self) -> str:
        return self.title
