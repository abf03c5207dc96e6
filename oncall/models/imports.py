"""What came from another system, so that an import that is run again changes nothing twice."""

from django.db import models


class ImportedObject(models.Model):
    """An object of another system and the row that stands for it here."""

    class Kind(models.TextChoices):
        USER = "user", "Person"
        TEAM = "team", "Team"
        SCHEDULE = "schedule", "Schedule"
        LAYER = "layer", "Layer"
        OVERRIDE = "override", "Override"
        TARGET = "target", "Role target"

    system = models.CharField(max_length=20, help_text="Such as “pagerduty”.")
    kind = models.CharField(max_length=10, choices=Kind)
    external_id = models.CharField(max_length=200, help_text="How the other system calls it.")
    object_pk = models.BigIntegerField(help_text="The row here.")
    fingerprint = models.CharField(
        max_length=64,
        blank=True,
        help_text="Digest of what was imported, to tell whether it has changed there.",
    )
    imported_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system", "kind", "external_id"], name="imported_once")
        ]

    def __str__(self) -> str:
        return f"{self.system} {self.kind} {self.external_id}"
