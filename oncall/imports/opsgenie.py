"""Opsgenie, REST API v2: GET /v2/users, /v2/schedules?expand=rotation, /v2/schedules/ID/overrides, /v2/escalations."""

from datetime import timedelta
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
    every_day,
    instant_of,
    number_of,
    rows_of,
    text_of,
    tidy,
    weekly,
)

_UNITS = {"hourly": "hour", "daily": "day", "weekly": "week"}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def read(sources: list[Source]) -> Plan:
    """Return what the files hold. Raises ``ImportProblem`` for one that is no such answer."""
    plan = Plan("opsgenie", "Opsgenie")
    overrides: list[tuple[Source, dict[str, Any]]] = []
    for source in sources:
        for row in _rows(source):
            if "fullName" in row:
                _person(plan, row, source)
            elif "rotations" in row and "timezone" in row:
                _schedule(plan, row, source)
            elif "rules" in row:
                _policy(plan, row, source)
            elif "alias" in row and "startDate" in row:
                overrides.append((source, row))
            elif "timezone" in row:
                raise ImportProblem(
                    f"{source.name} has no rotations: save GET /v2/schedules?expand=rotation."
                )
            else:
                raise ImportProblem(_unknown(source))
        if isinstance(paging := source.data.get("paging"), dict) and paging.get("next"):
            plan.lacks(source.name, "There is another page that is not in this file.")
    for source, row in overrides:
        _override(plan, row, source)
    return plan


def _unknown(source: Source) -> str:
    return (
        f"{source.name} is no answer of Opsgenie's REST API v2 that is known here: users, schedules "
        "with their rotations, overrides or escalations."
    )


def _rows(source: Source) -> list[dict[str, Any]]:
    data = source.data.get("data")
    if isinstance(data, dict):
        return [data]
    if not isinstance(data, list):
        raise ImportProblem(_unknown(source))
    return rows_of(source.data, "data", source.name)


def _person(plan: Plan, row: dict[str, Any], source: Source) -> None:
    where = f"a user of {source.name}"
    key = text_of(row, "id", where)
    plan.people[key] = PersonPlan(
        key, text_of(row, "fullName", where), text_of(row, "username", where), str(row.get("timeZone") or "")
    )


def _known(plan: Plan, row: dict[str, Any], where: str) -> str:
    """Return a participant's id. Their user name is their mail address, so they are known without a file of users."""
    key = text_of(row, "id", where)
    if key not in plan.people and "@" in str(row.get("username", "")):
        plan.people[key] = PersonPlan(key, str(row["username"]).partition("@")[0], str(row["username"]))
    return key


def _schedule(plan: Plan, row: dict[str, Any], source: Source) -> None:
    where = f"a schedule of {source.name}"
    schedule = SchedulePlan(
        text_of(row, "id", where), text_of(row, "name", where), text_of(row, "timezone", where)
    )
    if row.get("enabled") is False:
        plan.lacks(f"schedule {schedule.name}", "It is disabled in Opsgenie.")
        return
    for rotation in rows_of(row, "rotations", where):
        found = _layer(plan, schedule, rotation)
        if found is not None:
            schedule.layers.append(found)
    plan.schedules[schedule.id] = schedule


def _layer(plan: Plan, schedule: SchedulePlan, row: dict[str, Any]) -> LayerPlan | None:
    name = str(row.get("name") or "Rotation")
    where = f"rotation {name} of {schedule.name}"
    members: list[str | None] = []
    for participant in rows_of(row, "participants", where):
        kind = participant.get("type")
        if kind == "user":
            members.append(_known(plan, participant, where))
        elif kind == "none":
            members.append(None)
        else:
            plan.lacks(
                where, f"One participant is a {kind}: only people can be on call. Their turn has nobody."
            )
            members.append(None)
    begin = instant_of(row.get("startDate"), where)
    unit = _UNITS.get(str(row.get("type")))
    if unit is None:
        plan.lacks(where, f"Its type is {str(row.get('type'))[:20]!r}, which is not known here.")
        return None
    return LayerPlan(
        id=text_of(row, "id", where),
        name=name,
        members=tuple(members),
        anchor=begin.astimezone(zones.get(schedule.time_zone)).replace(tzinfo=None),
        unit=unit,
        interval=number_of(row, "length", where, 1),
        windows=_windows(row.get("timeRestriction"), where),
        starts_at=begin,
        ends_at=instant_of(row["endDate"], where) if row.get("endDate") else None,
    )


def _windows(restriction: Any, where: str) -> tuple[WindowPlan, ...]:
    if not isinstance(restriction, dict):
        return ()
    found: list[WindowPlan] = []
    if restriction.get("type") == "time-of-day":
        rows = (
            [restriction["restriction"]]
            if isinstance(restriction.get("restriction"), dict)
            else rows_of(restriction, "restrictions", where)
        )
        for row in rows:
            start, end = _clock(row, "start", where), _clock(row, "end", where)
            found += every_day(start, end - start if end > start else end - start + DAY)
        return tidy(found)
    for row in rows_of(restriction, "restrictions", where):
        start = _day(row, "startDay", where) + _clock(row, "start", where)
        end = _day(row, "endDay", where) + _clock(row, "end", where)
        found += weekly(start, end - start if end > start else end - start + WEEK)
    return tidy(found)


def _clock(row: dict[str, Any], which: str, where: str) -> timedelta:
    return timedelta(
        hours=number_of(row, f"{which}Hour", where), minutes=number_of(row, f"{which}Min", where, 0)
    )


def _day(row: dict[str, Any], key: str, where: str) -> timedelta:
    name = text_of(row, key, where).lower()
    if name not in _DAYS:
        raise ImportProblem(f"{where}: {name[:20]!r} is no weekday.")
    return _DAYS.index(name) * DAY


def _override(plan: Plan, row: dict[str, Any], source: Source) -> None:
    parent = source.data.get("_parent") or row.get("_parent")
    key = str(parent.get("id")) if isinstance(parent, dict) else source.stem
    schedule = plan.schedules.get(key)
    if schedule is None and len(plan.schedules) == 1:
        schedule = next(iter(plan.schedules.values()))
    if schedule is None:
        plan.lacks(
            source.name, "It does not say of which schedule: name the file SCHEDULE-ID.overrides.json."
        )
        return
    where = f"an override of {schedule.name}"
    user = row.get("user")
    if not isinstance(user, dict) or user.get("type") != "user":
        plan.lacks(where, "It puts somebody on call who is no person: a team, an escalation or nobody.")
        return
    rotations = {str(r.get("id")) for r in rows_of(row, "rotations", where)}
    if rotations and rotations < {layer.id for layer in schedule.layers}:
        plan.lacks(where, "It concerns some rotations only; here an override replaces whoever is on call.")
        return
    starts_at, ends_at = instant_of(row.get("startDate"), where), instant_of(row.get("endDate"), where)
    schedule.overrides.append(
        OverridePlan(text_of(row, "alias", where), "replace", _known(plan, user, where), starts_at, ends_at)
    )


def _policy(plan: Plan, row: dict[str, Any], source: Source) -> None:
    where = f"an escalation of {source.name}"
    steps = []
    for rule in rows_of(row, "rules", where):
        target = rule.get("recipient") or {}
        steps.append(((str(target.get("type")), text_of(target, "id", where)),))
    key = text_of(row, "id", where)
    plan.policies[key] = PolicyPlan(key, text_of(row, "name", where), tuple(steps))
