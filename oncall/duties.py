"""A person's shifts across every schedule. A fixed number of queries, however many schedules there are."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from accounts.models import User
from oncall.models import Schedule
from oncall.rota import ScheduleSpec, Shift, load_specs, resolve


@dataclass(frozen=True, slots=True)
class Duty:
    """A shift with the schedule that it belongs to. Times are UTC and clipped to what was asked for."""

    schedule: Schedule
    shift: Shift


def schedules_of(users: Iterable[User]) -> list[Schedule]:
    """Return the schedules in which one of these people may be on call, now or ever, by name."""
    people = [user.pk for user in users]
    named = (
        Q(layers__members__user__in=people)
        | Q(layers__feed__shifts__user__in=people)
        | Q(overrides__user__in=people)
        | Q(fixed_schedules__shifts__user__in=people)
    )
    return list(
        Schedule.objects.filter(pk__in=Schedule.objects.filter(named).order_by().values("pk")).order_by(
            "name"
        )
    )


def duties_of(users: Iterable[User], start: datetime, end: datetime) -> dict[int, list[Duty]]:
    """Return each person's shifts of an interval by the person's primary key, in the order of their start."""
    people = {user.pk: user for user in users}
    found: dict[int, list[Duty]] = {pk: [] for pk in people}
    for schedule, spec in _specs(schedules_of(people.values()), start, end):
        for shift in resolve(spec, start, end):
            if shift.user_id in found:
                found[shift.user_id].append(Duty(schedule, shift))
    for duties in found.values():
        duties.sort(key=lambda duty: duty.shift.start)
    return found


def _specs(
    schedules: list[Schedule], start: datetime, end: datetime
) -> Iterator[tuple[Schedule, ScheduleSpec]]:
    specs = load_specs([schedule.pk for schedule in schedules], start, end)
    return ((schedule, specs[schedule.pk]) for schedule in schedules if schedule.pk in specs)
