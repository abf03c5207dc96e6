"""Schedules themselves: their name, team and zone. What was on call by them stays as it was (semantics.md)."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.text import slugify

from accounts import audit, calendars
from accounts.actor import Actor
from accounts.models import Team, validate_time_zone
from accounts.write import action
from common import clock
from common.errors import Invalid
from common.text import clean_line
from oncall.actions.layers import require_layer_editor
from oncall.models import Layer, Schedule

_FIELDS = ("name", "slug", "team", "time_zone")


def put_schedule(
    *, by: Actor, name: str, time_zone: str, slug: str = "", team: Team | None = None
) -> Schedule:
    """Make a schedule without layers; return it. The slug is made from the name unless it is given.

    Raises ``Invalid`` with the field for a name or slug that is taken and for a zone that does not exist. This is
    ``add_schedule`` for callers that have a transaction of their own.
    """
    require_layer_editor(by)
    name = clean_line(name, limit=120)
    schedule = Schedule(name=name, slug=slug or slugify(name)[:50], time_zone=time_zone, team=team)
    check_schedule(schedule)
    schedule.save()
    audit.record(by=by, action="schedule.added", about=schedule, data=_data(schedule))
    return schedule


add_schedule = action(put_schedule)


def edit_schedule(*, by: Actor, schedule: Schedule, changes: dict[str, Any]) -> Schedule:
    """Change a schedule's name, slug, team or zone; return it. Raises ``Invalid`` with the field.

    What has a history keeps its zone. This is ``change_schedule`` for callers that have a transaction of their own.
    """
    require_layer_editor(by)
    held = Schedule.objects.select_for_update(no_key=True).get(pk=schedule.pk)
    for field, value in changes.items():
        if field not in _FIELDS:
            raise Invalid("This cannot be changed.", field=field)
        setattr(held, field, clean_line(value, limit=120) if field == "name" else value)
    check_schedule(held)
    held.save(update_fields=_FIELDS)
    audit.record(by=by, action="schedule.changed", about=held, data=_data(held))
    return held


change_schedule = action(edit_schedule)


def check_schedule(schedule: Schedule) -> None:
    """Raise ``Invalid`` with the field unless a schedule may be stored as it is."""
    if not schedule.name:
        raise Invalid("Give the schedule a name.", field="name")
    if not schedule.slug:
        raise Invalid("Give a slug of letters, digits and hyphens: it is part of addresses.", field="slug")
    others = Schedule.objects.exclude(pk=schedule.pk)
    if others.filter(name=schedule.name).exists():
        raise Invalid("There is already a schedule of this name.", field="name")
    if others.filter(slug=schedule.slug).exists():
        raise Invalid("There is already a schedule with this slug.", field="slug")
    try:
        validate_time_zone(schedule.time_zone)
    except ValidationError as error:
        raise Invalid(error.messages[0], field="time_zone") from None
    if schedule.pk is not None:
        refuse_other_history(schedule)


def refuse_other_history(schedule: Schedule) -> None:
    """Raise ``Invalid`` where another zone or team would change who was on call in the past."""
    before = Schedule.objects.get(pk=schedule.pk)
    begun = Layer.objects.filter(schedule=schedule, effective_from__lte=clock.now())
    if before.time_zone != schedule.time_zone and begun.exists():
        raise Invalid(
            f"Its hand-offs have happened at the wall time of {before.time_zone}, and that is history. "
            "For another zone add another schedule.",
            field="time_zone",
        )
    if before.team_id == schedule.team_id or not begun.exclude(holidays=Layer.Holidays.AS_USUAL).exists():
        return
    found = calendars.of_teams([before.team_id, schedule.team_id])
    if found[before.team_id] != found[schedule.team_id]:
        raise Invalid(
            "A layer follows the holidays of this schedule's team, and that is history. "
            "For a team with another calendar add another schedule.",
            field="team",
        )


def _data(schedule: Schedule) -> dict[str, str]:
    return {
        "name": schedule.name,
        "slug": schedule.slug,
        "team": str(schedule.team or ""),
        "time_zone": schedule.time_zone,
    }
