"""Rotas as plain values, for the tests of the pure function."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from oncall.rota import Layer, Member, Override, ScheduleSpec, Shift

ALICE, BOB, CAROL, DAVE = 1, 2, 3, 4
LONDON, NEW_YORK = ZoneInfo("Europe/London"), ZoneInfo("America/New_York")
LORD_HOWE, KATHMANDU = ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Kathmandu")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    """Return a UTC instant from "2026-03-29 01:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def layer(*people: int | None, **changes: Any) -> Layer:
    """Return a weekly rotation of these people from Monday, 23 March 2026, 09:00."""
    values: dict[str, Any] = {
        "name": "Primary",
        "anchor": date(2026, 3, 23),
        "effective_from": LONG_AGO,
        "members": tuple(Member(person) for person in people),
    }
    return Layer(**(values | changes))


def rota(
    *layers: Layer, zone: ZoneInfo = LONDON, overrides: tuple[Override, ...] = (), **more: Any
) -> ScheduleSpec:
    return ScheduleSpec(zone, layers, overrides, **more)


def plain(shifts: list[Shift]) -> list[tuple[str, str, int | None]]:
    """Return shifts as (start, end, person), times as UTC."""
    return [(f"{s.start:%m-%d %H:%M}", f"{s.end:%m-%d %H:%M}", s.user_id) for s in shifts]
