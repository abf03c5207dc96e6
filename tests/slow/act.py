"""One action in a process of its own, so that it can die in the middle: ``python -m tests.slow.act declare KEY``."""

import sys

import django


def main(deed: str, key: str) -> None:
    """Declare an incident, or acknowledge the only one, with an idempotency key."""
    django.setup()
    from accounts.actor import Actor
    from accounts.models import Team, User
    from escalation.actions import acknowledge
    from incidents.actions import declare
    from incidents.models import Incident

    if deed == "declare":
        by = Actor.of(User.objects.get(name="Alice"))
        declare(by=by, title="Outage", severity=1, team=Team.objects.get(), idempotency_key=key)
    else:
        by = Actor.of(User.objects.get(name="Bob"))
        acknowledge(by=by, incident=Incident.objects.get(), idempotency_key=key)


if __name__ == "__main__":
    main(*sys.argv[1:])
