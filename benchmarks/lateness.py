"""How late pages are when many come due in the same second: from the matrix's timer to the mail server."""

import statistics
import sys
import time
from datetime import datetime, timedelta

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.utils import timezone
from django_q.models import OrmQ

from accounts.actor import Actor
from accounts.models import Team, User
from benchmarks import servers
from benchmarks.table import Row
from communications.models import Delivery, UpdateClock
from escalation.models import EscalationTimer, Page
from incidents import actions
from incidents.models import Reminder
from oncall.models import EscalationRole, RoleTarget

# What the pager's processes have to start and to find nothing to do yet.
PREPARATION = timedelta(seconds=15)
PATIENCE = timedelta(seconds=90)
LEADS = "@leads.example"


class Sink:
    """A mail server that notes when each lead's first mail came."""

    def __init__(self) -> None:
        self.arrived: dict[str, datetime] = {}

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        for recipient in envelope.rcpt_tos:
            if recipient.endswith(LEADS):
                self.arrived.setdefault(recipient, timezone.now())
        return "250 OK"


def measure(count: int) -> list[Row]:
    """Return how late the pages were sent and how late they arrived; each goes to a different team lead."""
    _declare(_teams(count))
    sink = Sink()
    controller = Controller(sink, hostname="127.0.0.1", port=servers.free_port())
    controller.start()
    mail = {"EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend", "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(controller.port)}  # fmt: skip
    try:
        due = _set_due()
        with servers.running([sys.executable, "manage.py", "runpager"], **mail):
            _wait(sink, count, due + PATIENCE)
    finally:
        controller.stop()
    return _rows(sink, due, count)


def _teams(count: int) -> list[Team]:
    people = User.objects.bulk_create(
        User(username=f"lead{n}", name=f"Lead {n}", email=f"lead{n}{LEADS}") for n in range(count)
    )
    teams = Team.objects.bulk_create(Team(name=f"Team {n}", slug=f"team-{n}") for n in range(count))
    RoleTarget.objects.bulk_create(
        RoleTarget(role=EscalationRole.TEAM_LEAD, team=team, user=user)
        for team, user in zip(teams, people, strict=True)
    )
    return teams


def _declare(teams: list[Team]) -> None:
    """Declare an incident for each team, and leave nothing to be done but to page its lead."""
    declarer = Actor.machine("Benchmark", "command")
    for team in teams:
        actions.declare(by=declarer, title=f"{team} is down", severity=1, team=team)
    # Only the leads' timers are of interest: neither the first pages nor the reminders of so many incidents.
    leads = EscalationTimer.objects.filter(incident__team__in=teams, role="team_lead", kind="rule")
    EscalationTimer.objects.filter(state="armed").exclude(pk__in=leads.values("pk")).update(state="cancelled")
    Reminder.objects.filter(state="armed").update(state="cancelled")
    UpdateClock.objects.update(stopped_at=timezone.now())
    Delivery.objects.waiting().update(state=Delivery.State.CANCELLED)
    OrmQ.objects.all().delete()


def _set_due() -> datetime:
    """Let the matrix's timers of all leads come due at one and the same instant; return it."""
    due = timezone.now() + PREPARATION
    EscalationTimer.objects.filter(state="armed").update(due_at=due)
    return due


def _wait(sink: Sink, count: int, deadline: datetime) -> None:
    while len(sink.arrived) < count and timezone.now() < deadline:
        time.sleep(0.25)


def _rows(sink: Sink, due: datetime, count: int) -> list[Row]:
    pages = Page.objects.filter(role="team_lead", due_at=due).count()
    sent = Delivery.objects.filter(
        kind="page", transport="email", due_at__gte=due, first_attempt_at__isnull=False
    )
    attempts = [(row.first_attempt_at - due).total_seconds() for row in sent if row.first_attempt_at]
    arrivals = [(instant - due).total_seconds() for instant in sink.arrived.values()]
    early = sum(late < 0 for late in arrivals)
    return [
        Row(f"{count} pages due at once: first attempt", _late(attempts), f"{pages} pages in the ledger"),
        Row(f"{count} pages due at once: at the mail server", _late(arrivals), f"{early} early"),
    ]


def _late(values: list[float]) -> str:
    if len(values) < 2:
        return f"only {len(values)} came"
    cuts = statistics.quantiles(values, n=100)
    return f"p50 {cuts[49]:.2f} s, p99 {cuts[98]:.2f} s, max {max(values):.2f} s ({len(values)})"
