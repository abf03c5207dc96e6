"""Grafana OnCall, HTTP API v1: GET /users/, /schedules/, /on_call_shifts/, /escalation_policies/."""

from datetime import datetime, timedelta
from typing import Any

from common import zones
from common.businesstime import to_utc
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
    number_of,
    rows_of,
    text_of,
    tidy,
    weekly,
)

_UNITS = {"hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month"}
_LENGTHS = {"hour": timedelta(hours=1), "day": DAY, "week": WEEK}
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_SHIFTS = {"single_event", "recurrent_event", "rolling_users", "override"}
_STEPS = {
    "notify_on_call_from_schedule": ("schedule", "notify_on_call_from_schedule"),
    "notify_persons": ("user", "persons_to_notify"),
    "notify_person_next_each_time": ("user", "persons_to_notify_next_each_time"),
}


def read(sources: list[Source]) -> Plan:
    """Return what the files hold. Raises ``ImportProblem`` for one that is no such answer."""
    plan = Plan("grafana-oncall", "Grafana OnCall")
    shifts: dict[str, dict[str, Any]] = {}
    schedules: list[tuple[Source, dict[str, Any]]] = []
    policies: list[tuple[Source, dict[str, Any]]] = []
    for source in sources:
        for row in _rows(source):
            if "escalation_chain_id" in row:
                policies.append((source, row))
            elif row.get("type") in _SHIFTS and "start" in row:
                shifts[text_of(row, "id", f"a shift of {source.name}")] = row
            elif row.get("type") in {"calendar", "ical", "web"} and "name" in row:
                schedules.append((source, row))
            elif "username" in row:
                _person(plan, row, source)
            else:
                raise ImportProblem(_unknown(source))
        if source.data.get("next"):
            plan.lacks(source.name, "There is another page (“next”) that is not in this file.")
    for source, row in schedules:
        _schedule(plan, row, source, shifts)
    _policies(plan, policies)
    return plan


def _unknown(source: Source) -> str:
    return (
        f"{source.name} is no answer of Grafana OnCall's HTTP API v1 that is known here: users, schedules, "
        "on-call shifts or escalation policies."
    )


def _rows(source: Source) -> list[dict[str, Any]]:
    if "results" in source.data:
        return rows_of(source.data, "results", source.name)
    if "id" in source.data:
        return [source.data]
    raise ImportProblem(_unknown(source))


def _person(plan: Plan, row: dict[str, Any], source: Source) -> None:
    where = f"a user of {source.name}"
    key, email = text_of(row, "id", where), str(row.get("email") or "")
    zone = str(row.get("timezone") or "")
    plan.people[key] = PersonPlan(key, str(row.get("name") or text_of(row, "username", where)), email, zone)


def _schedule(plan: Plan, row: dict[str, Any], source: Source, shifts: dict[str, dict[str, Any]]) -> None:
    where = f"a schedule of {source.name}"
    name = text_of(row, "name", where)
    schedule = SchedulePlan(text_of(row, "id", where), name, str(row.get("time_zone") or "UTC"))
    plan.schedules[schedule.id] = schedule
    if address := row.get("ical_url_primary"):
        schedule.layers.append(
            LayerPlan(
                id=f"{schedule.id}:ical", name="Calendar", members=(), anchor=datetime(2024, 1, 1), mode="calendar",  # noqa: DTZ001
                feed=str(address),
            )
        )  # fmt: skip
    if row.get("ical_url_overrides"):
        plan.lacks(
            f"schedule {name}", "Its calendar of overrides is left out: make it a layer of higher priority."
        )
    for key in row.get("shifts") or []:
        if str(key) not in shifts:
            plan.lacks(f"shift {key} of {name}", "It is in none of the files: save GET /on_call_shifts/ too.")
            continue
        _shift(plan, schedule, shifts[str(key)])


def _shift(plan: Plan, schedule: SchedulePlan, row: dict[str, Any]) -> None:
    name = text_of(row, "name", f"a shift of {schedule.name}")
    where = f"shift {name} of {schedule.name}"
    if (zone := row.get("time_zone")) and zone != schedule.time_zone:
        plan.lacks(
            where, f"Its hand-offs are in {zone}; they are carried over at {schedule.time_zone}'s wall time."
        )
    start, length = _start(row, schedule, where), timedelta(seconds=number_of(row, "duration", where))
    if row["type"] in {"single_event", "override"}:
        _single(schedule, row, start, length)
        return
    if row.get("by_month") or row.get("by_monthday"):
        plan.lacks(where, "It comes on chosen months or days of a month.")
        return
    unit = _UNITS.get(str(row.get("frequency")))
    interval = number_of(row, "interval", where, 1)
    if unit is None:
        plan.lacks(where, f"Its frequency is {str(row.get('frequency'))[:20]!r}, which is not known here.")
        return
    windows = _windows(row, unit, interval, start, length)
    if windows is None:
        plan.lacks(
            where, "It comes at times that no weekly hours can say, such as every other day for some hours."
        )
        return
    schedule.layers += _layers(schedule, row, unit, interval, start, windows)


