"""Reads stored schedules for the pure function, in a fixed number of queries however many there are."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, cast

from django.db.models import Prefetch, Q, QuerySet

from accounts import calendars
from common import zones
from oncall import models
from oncall.rota.spec import (
    Fixed,
    Given,
    Holidays,
    Layer,
    Member,
    Mode,
    Origin,
    Override,
    OverrideKind,
    ScheduleSpec,
    Unit,
    Window,
)


def load_spec(schedule: models.Schedule, start: datetime, end: datetime) -> ScheduleSpec:
    """Return what of a schedule matters to an interval. Unsaved: an empty schedule."""
    return load_specs([schedule.pk], start, end).get(schedule.pk, ScheduleSpec(zones.get(schedule.time_zone)))


def load_specs(schedules: Iterable[int], start: datetime, end: datetime) -> dict[int, ScheduleSpec]:
    """Return the schedules with these primary keys, as far as they matter to an interval, by primary key."""
    stored = list(_stored(schedules, start, end))
    days_off = _holidays([schedule for schedule in stored if _asks_for_holidays(schedule)], start, end)
    return {
        schedule.pk: ScheduleSpec(
            zone=zones.get(schedule.time_zone),
            layers=tuple(layer_spec(layer) for layer in schedule.live_layers),
            overrides=tuple(override_spec(override) for override in schedule.live_overrides),
            fixed=tuple(fixed_spec(fixed) for fixed in schedule.live_fixed),
            holidays=days_off.get(schedule.pk, frozenset()),
        )
        for schedule in stored
    }


def _stored(schedules: Iterable[int], start: datetime, end: datetime) -> "QuerySet[Any]":
    """Return the schedules with the rows that matter to an interval as ``live_…`` lists."""
    touching = Q(starts_at__lt=end, ends_at__gt=start)
    foreign = models.ForeignShift.objects.filter(touching).order_by("starts_at", "pk")
    layers = models.Layer.objects.filter(
        Q(effective_until=None) | Q(effective_until__gt=start), effective_from__lt=end
    ).prefetch_related(
        "members", "windows", "feed", Prefetch("feed__shifts", queryset=foreign, to_attr="live_shifts")
    )
    fixed = models.FixedSchedule.objects.filter(touching).prefetch_related("shifts")
    return models.Schedule.objects.filter(pk__in=list(schedules)).prefetch_related(
        Prefetch("layers", layers.order_by("-priority", "effective_from", "pk"), to_attr="live_layers"),
        Prefetch(
            "overrides", models.Override.objects.filter(touching).order_by("pk"), to_attr="live_overrides"
        ),
        Prefetch("fixed_schedules", fixed.order_by("pk"), to_attr="live_fixed"),
    )


def layer_spec(layer: models.Layer) -> Layer:
    """Return a stored layer with its members and windows as plain values.

    Shifts of its foreign calendar are there only if ``load_specs`` has read them.
    """
    return Layer(
        name=layer.name,
        anchor=layer.anchor_date,
        effective_from=layer.effective_from,
        effective_until=layer.effective_until,
        priority=layer.priority,
        mode=cast(Mode, layer.mode),
        unit=cast(Unit, layer.unit),
        interval=max(layer.interval, 1),
        handoff=layer.handoff_time,
        worked_shifts_only=layer.worked_shifts_only,
        members=tuple(Member(row.user_id, row.since, row.until) for row in layer.members.all()),
        windows=tuple(Window(row.weekday, row.starts, row.ends) for row in layer.windows.all()),
        holidays=cast(Holidays, layer.holidays),
        shifts=_given(getattr(layer.feed, "live_shifts", ())) if layer.feed_id else (),
    )


def override_spec(override: models.Override) -> Override:
    """Return a stored override as plain values."""
    return Override(
        kind=cast(OverrideKind, override.kind),
        user_id=override.user_id,
        replaces=override.replaces_id,
        starts_at=override.starts_at,
        ends_at=override.ends_at,
        reason=override.reason,
        origin=cast(Origin, override.origin),
    )


def fixed_spec(fixed: models.FixedSchedule) -> Fixed:
    """Return a stored fixed schedule with its shifts as plain values."""
    return Fixed(fixed.starts_at, fixed.ends_at, _given(fixed.shifts.all()), fixed.reason)


def _given(rows: Iterable[models.FixedShift | models.ForeignShift]) -> tuple[Given, ...]:
    return tuple(Given(row.user_id, row.starts_at, row.ends_at) for row in rows)


def _asks_for_holidays(schedule: Any) -> bool:
    return any(layer.holidays != models.Layer.Holidays.AS_USUAL for layer in schedule.live_layers)


def _holidays(schedules: list[models.Schedule], start: datetime, end: datetime) -> dict[int, frozenset[date]]:
    """Return the holidays of each schedule's team, as local dates of the schedule, that touch an interval."""
    if not schedules:
        return {}
    found = calendars.of_teams({schedule.team_id for schedule in schedules})
    days: dict[int, frozenset[date]] = {}
    for schedule in schedules:
        zone = zones.get(schedule.time_zone)
        first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
        days[schedule.pk] = calendars.holidays_between(found[schedule.team_id], first, last)
    return days
