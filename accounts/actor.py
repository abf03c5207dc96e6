"""Who does something: a person, an integration in a person's name, or Allclear itself."""

from dataclasses import dataclass
from typing import Literal

from accounts.models import User

Via = Literal["web", "api", "alert", "mail", "sms", "voice", "slack", "command", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """The ``by=`` of every action. ``label`` is what the timeline prints; ``user`` is None for machines."""

    label: str
    user: User | None = None
    via: Via = "system"

    @classmethod
    def of(cls, user: User, via: Via = "web") -> "Actor":
        """Return the actor for a signed-in person."""
        return cls(label=str(user), user=user, via=via)

    @classmethod
    def machine(cls, label: str, via: Via = "system") -> "Actor":
        """Return an actor that is not a person: "Alertmanager", "Escalation"."""
        return cls(label=label, user=None, via=via)

    @property
    def key(self) -> str:
        """Whose idempotency keys these are."""
        return f"user:{self.user.pk}" if self.user else f"{self.via}:{self.label}"[:80]

    @property
    def can_respond(self) -> bool:
        """May write on incidents: machines (whose keys were checked at the door) and responders."""
        return self.user is None or self.user.can_respond

    @property
    def can_command(self) -> bool:
        """May stand in for the incident commander. A machine never may."""
        return self.user is not None and self.user.can_command


SYSTEM = Actor.machine("Allclear")
