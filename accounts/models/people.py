"""People, teams, when they work, their keys, and the audit log."""

import uuid
from datetime import time
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower

from common import zones


def validate_time_zone(name: str) -> None:
    """Refuse a name that the zone database does not have."""
    if name not in zones.names():
        raise ValidationError(
            "“%(name)s” is not a time zone. Use a name like Europe/London.", params={"name": name}
        )


class AccessRole(models.TextChoices):
    """What a person may do, from least to most (security.md). Roles in an incident are another matter."""

    VIEWER = "viewer", "Viewer: sees everything that is not private"
    RESPONDER = "responder", "Responder: declares, acknowledges, works on incidents"
    COMMANDER = "commander", "Commander: may also stand in for an incident commander"
    ADMIN = "admin", "Admin: everything, including settings"
    AUDITOR = "auditor", "Auditor: sees everything, changes nothing"


class PersonManager(UserManager["User"]):
    def by_address(self, email: str) -> "User | None":
        """Return the person with this mail address, whatever its case."""
        return self.filter(email__iexact=email).first()

    def create_superuser(self, username: str, email: str | None = None, password: str | None = None,
                         **extra: Any) -> "User":  # fmt: skip
        """Make an admin: ``manage.py createsuperuser`` is the way back in when nobody can sign in."""
        return self.create_user(username, email, password, **{**extra, "role": AccessRole.ADMIN})


class User(AbstractUser):
    """A person who can sign in, be paged, or both. ``name`` is what others see."""

    name = models.CharField(
        max_length=120, help_text="Shown to everybody: first name and surname, or a nickname."
    )
    email = models.EmailField(help_text="Used to sign in. Pages go to the contact methods below.")
    role = models.CharField(max_length=12, choices=AccessRole, default=AccessRole.RESPONDER)
    time_zone = models.CharField(
        max_length=64,
        default="UTC",
        validators=[validate_time_zone],
        help_text="Times are shown in this zone.",
    )
    job_title = models.CharField(max_length=120, blank=True)
    qualifications: "models.ManyToManyField[Qualification, models.Model]" = models.ManyToManyField(
        "Qualification",
        blank=True,
        related_name="people",
        help_text="Training that decides who is suggested for a role.",
    )
    on_leave_until = models.DateField(
        null=True,
        blank=True,
        help_text="The last day of an absence. Until then the person is suggested last.",
    )

    quiet_from = models.TimeField(
        null=True,
        blank=True,
        help_text="Quiet hours, in the person's zone: what can wait is held until they end.",
    )
    quiet_until = models.TimeField(null=True, blank=True)

    objects: ClassVar[PersonManager] = PersonManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_unique",
                violation_error_message="Somebody with this mail address is already here.",
            )
        ]
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name or self.username

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Derive Django's two admin flags from the role: this is the only place that sets them."""
        self.is_staff = self.is_superuser = self.role == AccessRole.ADMIN
        if (fields := kwargs.get("update_fields")) is not None and "role" in fields:
            kwargs["update_fields"] = {*fields, "is_staff", "is_superuser"}
        super().save(*args, **kwargs)

    @property
    def zone(self) -> ZoneInfo:
        """The person's zone; UTC if the stored name is no longer known."""
        return zones.get(self.time_zone)

    @property
    def can_respond(self) -> bool:
        """May write on incidents."""
        return self.is_active and self.role in {AccessRole.RESPONDER, AccessRole.COMMANDER, AccessRole.ADMIN}

    @property
    def can_command(self) -> bool:
        """May stand in for the incident commander (R07: "or deputy/admin")."""
        return self.is_active and self.role in {AccessRole.COMMANDER, AccessRole.ADMIN}

    @property
    def is_admin(self) -> bool:
        return self.is_active and self.role == AccessRole.ADMIN


class Qualification(models.Model):
    """A tag that training grants, such as "incident-commander" (R08)."""

    key = models.SlugField(unique=True)
    name = models.CharField(max_length=120)

    def __str__(self) -> str:
        return self.name


