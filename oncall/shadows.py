"""Tells shadows of what the rota's people are paged for (``settings.PAGED_HANDLERS``): second, and quietly.

A shadow's message is a notice of its own: it waits for no answer, is no page, and ends and delays nothing.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Q

from accounts.models import Team, User
from communications import outbox, recipients
from communications.models import Delivery
from communications.outbox import Message
from incidents.models import Incident
from oncall.models import EscalationRole, RoleTarget, Schedule, Shadow
from oncall.rota import load_specs, who
from oncall.targets import responsible_team

# Whoever has the pager hears of it first.
SECOND = timedelta(minutes=1)


def on_paged(incident: Incident, role: str, users: Collection[User], now: datetime) -> None:
    """Write the notices of those who shadow the people that were just paged in a role: once an epoch and role.

    A drill lets through only those who take part, a private incident those who may know of it.
    """
    if role not in EscalationRole.values:
        return
    team = responsible_team(incident)
    running = _running(team, role, now)
    if not running:
        return
    paged = {user.pk for user in users}
    specs = load_specs({shadow.schedule_id for shadow in running}, now, now + timedelta(minutes=1))
    on_call = {
        pk: {s.user_id for s in who(spec, now, ahead=timedelta(minutes=1))} for pk, spec in specs.items()
    }
    for shadow in running:
        theirs = paged & on_call.get(shadow.schedule_id, set())
        if theirs and shadow.user_id not in paged and recipients.may_know(shadow.user, incident):
            _tell(shadow, incident, role, [user for user in users if user.pk in theirs], now)


def _running(team: Team | None, role: str, now: datetime) -> list[Shadow]:
    """Return the shadows, at this instant, of the schedules that fill a role of a team."""
    rows = RoleTarget.objects.filter(role=role).exclude(schedule=None)
    wanted = Q(schedule__in=rows.filter(Q(team=team) | Q(team=None)).values("schedule_id"))
    if role == EscalationRole.ON_CALL and team is not None:
        wanted |= Q(schedule__in=Schedule.objects.filter(team=team).values("pk"))
    shadows = Shadow.objects.filter(wanted, starts_at__lte=now).filter(Q(ends_at=None) | Q(ends_at__gt=now))
    return list(shadows.select_related("schedule", "user").order_by("pk"))


def _tell(shadow: Shadow, incident: Incident, role: str, paged: list[User], now: datetime) -> None:
    names = ", ".join(str(user) for user in paged)
    headline = f"{names} {'was' if len(paged) == 1 else 'were'} paged"
    text = f"{headline}\n\n{incident.title}\n\nYou shadow {shadow.schedule}: nothing is asked of you. Watch, and ask."
    key = f"shadow:{incident.pk}:{incident.epoch}:{role}:{shadow.user_id}"
    outbox.enqueue(
        kind=Delivery.Kind.NOTICE,
        topic=f"shadow:{incident.pk}",
        dedupe_key=key,
        user=shadow.user,
        message=Message(
            f"[{incident.get_severity_display()}] {incident.reference} {headline}",
            text,
            path=incident.get_absolute_url(),
        ),
        incident=incident,
        due_at=now + SECOND,
        now=now,
    )
