"""Post-mortems. This far: the record that opens when an incident is resolved (R62)."""

from django.db import models

from accounts.models import User
from incidents.models import Incident


class PostMortem(models.Model):
    """What the team writes after an incident, due seven days after its resolution."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        IN_REVIEW = "in_review", "In review"
        PUBLISHED = "published", "Published"

    incident = models.OneToOneField(Incident, on_delete=models.CASCADE, related_name="postmortem")
    is_required = models.BooleanField(help_text="SEV-1 and SEV-2 by peak severity.")
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    owner = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="postmortems"
    )
    participants = models.ManyToManyField(User, blank=True, related_name="+")
    due_at = models.DateTimeField()
    created_at = models.DateTimeField()
    external_url = models.URLField(
        max_length=500, blank=True, help_text="Where it was written, if not in Allclear."
    )
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["due_at"]
        verbose_name = "post-mortem"

    def __str__(self) -> str:
        return f"Post-mortem of {self.incident.reference}"
