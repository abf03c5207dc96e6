"""Reads stored schedules for the pure function, in a fixed number of queries however many there are."""

from collections.abc import Iterable
from datetime import datetime
from typing import cast

from django.db.models import Prefetch, Q

from common import zones
from oncall import models
from oncall.rota.spec import Layer, Member, Mode, Override, OverrideKind, ScheduleSpec, Unit, Window


def load_spec(schedule: models.Schedule, start: datetime, end: datetime) -> ScheduleSpec:
    """Return what of a schedule matters to an interval. Unsaved: an empty schedule."""
    return load_specs([schedule.pk], start, end).get(schedule.pk, ScheduleSpec(zones.get(schedule.time_zone)))


def load_specs(schedules: Iterable[int], start: datetime, end: datetime) -> dict[int, ScheduleSpec]:
    """Return the schedules with these primary keys, as far as they matter to an interval, by primary key."""
    layers = models.Layer.objects.filter(
        Q(effective_until=None) | Q(effective_until__gt=start), effective_from__lt=end
    ).prefetch_related("members", "windows")
    overrides = models.Override.objects.filter(starts_at__lt=end, ends_at__gt=start).order_by("pk")
    stored = models.Schedule.objects.filter(pk__in=list(schedules)).prefetch_related(
        Prefetch(
            "layers", queryset=layers.order_by("-priority", "effective_from", "pk"), to_attr="live_layers"
        ),
        Prefetch("overrides", queryset=overrides, to_attr="live_overrides"),
    )
    return {
        schedule.pk: ScheduleSpec(
            zone=zones.get(schedule.time_zone),
            layers=tuple(layer_spec(layer) for layer in schedule.live_layers),
            overrides=tuple(override_spec(override) for override in schedule.live_overrides),
        )
        for schedule in stored
    }


def layer_spec(layer: models.Layer) -> Layer:
    """Return a stored layer with its members and windows as plain values."""
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
    )
