"""How people are reached."""

from django.core.exceptions import ValidationError
from django.db import models

from accounts.models.people import User


class ContactMethod(models.Model):
    """One way to reach a person. They are tried in the order of ``position``."""

    class Kind(models.TextChoices):
        EMAIL = "email", "Mail"
        IN_APP = "in_app", "In Allclear"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="contact_methods")
    kind = models.CharField(max_length=16, choices=Kind)
    address = models.CharField(
        max_length=254, blank=True, help_text="The mail address. Not needed for “In Allclear”."
    )
    label = models.CharField(max_length=60, blank=True, help_text="Such as “work phone”.")
    position = models.PositiveSmallIntegerField(default=0, help_text="0 is tried first.")
    delay_minutes = models.PositiveSmallIntegerField(
        default=0,
        help_text="Minutes after the page before this method is used too, while nobody has acknowledged.",
    )
    is_active = models.BooleanField(default=True)
    verified_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "address"],
                name="contact_method_once",
                violation_error_message="This contact method is already there.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.address}".strip()

    def clean(self) -> None:
        if self.kind == self.Kind.EMAIL:
            from django.core.validators import validate_email

            try:
                validate_email(self.address)
            except ValidationError as error:
                raise ValidationError({"address": "This is not a mail address."}) from error
