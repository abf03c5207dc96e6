"""PagerDuty, REST API v2: GET /users, /schedules/ID (with since and until: its overrides too), /escalation_policies."""

from datetime import datetime, timedelta
from typing import Any

from common import zones
from oncall.imports.plan import (
    DAY,
    ImportProblem,
    LayerPlan,
    OverridePlan,
    PersonPlan,
    Plan,
    PolicyPlan,
    SchedulePlan,
    Source,
    WindowPlan,
    clock_of,
    every_day,
    instant_of,
    number_of,
    rows_of,
    text_of,
    tidy,
    unit_of,
    weekly,
)

_KINDS = {"schedule_reference": "schedule", "schedule": "schedule", "user_reference": "user", "user": "user"}


def read(sources: list[Source]) -> Plan:
    """Return what the files hold. Raises ``ImportProblem`` for one that is no such answer."""
    plan = Plan("pagerduty", "PagerDuty")
    loose: list[tuple[Source, list[dict[str, Any]]]] = []
    for source in sources:
        _read(plan, source, loose)
    for source, overrides in loose:
        _loose_overrides(plan, source, overrides)
    return plan


def _read(plan: Plan, source: Source, loose: list[tuple[Source, list[dict[str, Any]]]]) -> None:
    data, known = source.data, False
    if isinstance(data.get("error"), dict):
        raise ImportProblem(
            f"{source.name} holds an error of PagerDuty: {str(data['error'].get('message'))[:100]}"
        )
    for one, many, take in (("user", "users", _person), ("schedule", "schedules", _schedule),
                            ("escalation_policy", "escalation_policies", _policy)):  # fmt: skip
        rows = [data[one]] if isinstance(data.get(one), dict) else rows_of(data, many, source.name)
        known = known or one in data or many in data
        for row in rows:
            take(plan, row, source)
    if "overrides" in data:
        known = True
        loose.append((source, rows_of(data, "overrides", source.name)))
    if not known:
        raise ImportProblem(
            f"{source.name} is no answer of PagerDuty's REST API v2 that is known here: users, a schedule, "
            "overrides or escalation policies."
        )
    if data.get("more") is True:
        plan.lacks(source.name, "There is another page (“more”: true) that is not in this file.")


def _person(plan: Plan, row: dict[str, Any], source: Source) -> None:
    where = f"a user of {source.name}"
    key = text_of(row, "id", where)
    zone = str(row.get("time_zone") or "")
    plan.people[key] = PersonPlan(key, text_of(row, "name", where), text_of(row, "email", where), zone)


def _schedule(plan: Plan, row: dict[str, Any], source: Source) -> None:
    key = text_of(row, "id", f"a schedule of {source.name}")
    where = f"schedule {key} of {source.name}"
    schedule = SchedulePlan(key, text_of(row, "name", where), text_of(row, "time_zone", where))
    if "schedule_layers" not in row:
        raise ImportProblem(f"{where} has no layers: save GET /schedules/{key}, not the list of schedules.")
    layers = rows_of(row, "schedule_layers", where)
    for place, layer in enumerate(layers):
        # The topmost layer comes first in an answer.
        found = _layer(plan, schedule, layer, priority=len(layers) - 1 - place)
        if found is not None:
            schedule.layers.append(found)
    for entry in rows_of(row.get("override_subschedule"), "rendered_schedule_entries", where):
        schedule.overrides.append(_override(entry, where, ""))
    plan.schedules[key] = schedule


def _layer(plan: Plan, schedule: SchedulePlan, row: dict[str, Any], priority: int) -> LayerPlan | None:
    name = str(row.get("name") or f"Layer {priority + 1}")
    where = f"layer {name} of {schedule.name}"
    turn = unit_of(timedelta(seconds=number_of(row, "rotation_turn_length_seconds", where)))
    if turn is None or turn[1] > 365:
        plan.lacks(where, "Its turns are no whole hours, days or weeks.")
        return None
    begin = instant_of(row.get("rotation_virtual_start"), where)
    users = [entry.get("user") for entry in rows_of(row, "users", where)]
    return LayerPlan(
        id=text_of(row, "id", where),
        name=name,
        members=tuple(text_of(user, "id", f"a user of {where}") for user in users),
        anchor=_wall(begin, schedule),
        priority=priority,
        unit=turn[0],
        interval=turn[1],
        windows=_windows(rows_of(row, "restrictions", where), where),
        starts_at=instant_of(row["start"], where) if row.get("start") else None,
        ends_at=instant_of(row["end"], where) if row.get("end") else None,
    )


def _wall(instant: datetime, schedule: SchedulePlan) -> datetime:
    return instant.astimezone(zones.get(schedule.time_zone)).replace(tzinfo=None)


def _windows(restrictions: list[dict[str, Any]], where: str) -> tuple[WindowPlan, ...]:
    found: list[WindowPlan] = []
    for row in restrictions:
        start = clock_of(text_of(row, "start_time_of_day", where), where)
        length = timedelta(seconds=number_of(row, "duration_seconds", where))
        if row.get("type") == "weekly_restriction":
            weekday = number_of(row, "start_day_of_week", where) - 1
            found += weekly(weekday * DAY + start, length)
        else:
            found += every_day(start, length)
    return tidy(found)


def _override(row: dict[str, Any], where: str, key: str) -> OverridePlan:
    starts_at = instant_of(row.get("start"), f"an override of {where}")
    user = text_of(row.get("user"), "id", f"an override of {where}")
    # Entries of the schedule's own answer have no id: start and person name them.
    key = key or f"{user}@{starts_at.isoformat()}"
    return OverridePlan(key, "replace", user, starts_at, instant_of(row.get("end"), where))


def _loose_overrides(plan: Plan, source: Source, rows: list[dict[str, Any]]) -> None:
    """Find whose overrides these are: the answer does not say. The file's name does, or there is one schedule only."""
    schedule = plan.schedules.get(source.stem)
    if schedule is None and len(plan.schedules) == 1:
        schedule = next(iter(plan.schedules.values()))
    if schedule is None:
        plan.lacks(
            source.name, "It does not say of which schedule: name the file SCHEDULE-ID.overrides.json."
        )
        return
    have = {(row.user, row.starts_at) for row in schedule.overrides}
    for row in rows:
        found = _override(row, source.name, "")
        if (found.user, found.starts_at) not in have:
            schedule.overrides.append(found)


def _policy(plan: Plan, row: dict[str, Any], source: Source) -> None:
    where = f"an escalation policy of {source.name}"
    key, name = text_of(row, "id", where), text_of(row, "name", where)
    steps = []
    for rule in rows_of(row, "escalation_rules", where):
        targets = []
        for target in rows_of(rule, "targets", where):
            kind = str(target.get("type"))
            targets.append((_KINDS.get(kind, kind), text_of(target, "id", where)))
        steps.append(tuple(targets))
    plan.policies[key] = PolicyPlan(key, name, tuple(steps))
