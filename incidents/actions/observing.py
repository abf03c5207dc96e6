"""The watch after a resolved SEV-1 (R37): one record, four checks, an end."""

from datetime import datetime, timedelta

from incidents.models import Incident, IncidentSettings, Observation, Reminder

CHECK_HOURS = (1, 4, 12, 24)


def start_watch(incident: Incident, *, now: datetime) -> Observation:
    """Begin (or begin anew) the observation and arm its checks; return it."""
    hours = IncidentSettings.load().observation_hours
    until = now + timedelta(hours=hours)
    watch, _ = Observation.objects.update_or_create(
        incident=incident, defaults={"started_at": now, "until": until, "ended_at": None, "end_reason": ""}
    )
    stamp = f"{incident.epoch}"
    for check in (hour for hour in CHECK_HOURS if hour < hours):
        _arm(incident, Reminder.Kind.OBSERVATION, f"{stamp}:{check}", now + timedelta(hours=check), check)
    _arm(incident, Reminder.Kind.OBSERVATION_END, stamp, until, hours)
    return watch


def _arm(incident: Incident, kind: str, key: str, due_at: datetime, target: int) -> None:
    values = {"due_at": due_at, "target_id": target, "state": Reminder.State.ARMED, "fired_at": None}
    Reminder.objects.update_or_create(incident=incident, kind=kind, key=key, defaults=values)


def end_watch(incident: Incident, *, now: datetime, reason: str) -> bool:
    """End the observation if one runs; return whether it did. Its checks and its watch-list end with it."""
    ended = Observation.objects.filter(incident=incident, ended_at=None).update(
        ended_at=now, end_reason=reason
    )
    if ended:
        kinds = [Reminder.Kind.OBSERVATION, Reminder.Kind.OBSERVATION_END]
        Reminder.objects.filter(incident=incident, kind__in=kinds, state=Reminder.State.ARMED).update(
            state=Reminder.State.CANCELLED
        )
        end_watch_rules(incident, now=now)
    return bool(ended)


def end_watch_rules(incident: Incident, *, now: datetime) -> None:
    """End the watch-list, whatever was observed: nothing is routed to the commander by it any more."""
    incident.watch_rules.filter(expires_at__gt=now).update(expires_at=now)


def rearm(incident: Incident, *, now: datetime) -> None:
    """Arm again, after a reopening, what still lies ahead: checkpoints, tasks, decisions to look at again."""
    kinds = [Reminder.Kind.CHECKPOINT, Reminder.Kind.TASK, Reminder.Kind.DECISION]
    ahead = Reminder.objects.filter(incident=incident, kind__in=kinds, due_at__gt=now)
    ahead.filter(state=Reminder.State.CANCELLED).update(state=Reminder.State.ARMED)
