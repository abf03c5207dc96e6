"""What an admin edits: severities, symptoms, roles, phases, steps, gates, components (R02-R13, R22-R36)."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import models

from accounts.models import Team, User


class Severity(models.IntegerChoices):
    """The four severities; a lower number is worse."""

    SEV1 = 1, "SEV-1"
    SEV2 = 2, "SEV-2"
    SEV3 = 3, "SEV-3"
    SEV4 = 4, "SEV-4"


class Clock(models.TextChoices):
    """Which time a rule runs on (semantics.md, "Time")."""

    WALL = "wall", "Wall clock: every minute counts"
    BUSINESS = "business", "Business clock: only business hours count"
    NEXT_DAY = "next_day", "Until the close of the next business day"


class SeverityDefinition(models.Model):
    """What a severity means to this organisation (R02-R05). Shown in the picker."""

    level = models.PositiveSmallIntegerField(choices=Severity, unique=True)
    name = models.CharField(max_length=40, help_text="Such as “Critical”.")
    definition = models.CharField(max_length=300, help_text="One sentence that decides it.")
    business_impact = models.CharField(max_length=200)
    response_minutes = models.PositiveIntegerField(
        default=0,
        help_text="Time to the first human acknowledgement. Not used when the clock is “next business day”.",
    )
    response_clock = models.CharField(max_length=10, choices=Clock)

    class Meta:
        ordering = ["level"]

    def __str__(self) -> str:
        return f"{self.get_level_display()} {self.name}"

    @property
    def response_time(self) -> timedelta:
        return timedelta(minutes=self.response_minutes)

    @property
    def response_words(self) -> str:
        """Return the promise as people say it: "within 15 minutes", "within 4 business hours", "next business day"."""
        if self.response_clock == Clock.NEXT_DAY:
            return "next business day"
        amount, unit = self.response_minutes, "minute"
        if amount % 60 == 0 and amount:
            amount, unit = amount // 60, "hour"
        if self.response_clock == Clock.BUSINESS:
            unit = f"business {unit}"
        return f"within {amount} {unit}{'' if amount == 1 else 's'}"


class Symptom(models.Model):
    """Something a person can see and tick; the worst ticked severity is proposed (R06)."""

    text = models.CharField(max_length=120, unique=True)
    severity = models.PositiveSmallIntegerField(choices=Severity)
    flags_security = models.BooleanField(default=False, help_text="Marks the incident as a security matter.")
    flags_data = models.BooleanField(default=False, help_text="Marks the incident as touching data.")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["severity", "position", "pk"]

    def __str__(self) -> str:
        return self.text


class RoleDefinition(models.Model):
    """A role in the response, with its duties (R07-R11)."""

    class Key(models.TextChoices):
        COMMANDER = "commander", "Incident Commander"
        TECH_LEAD = "tech_lead", "Technical Lead"
        COMMS_LEAD = "comms_lead", "Communications Lead"
        EXPERT = "expert", "Subject Matter Expert"
        OBSERVER = "observer", "Observer"

    key = models.CharField(max_length=16, choices=Key, unique=True)
    name = models.CharField(max_length=60)
    short_name = models.CharField(max_length=12, help_text="For narrow screens: IC, Tech, Comms.")
    duties = models.TextField(help_text="One duty a line. Shown on the role's card.")
    selection_criteria = models.TextField(blank=True, help_text="One a line: what makes a good candidate.")
    is_unique = models.BooleanField(default=True, help_text="At most one person at a time.")
    qualification = models.ForeignKey(
        "accounts.Qualification",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        help_text="People without it are suggested last, with a warning; nobody is refused.",
    )
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return self.name

    @property
    def duty_list(self) -> list[str]:
        return [line.strip() for line in self.duties.splitlines() if line.strip()]


class Phase(models.Model):
    """A phase of the procedure with its time box (R13). Outlasting the box shows a banner and never blocks."""

    class Key(models.TextChoices):
        DETECTION = "detection", "Detection"
        DIAGNOSIS = "diagnosis", "Diagnosis"
        MITIGATION = "mitigation", "Mitigation"
        VERIFICATION = "verification", "Verification"

    class Anchor(models.TextChoices):
        DECLARED = "declared", "from declaration"
        MITIGATED = "mitigated", "from mitigation"

    key = models.CharField(max_length=16, choices=Key, unique=True)
    name = models.CharField(max_length=80)
    box_from_minutes = models.PositiveIntegerField(help_text="When the phase is expected to begin.")
    box_to_minutes = models.PositiveIntegerField(
        help_text="When it is expected to be over: after that a banner shows."
    )
    anchor = models.CharField(max_length=10, choices=Anchor, default=Anchor.DECLARED)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.box_to_minutes is not None and self.box_to_minutes <= (self.box_from_minutes or 0):
            raise ValidationError(
                {"box_to_minutes": "The end of the time box has to be after its beginning."}
            )


class PhaseStep(models.Model):
    """A line of a phase's checklist, maybe with a command to copy (R22-R35). Allclear never runs a command."""

    class Kind(models.TextChoices):
        STEP = "step", "Step: tick it"
        PROMPT = "prompt", "Prompt: answer in a note"
        CHANGE = "change", "Change: asks for who, why and how to undo"
        CHECK = "check", "Check: passes or fails"

    phase = models.ForeignKey(Phase, on_delete=models.CASCADE, related_name="steps")
    group = models.CharField(max_length=80, blank=True, help_text="Heading under which the step stands.")
    text = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.STEP)
    command = models.TextField(
        blank=True,
        help_text="Shown to copy, never run. Variables: {{namespace}}, {{component}}, {{incident}}.",
    )
    link = models.URLField(blank=True, help_text="A dashboard or a document.")
    role = models.CharField(
        max_length=16, choices=RoleDefinition.Key, blank=True, help_text="Whose step it is."
    )
    auto_event = models.CharField(
        max_length=40,
        blank=True,
        help_text="Ticked by itself when such an event is recorded: update_published.",
    )
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(
        default=True, help_text="Retired steps stay on the incidents where they were ticked."
    )

    class Meta:
        ordering = ["phase__position", "position", "pk"]

    def __str__(self) -> str:
        return self.text