def _start(row: dict[str, Any], schedule: SchedulePlan, where: str) -> datetime:
    """Return the wall time at which a shift starts, in the schedule's zone."""
    try:
        start = datetime.fromisoformat(text_of(row, "start", where).replace("Z", "+00:00"))
    except ValueError:
        raise ImportProblem(f"{where}: {str(row['start'])[:40]!r} is no time.") from None
    if start.tzinfo is not None:
        return start.astimezone(zones.get(schedule.time_zone)).replace(tzinfo=None)
    own = str(row.get("time_zone") or schedule.time_zone)
    instant = to_utc(start.date(), start.time(), zones.get(own))
    return instant.astimezone(zones.get(schedule.time_zone)).replace(tzinfo=None)


def _single(schedule: SchedulePlan, row: dict[str, Any], start: datetime, length: timedelta) -> None:
    """A shift that comes once: the first person replaces whoever is on call, the others are added."""
    begin = to_utc(start.date(), start.time(), zones.get(schedule.time_zone))
    for place, user in enumerate(row.get("users") or _first(row)):
        kind = "add" if place else "replace"
        schedule.overrides.append(OverridePlan(f"{row['id']}:{user}", kind, str(user), begin, begin + length))


def _first(row: dict[str, Any]) -> list[str]:
    rolling = row.get("rolling_users") or [[]]
    return [str(user) for user in rolling[0]]


def _windows(
    row: dict[str, Any], unit: str, interval: int, start: datetime, length: timedelta
) -> tuple[WindowPlan, ...] | None:
    """Return the weekly hours of a shift, () for always; None where weekly hours cannot say it."""
    clock = timedelta(hours=start.hour, minutes=start.minute)
    days = [_DAYS.index(day) for day in row.get("by_day") or [] if day in _DAYS]
    if days and unit in {"week", "day"} and (interval == 1 or row["type"] == "rolling_users"):
        return tidy(window for day in days for window in weekly(day * DAY + clock, length))
    if unit == "month":
        return () if length >= 28 * DAY and not days else None
    if length >= interval * _LENGTHS[unit]:
        return ()
    if unit == "day" and interval == 1:
        return tidy(window for day in range(7) for window in weekly(day * DAY + clock, length))
    if unit == "week" and interval == 1:
        return tidy(weekly(start.weekday() * DAY + clock, length))
    return None


def _layers(
    schedule: SchedulePlan,
    row: dict[str, Any],
    unit: str,
    interval: int,
    start: datetime,
    windows: tuple[WindowPlan, ...],
) -> list[LayerPlan]:
    zone = zones.get(schedule.time_zone)
    begin, until = to_utc(start.date(), start.time(), zone), row.get("until")
    end = _until(str(until), schedule) if until else None
    if row.get("by_day") and unit == "week":
        # Turns change with the week, not with the weekday on which the shift first came.
        first = _DAYS.index(row.get("week_start") or "SU") if (row.get("week_start") or "SU") in _DAYS else 6
        start = datetime.combine(
            start.date() - timedelta(days=(start.weekday() - first) % 7), datetime.min.time()
        )
    groups = row.get("rolling_users") or []
    is_rolling = row["type"] == "rolling_users"
    if is_rolling:
        skip = int(row.get("start_rotation_from_user_index") or 0) % max(len(groups), 1)
        groups = groups[skip:] + groups[:skip]
    people = groups if is_rolling else [row.get("users") or []]
    width = max((len(group) for group in people), default=0) if is_rolling else 1
    return [
        LayerPlan(
            id=f"{row['id']}:{place}" if place else str(row["id"]),
            name=str(row["name"]),
            members=tuple(str(g[place]) if place < len(g) else None for g in people)
            if is_rolling
            else tuple(str(user) for user in people[0]),
            anchor=start,
            priority=max(int(row.get("level") or 0), 0),
            mode="rotate" if is_rolling else "everyone",
            unit=unit,
            interval=interval,
            windows=windows,
            starts_at=begin,
            ends_at=end,
        )
        for place in range(width)
    ]


def _until(value: str, schedule: SchedulePlan) -> datetime:
    found = datetime.fromisoformat(value.replace("Z", "+00:00"))
    if found.tzinfo is not None:
        return found
    return to_utc(found.date(), found.time(), zones.get(schedule.time_zone), end=True)


def _policies(plan: Plan, rows: list[tuple[Source, dict[str, Any]]]) -> None:
    chains: dict[str, list[tuple[tuple[str, str], ...]]] = {}
    ordered = sorted(rows, key=lambda pair: int(pair[1].get("position") or 0))
    for source, row in ordered:
        chain = text_of(row, "escalation_chain_id", f"an escalation policy of {source.name}")
        steps = chains.setdefault(chain, [])
        kind, key = _STEPS.get(str(row.get("type")), ("", ""))
        if not kind:
            if row.get("type") != "wait":
                plan.lacks(f"escalation chain {chain}", f"Its step “{row.get('type')}” has no counterpart.")
            continue
        value = row.get(key)
        steps.append(
            tuple((kind, str(item)) for item in (value if isinstance(value, list) else [value]) if item)
        )
    for chain, steps in chains.items():
        plan.policies[chain] = PolicyPlan(chain, chain, tuple(steps))
