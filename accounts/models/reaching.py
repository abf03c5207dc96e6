"""How people are reached, and the proof that an address is theirs."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models

from accounts import addresses
from accounts.models.people import BusinessCalendar, User
from common.errors import Invalid


class Urgency(models.TextChoices):
    """How soon somebody has to know: pages of SEV-1 and SEV-2 are urgent, anything else can wait."""

    HIGH = "high", "When it is urgent"
    LOW = "low", "When it can wait"


class ContactMethodQuerySet(models.QuerySet["ContactMethod"]):
    def usable(self) -> "ContactMethodQuerySet":
        """Return those that pages may go to: in use, verified, and of a kind that this installation can use."""
        from accounts import kinds  # which reads this module

        here = [info.kind for info in kinds.offered()]
        return self.filter(is_active=True, verified_at__isnull=False, kind__in=here)

    def outside(self) -> "ContactMethodQuerySet":
        """Return those that reach a person outside Allclear: what may wake them."""
        return self.exclude(kind=ContactMethod.Kind.IN_APP)


class ContactMethod(models.Model):
    """One way to reach a person. They are tried in the order of ``position``, once they are verified."""

    class Kind(models.TextChoices):
        EMAIL = "email", "Mail"
        IN_APP = "in_app", "In Allclear"
        SMS = "sms", "SMS"
        VOICE = "voice", "Telephone call"
        NTFY = "ntfy", "ntfy"
        SLACK = "slack", "Slack"
        TELEGRAM = "telegram", "Telegram"
        TEAMS = "teams", "Teams"
        MATTERMOST = "mattermost", "Mattermost"
        DISCORD = "discord", "Discord"
        WEBHOOK = "webhook", "Webhook"
        WEB_PUSH = "web_push", "Push in a browser"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="contact_methods")
    kind = models.CharField(max_length=16, choices=Kind)
    address = models.CharField(
        max_length=1000, blank=True, help_text="Checked when it is saved. Not needed for “In Allclear”."
    )
    secret = models.CharField(max_length=200, blank=True, editable=False)
    label = models.CharField(max_length=60, blank=True, help_text="Such as “work phone”.")
    position = models.PositiveSmallIntegerField(default=0, help_text="0 is tried first.")
    delay_minutes = models.PositiveSmallIntegerField(
        "urgent: after minutes",
        null=True,
        blank=True,
        default=0,
        help_text="Minutes after an urgent page, while nobody has acknowledged. Empty: not used for it.",
    )
    low_delay_minutes = models.PositiveSmallIntegerField(
        "can wait: after minutes",
        null=True,
        blank=True,
        default=0,
        help_text="The same for what can wait: pages of SEV-3 and SEV-4, reminders, notices.",
    )
    is_active = models.BooleanField(default=True)
    verified_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Since when it is known to reach the person. Until then no page goes there.",
    )

    objects = ContactMethodQuerySet.as_manager()

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
        return f"{self.get_kind_display()} {self.masked}".strip()

    def clean(self) -> None:
        try:
            self.address = addresses.normalise(self.kind, self.address, region=region_of(self.user))
        except Invalid as error:
            raise ValidationError({"address": error.sentence}) from error

    @property
    def masked(self) -> str:
        """Return as much of the address as anybody but its owner may see."""
        return addresses.masked(self.kind, self.address)

    @property
    def readable(self) -> str:
        """Return the address for its owner's eyes."""
        return addresses.readable(self.kind, self.address)

    @property
    def short(self) -> str:
        """Return the address for its owner's eyes, on one line of a phone."""
        return self.masked if "://" in self.address else self.readable

    def minutes_for(self, urgency: str) -> int | None:
        """Return after how many minutes the person's rules use it, or ``None`` when they do not."""
        return self.delay_minutes if urgency == Urgency.HIGH else self.low_delay_minutes

    @property
    def needs_no_code(self) -> bool:
        """Return whether nothing has to be proved: the sign-in address is used without this method, too."""
        if self.kind == self.Kind.IN_APP:
            return True
        return self.kind == self.Kind.EMAIL and self.address.lower() == self.user.email.lower()


def region_of(user: User) -> str:
    """Return the ISO country whose telephone numbers a person writes without a "+", or ""."""
    country = addresses.region_of_zone(user.time_zone)
    if country:
        return country
    default = BusinessCalendar.objects.filter(is_default=True).values_list("country", flat=True).first()
    return default or ""


class ContactCode(models.Model):
    """A code that was sent by a contact method, to prove that it reaches its person. The code itself is not stored.

    What is stored does not tell it: it is made from ``nonce`` with the installation's key (``accounts.codes``).
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    method = models.ForeignKey(ContactMethod, null=True, on_delete=models.SET_NULL, related_name="codes")
    nonce = models.CharField(max_length=32)
    created_at = models.DateTimeField(db_index=True)
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]

    def counts(self, now: datetime) -> bool:
        """Return whether it can still be entered."""
        return self.used_at is None and self.method_id is not None and now < self.expires_at