class DecisionPoint(models.Model):
    """A standing question of a phase with its two sides (R30)."""

    phase = models.ForeignKey(Phase, on_delete=models.CASCADE, related_name="decision_points")
    question = models.CharField(max_length=200)
    option_a = models.CharField(max_length=80)
    option_b = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["phase__position", "position"]

    def __str__(self) -> str:
        return self.question


class GateDefinition(models.Model):
    """A recovery check that needs evidence or a waiver before a SEV-1 or SEV-2 is resolved (R36)."""

    key = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    help_text = models.CharField(max_length=200, blank=True)
    applies_up_to = models.PositiveSmallIntegerField(
        choices=Severity, default=Severity.SEV2, help_text="Asked for this severity (by peak) and worse ones."
    )
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name


class TechnicalLevel(models.Model):
    """Who is expected to decide as time passes (R45-R48). Reaching a level prompts; it does not page by itself."""

    level = models.PositiveSmallIntegerField(unique=True)
    name = models.CharField(max_length=80)
    from_minutes = models.PositiveIntegerField()
    to_minutes = models.PositiveIntegerField(null=True, blank=True, help_text="Empty: open-ended.")
    duties = models.TextField(help_text="One a line.")

    class Meta:
        ordering = ["level"]

    def __str__(self) -> str:
        return f"Level {self.level}: {self.name}"

    @property
    def duty_list(self) -> list[str]:
        return [line.strip() for line in self.duties.splitlines() if line.strip()]


class Component(models.Model):
    """A part of what the organisation runs. Its team is paged for it."""

    name = models.CharField(max_length=120, unique=True)
    slug = models.SlugField(unique=True)
    description = models.CharField(max_length=300, blank=True)
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="components"
    )
    experts = models.ManyToManyField(
        User,
        blank=True,
        related_name="expert_for",
        help_text="People who know it well: suggested as experts, best first.",
    )
    is_user_facing = models.BooleanField(default=False, help_text="Customers notice when it fails.")
    variables = models.JSONField(
        default=dict,
        blank=True,
        help_text='Values for command snippets, such as {"namespace": "healing-guard"}.',
    )
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if not isinstance(self.variables, dict) or not all(
            isinstance(v, str) for v in self.variables.values()
        ):
            raise ValidationError({"variables": 'Give names with text values, such as {"namespace": "web"}.'})


_LONGEST_REFERENCE = "INC-1234567890"


class IncidentSettings(models.Model):
    """The organisation's own wording and addresses. One row."""

    organisation = models.CharField(max_length=120, default="Our organisation")
    bridge_url_template = models.CharField(
        max_length=300,
        blank=True,
        help_text="Address of the call, such as https://meet.example.com/{reference}. Empty: none is opened (R24).",
    )
    channel_template = models.CharField(
        max_length=120,
        blank=True,
        default="#{reference}",
        help_text="Name of the chat channel, such as #{reference}.",
    )
    observation_hours = models.PositiveSmallIntegerField(
        default=24, help_text="Watch after a resolved SEV-1 (R37)."
    )
    reopen_hours = models.PositiveSmallIntegerField(
        default=24, help_text="How long a resolved incident can be reopened."
    )

    class Meta:
        verbose_name_plural = "incident settings"

    def __str__(self) -> str:
        return "Incident settings"

    def clean(self) -> None:
        """Refuse what would give an incident no address, or one that its row cannot hold: nobody could declare."""
        limits = {"bridge_url_template": 300, "channel_template": 120}
        for field, limit in limits.items():
            text = self.filled(field, _LONGEST_REFERENCE)
            if "{" in text or "}" in text:
                raise ValidationError({field: "Only {reference} can stand in braces."})
            if len(text) > limit:
                raise ValidationError(
                    {field: f"With a reference in it this is longer than {limit} characters."}
                )
        if self.bridge_url_template and not self.bridge_url_template.startswith(("https://", "http://")):
            raise ValidationError({"bridge_url_template": "A web address begins with https://."})

    def filled(self, field: str, reference: str) -> str:
        """Return a template's text for one incident. Nothing but ``{reference}`` means anything in it."""
        return str(getattr(self, field)).replace("{reference}", reference)

    @classmethod
    def load(cls) -> "IncidentSettings":
        """Return the one row, or an unsaved one with the defaults."""
        return cls.objects.first() or cls()