class BusinessCalendar(models.Model):
    """When people work: weekly hours in a zone, a country's public holidays, and days of one's own."""

    name = models.CharField(max_length=120, unique=True)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    country = models.CharField(
        max_length=2,
        blank=True,
        help_text="ISO code such as GB: its public holidays are closed. Empty: no holidays.",
    )
    subdivision = models.CharField(
        max_length=10, blank=True, help_text="Such as ENG or BY, where holidays differ."
    )
    is_default = models.BooleanField(
        default=False, help_text="The organisation's calendar, used where a team has none."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"],
                condition=models.Q(is_default=True),
                name="one_default_calendar",
                violation_error_message="Another calendar is already the default.",
            )
        ]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse a country or subdivision whose holidays nobody knows."""
        import holidays  # costs a tenth of a second, and most processes never ask

        self.country, self.subdivision = self.country.upper(), self.subdivision.upper()
        if not self.country:
            return
        try:
            holidays.country_holidays(self.country)
        except NotImplementedError:
            raise ValidationError({"country": "No holidays are known for this country code."}) from None
        try:
            holidays.country_holidays(self.country, subdiv=self.subdivision or None)
        except NotImplementedError:
            raise ValidationError({"subdivision": f"{self.country} has no such subdivision."}) from None


class BusinessHours(models.Model):
    """One opening span of a weekday. Several a day are allowed."""

    class Weekday(models.IntegerChoices):
        MONDAY = 0
        TUESDAY = 1
        WEDNESDAY = 2
        THURSDAY = 3
        FRIDAY = 4
        SATURDAY = 5
        SUNDAY = 6

    calendar = models.ForeignKey(BusinessCalendar, on_delete=models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField(choices=Weekday)
    opens = models.TimeField(default=time(9))
    closes = models.TimeField(default=time(17), help_text="Midnight (00:00) means the end of the day.")

    class Meta:
        ordering = ["weekday", "opens"]
        verbose_name_plural = "business hours"

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M}-{self.closes:%H:%M}"

    def clean(self) -> None:
        if self.opens is not None and self.closes is not None and time(0) < self.closes <= self.opens:
            raise ValidationError(
                {"closes": "Closing time has to be after opening time. Use two rows for a night shift."}
            )


class SpecialDay(models.Model):
    """A date with its own hours; without hours it is closed."""

    calendar = models.ForeignKey(BusinessCalendar, on_delete=models.CASCADE, related_name="special_days")
    date = models.DateField()
    name = models.CharField(max_length=120)
    opens = models.TimeField(null=True, blank=True, help_text="Leave both empty for a day off.")
    closes = models.TimeField(null=True, blank=True)

    class Meta:
        ordering = ["date"]
        constraints = [models.UniqueConstraint(fields=["calendar", "date"], name="one_special_day_per_date")]

    def __str__(self) -> str:
        return f"{self.date} {self.name}"

    def clean(self) -> None:
        if (self.opens is None) != (self.closes is None):
            raise ValidationError("Give both times, or neither for a day off.")
        if self.opens and self.closes and self.closes <= self.opens:
            raise ValidationError({"closes": "Closing time has to be after opening time."})


class Team(models.Model):
    """People who look after components together."""

    name = models.CharField(max_length=120, unique=True)
    slug = models.SlugField(unique=True)
    members = models.ManyToManyField(User, blank=True, related_name="teams")
    calendar = models.ForeignKey(
        BusinessCalendar,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        help_text="Empty: the organisation's calendar.",
    )
    is_default = models.BooleanField(
        default=False,
        help_text="Incidents without a component go to this team, so that somebody is always paged.",
    )

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"],
                condition=models.Q(is_default=True),
                name="one_default_team",
                violation_error_message="Another team is already the default.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class EmergencyContact(models.Model):
    """Whom to call beyond the people here: a vendor's support, a team that has no account (R58, R59)."""

    class Kind(models.TextChoices):
        INTERNAL = "internal", "Internal"
        VENDOR = "vendor", "Vendor"

    kind = models.CharField(max_length=8, choices=Kind, default=Kind.VENDOR)
    name = models.CharField(max_length=120, unique=True)
    provides = models.CharField(max_length=200, blank=True, help_text="What they look after.")
    phone = models.CharField(max_length=40, blank=True, help_text="With the country: +44 20 7946 0000.")
    address = models.CharField(
        "portal or mail",
        max_length=300,
        blank=True,
        help_text="https://… of the support portal, or a mail address.",
    )
    contract = models.CharField(max_length=120, blank=True, help_text="What they ask for first.")
    hours = models.CharField(max_length=120, blank=True, help_text="When they answer, such as “24/7”.")
    position = models.PositiveSmallIntegerField(default=0, help_text="Lower is listed first.")
    verified_at = models.DateTimeField(
        "last tried",
        null=True,
        blank=True,
        editable=False,
        help_text="When somebody last saw that it answers.",
    )

    class Meta:
        ordering = ["kind", "position", "name"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_complete(self) -> bool:
        """Return whether anybody could reach them."""
        return bool(self.phone or self.address)


class ApiKey(models.Model):
    """A key for integrations, ``ac_<public_id>_<secret>``. Only a keyed digest of the secret is stored."""

    name = models.CharField(max_length=120, help_text="What uses this key.")
    public_id = models.CharField(max_length=16, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="api_keys", help_text="Acts with this person's rights."
    )
    scopes = models.JSONField(default=list, help_text='Any of "read", "write", "admin".')
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} (ac_{self.public_id}_…)"


class DoneOnce(models.Model):
    """An idempotency key that has been used, and what came of it. Written in the action's own transaction."""

    actor = models.CharField(
        max_length=80, help_text="Whose key it is: keys of different callers never meet."
    )
    key = models.CharField(max_length=200)
    action = models.CharField(max_length=80)
    fingerprint = models.CharField(
        max_length=64, help_text="Digest of the arguments: a key belongs to one request."
    )
    result_model = models.CharField(max_length=80, blank=True)
    result_pk = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["actor", "key"], name="done_once")]


class AuditEntry(models.Model):
    """One line of the audit log. Append-only: triggers refuse UPDATE and DELETE; each hash covers the one before."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sequence = models.BigIntegerField(unique=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=160, help_text="The name at that time; the person may be gone since.")
    actor_pk = models.BigIntegerField(null=True)
    action = models.CharField(max_length=80)
    object_label = models.CharField(max_length=200, blank=True)
    data = models.JSONField(default=dict)
    address = models.CharField(max_length=45, blank=True, help_text="Where the request came from.")
    request_id = models.CharField(max_length=64, blank=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["-sequence"]
        verbose_name_plural = "audit log"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor}: {self.action}"
