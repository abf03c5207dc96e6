"""GoAlert, GraphQL: the answers to queries for users, rotations, schedules, userOverrides and escalationPolicies."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from common import zones
from oncall.imports.plan import (
    DAY,
    WEEK,
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
    instant_of,
    number_of,
    rows_of,
    text_of,
    tidy,
    weekly,
)

_UNITS = {"hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month"}
_LENGTHS = {"hour": timedelta(hours=1), "day": DAY, "week": WEEK}
_DAY_ZERO = datetime(2024, 1, 1)  # noqa: DTZ001 - wall time
_KNOWN = ("user", "rotation", "schedule", "userOverride", "escalationPolicy")


def read(sources: list[Source]) -> Plan:
    """Return what the files hold. Raises ``ImportProblem`` for one that is no such answer."""
    plan = Plan("goalert", "GoAlert")
    found: dict[str, list[tuple[str, dict[str, Any]]]] = {kind: [] for kind in _KNOWN}
    for source in sources:
        data = _data(source)
        for kind in _KNOWN:
            found[kind] += [(source.name, row) for row in _nodes(plan, data, kind, source)]
    for name, row in found["user"]:
        where = f"a user of {name}"
        key = text_of(row, "id", where)
        plan.people[key] = PersonPlan(key, text_of(row, "name", where), str(row.get("email") or ""))
    rotations = {text_of(row, "id", f"a rotation of {name}"): row for name, row in found["rotation"]}
    for name, row in found["schedule"]:
        _schedule(plan, row, name, rotations)
    for name, row in found["userOverride"]:
        _override(plan, row, name)
    for name, row in found["escalationPolicy"]:
        _policy(plan, row, name)
    return plan


def _data(source: Source) -> dict[str, Any]:
    if errors := source.data.get("errors"):
        raise ImportProblem(f"{source.name} holds an error of GoAlert: {str(errors)[:100]}")
    data = source.data.get("data")
    plural = {_plural(kind) for kind in _KNOWN}
    if not isinstance(data, dict) or not plural.union(_KNOWN) & set(data):
        raise ImportProblem(
            f"{source.name} is no answer of GoAlert's GraphQL that is known here: users, rotations, schedules, "
            "userOverrides or escalationPolicies."
        )
    return data


def _plural(kind: str) -> str:
    return f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}s"


def _nodes(plan: Plan, data: dict[str, Any], kind: str, source: Source) -> Iterator[dict[str, Any]]:
    if isinstance(data.get(kind), dict):
        yield data[kind]
    connection = data.get(_plural(kind))
    if connection is None:
        return
    yield from rows_of(connection, "nodes", f"{_plural(kind)} of {source.name}")
    if isinstance(page := connection.get("pageInfo"), dict) and page.get("hasNextPage"):
        plan.lacks(source.name, "There is another page (hasNextPage) that is not in this file.")


def _schedule(plan: Plan, row: dict[str, Any], name: str, rotations: dict[str, dict[str, Any]]) -> None:
    where = f"a schedule of {name}"
    schedule = SchedulePlan(
        text_of(row, "id", where), text_of(row, "name", where), text_of(row, "timeZone", where)
    )
    if "targets" not in row:
        raise ImportProblem(
            f"schedule {schedule.name} of {name} has no “targets”: ask for them with their rules."
        )
    for target in rows_of(row, "targets", where):
        layer = _layer(plan, schedule, target, rotations)
        if layer is not None:
            schedule.layers.append(layer)
    if row.get("temporarySchedules"):
        plan.lacks(f"schedule {schedule.name}", "Its temporary schedules: enter them as fixed shifts.")
    plan.schedules[schedule.id] = schedule


def _layer(
    plan: Plan, schedule: SchedulePlan, row: dict[str, Any], rotations: dict[str, dict[str, Any]]
) -> LayerPlan | None:
    target = row.get("target")
    key, kind = text_of(target, "id", schedule.name), str((target or {}).get("type"))
    where = f"{kind} {(target or {}).get('name') or key} of {schedule.name}"
    windows = list(_windows(rows_of(row, "rules", where), where))
    if not windows:
        plan.lacks(where, "No rule says when it counts, so it never does.")
        return None
    name = str((target or {}).get("name") or kind)
    if kind == "user":
        return LayerPlan(
            f"{schedule.id}:{key}", name, (key,), _DAY_ZERO, mode="everyone", windows=tidy(windows)
        )
    if kind != "rotation" or key not in rotations:
        why = (
            "It is in none of the files."
            if kind == "rotation"
            else "Only people and rotations can be on call."
        )
        plan.lacks(where, why)
        return None
    return _rotation(plan, schedule, rotations[key], tidy(windows))


def _rotation(
    plan: Plan, schedule: SchedulePlan, row: dict[str, Any], windows: tuple[WindowPlan, ...]
) -> LayerPlan | None:
    name = text_of(row, "name", f"a rotation of {schedule.name}")
    where = f"rotation {name} of {schedule.name}"
    unit = _UNITS.get(str(row.get("type")))
    if unit is None:
        plan.lacks(where, f"Its type is {str(row.get('type'))[:20]!r}, which is not known here.")
        return None
    if str(row.get("timeZone") or schedule.time_zone) != schedule.time_zone:
        plan.lacks(
            where, f"It hands off in {row['timeZone']}: here it does at {schedule.time_zone}'s wall time."
        )
    users = [user for user in row.get("userIDs") or [] if isinstance(user, str)]
    interval = number_of(row, "shiftLength", where, 1)
    if not 1 <= interval <= 365:
        plan.lacks(where, "The length of its turns is not between 1 and 365.")
        return None
    anchor = _anchor(row, schedule, where, unit, interval, len(users))
    return LayerPlan(
        id=f"{schedule.id}:{text_of(row, 'id', where)}",
        name=name,
        members=tuple(users),
        anchor=anchor,
        unit=unit,
        interval=interval,
        windows=windows,
    )


def _anchor(
    row: dict[str, Any], schedule: SchedulePlan, where: str, unit: str, interval: int, people: int
) -> datetime:
    """Return the wall time of a hand-off to the first person.

    GoAlert counts from its active person, not from the start: their turn ends at the next hand-off. Of all those
    hand-offs the first after a fixed day is taken, so that a later answer about the same rotation says the same.
    """
    times = row.get("nextHandoffTimes")
    if not isinstance(times, list) or not times:
        raise ImportProblem(f"{where} has no “nextHandoffTimes”: ask for nextHandoffTimes(num: 1).")
    zone = zones.get(schedule.time_zone)
    handoff = instant_of(times[0], where).astimezone(zone).replace(tzinfo=None)
    if unit == "month" or not people:
        return handoff
    turn = interval * _LENGTHS[unit]
    to_first = handoff - (number_of(row, "activeUserIndex", where, 0) + 1) % people * turn
    return _DAY_ZERO + (to_first - _DAY_ZERO) % (people * turn)


def _windows(rules: list[dict[str, Any]], where: str) -> Iterator[WindowPlan]:
    for rule in rules:
        start, end = (
            clock_of(text_of(rule, "start", where), where),
            clock_of(text_of(rule, "end", where), where),
        )
        days = rule.get("weekdayFilter")
        if not isinstance(days, list) or len(days) != 7:
            raise ImportProblem(f"A rule of {where} has no “weekdayFilter” of seven days.")
        for place, counts in enumerate(days):
            if counts:
                weekday = (place - 1) % 7  # GoAlert's week begins on Sunday
                yield from weekly(weekday * DAY + start, end - start if end > start else end - start + DAY)


def _override(plan: Plan, row: dict[str, Any], name: str) -> None:
    where = f"an override of {name}"
    schedule = plan.schedules.get(text_of(row.get("target"), "id", where))
    if schedule is None:
        plan.lacks(where, "Its schedule is in none of the files.")
        return
    add, remove = str(row.get("addUserID") or ""), str(row.get("removeUserID") or "")
    if not add and not remove:
        plan.lacks(where, "It names nobody.")
        return
    kind = "replace" if add and remove else "add" if add else "remove"
    schedule.overrides.append(
        OverridePlan(
            text_of(row, "id", where),
            kind,
            add or remove,
            instant_of(row.get("start"), where),
            instant_of(row.get("end"), where),
            replaces=remove if kind == "replace" else None,
        )
    )


def _policy(plan: Plan, row: dict[str, Any], name: str) -> None:
    where = f"an escalation policy of {name}"
    steps = sorted(rows_of(row, "steps", where), key=lambda step: number_of(step, "stepNumber", where, 0))
    targets = (
        tuple(
            (str(target.get("type")), text_of(target, "id", where))
            for target in rows_of(step, "targets", where)
        )
        for step in steps
    )
    key = text_of(row, "id", where)
    plan.policies[key] = PolicyPlan(key, text_of(row, "name", where), tuple(targets))
