"""Hand-offs on the days on which clocks change, each worked out by hand from the zone's rules (semantics.md, "Time").

A hand-off at a wall time that is skipped happens at the first instant after the gap; one that comes twice happens the
first time. In each case two people take turns of a day; four hand-offs are written down, in UTC: one before the
change, the one on it, and two after it.
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from oncall.rota import Window, odd_handoffs, resolve
from tests.oncall.rotas import ALICE, BOB, at, layer, plain, rota

YEAR_START, YEAR_END = at("2026-01-01 00:00"), at("2027-01-01 00:00")

# zone, date and wall time of the first hand-off, the four hand-offs in UTC
SKIPPED = [
    # Beirut, last Sunday of March: 00:00 (+2) becomes 01:00 (+3). 00:30+2 = 22:30Z the day before; on the 29th there is
    # no 00:30, the gap ends at 00:00+2 = 22:00Z; then 00:30+3 = 21:30Z.
    ("Asia/Beirut", "2026-03-28 00:30", ["03-27 22:30", "03-28 22:00", "03-29 21:30", "03-30 21:30"]),
    # Santiago, Saturday 5 September at 24:00 (-4) becomes Sunday 01:00 (-3). 00:15-4 = 04:15Z; 00:00-4 = 04:00Z;
    # 00:15-3 = 03:15Z.
    ("America/Santiago", "2026-09-05 00:15", ["09-05 04:15", "09-06 04:00", "09-07 03:15", "09-08 03:15"]),
    # Cairo, last Friday of April: 00:00 (+2) becomes 01:00 (+3). 00:30+2 = 22:30Z; 00:00+2 = 22:00Z; 00:30+3 = 21:30Z.
    ("Africa/Cairo", "2026-04-23 00:30", ["04-22 22:30", "04-23 22:00", "04-24 21:30", "04-25 21:30"]),
    # The Azores change with Europe at 01:00Z: 00:00 (-1) becomes 01:00 (+0). 00:30-1 = 01:30Z; 01:00Z; 00:30Z.
    ("Atlantic/Azores", "2026-03-28 00:30", ["03-28 01:30", "03-29 01:00", "03-30 00:30", "03-31 00:30"]),
    # London at 01:00Z: 01:00 (+0) becomes 02:00 (+1). 01:30Z; 01:00Z; 01:30+1 = 00:30Z.
    ("Europe/London", "2026-03-28 01:30", ["03-28 01:30", "03-29 01:00", "03-30 00:30", "03-31 00:30"]),
    # Berlin at 01:00Z: 02:00 (+1) becomes 03:00 (+2). 02:30+1 = 01:30Z; 01:00Z; 02:30+2 = 00:30Z.
    ("Europe/Berlin", "2026-03-28 02:30", ["03-28 01:30", "03-29 01:00", "03-30 00:30", "03-31 00:30"]),
    # New York, second Sunday of March: 02:00 (-5) becomes 03:00 (-4). 02:30-5 = 07:30Z; 02:00-5 = 07:00Z; 06:30Z.
    ("America/New_York", "2026-03-07 02:30", ["03-07 07:30", "03-08 07:00", "03-09 06:30", "03-10 06:30"]),
    # Helsinki at 01:00Z: 03:00 (+2) becomes 04:00 (+3). 03:30+2 = 01:30Z; 01:00Z; 03:30+3 = 00:30Z.
    ("Europe/Helsinki", "2026-03-28 03:30", ["03-28 01:30", "03-29 01:00", "03-30 00:30", "03-31 00:30"]),
    # Lord Howe, first Sunday of October: 02:00 (+10:30) becomes 02:30 (+11). 02:15+10:30 = 15:45Z;
    # 02:00+10:30 = 15:30Z; 02:15+11 = 15:15Z.
    ("Australia/Lord_Howe", "2026-10-03 02:15", ["10-02 15:45", "10-03 15:30", "10-04 15:15", "10-05 15:15"]),
    # Chatham, last Sunday of September: 02:45 (+12:45) becomes 03:45 (+13:45). 03:00+12:45 = 14:15Z;
    # 02:45+12:45 = 14:00Z; 03:00+13:45 = 13:15Z.
    ("Pacific/Chatham", "2026-09-26 03:00", ["09-25 14:15", "09-26 14:00", "09-27 13:15", "09-28 13:15"]),
]
REPEATED = [
    # Beirut, last Saturday of October: 24:00 (+3) becomes 23:00 (+2). 23:30+3 = 20:30Z, also the first of the two on
    # the 24th; then 23:30+2 = 21:30Z: the turn between is 25 hours long.
    ("Asia/Beirut", "2026-10-23 23:30", ["10-23 20:30", "10-24 20:30", "10-25 21:30", "10-26 21:30"]),
    # Santiago, Saturday 4 April: 24:00 (-3) becomes 23:00 (-4). 23:30-3 = 02:30Z the day after; then 03:30Z.
    ("America/Santiago", "2026-04-03 23:30", ["04-04 02:30", "04-05 02:30", "04-06 03:30", "04-07 03:30"]),
    # The Azores at 01:00Z: 01:00 (+0) becomes 00:00 (-1). 00:30Z, the first on the 25th too; then 00:30-1 = 01:30Z.
    ("Atlantic/Azores", "2026-10-24 00:30", ["10-24 00:30", "10-25 00:30", "10-26 01:30", "10-27 01:30"]),
    # London at 01:00Z: 02:00 (+1) becomes 01:00 (+0). 01:30+1 = 00:30Z, the first on the 25th too; then 01:30Z.
    ("Europe/London", "2026-10-24 01:30", ["10-24 00:30", "10-25 00:30", "10-26 01:30", "10-27 01:30"]),
    # Berlin at 01:00Z: 03:00 (+2) becomes 02:00 (+1). 02:30+2 = 00:30Z twice; then 02:30+1 = 01:30Z.
    ("Europe/Berlin", "2026-10-24 02:30", ["10-24 00:30", "10-25 00:30", "10-26 01:30", "10-27 01:30"]),
    # New York, first Sunday of November: 02:00 (-4) becomes 01:00 (-5). 01:30-4 = 05:30Z twice; then 06:30Z.
    ("America/New_York", "2026-10-31 01:30", ["10-31 05:30", "11-01 05:30", "11-02 06:30", "11-03 06:30"]),
    # Helsinki at 01:00Z: 04:00 (+3) becomes 03:00 (+2). 03:30+3 = 00:30Z twice; then 03:30+2 = 01:30Z.
    ("Europe/Helsinki", "2026-10-24 03:30", ["10-24 00:30", "10-25 00:30", "10-26 01:30", "10-27 01:30"]),
    # Lord Howe, first Sunday of April: 02:00 (+11) becomes 01:30 (+10:30). 01:45+11 = 14:45Z twice; then 15:15Z.
    ("Australia/Lord_Howe", "2026-04-04 01:45", ["04-03 14:45", "04-04 14:45", "04-05 15:15", "04-06 15:15"]),
    # Chatham, first Sunday of April: 03:45 (+13:45) becomes 02:45 (+12:45). 03:00+13:45 = 13:15Z twice; then 14:15Z.
    ("Pacific/Chatham", "2026-04-04 03:00", ["04-03 13:15", "04-04 13:15", "04-05 14:15", "04-06 14:15"]),
]
NEVER = [
    # Tokyo is always +9: 02:30+9 = 17:30Z the day before. Kolkata is always +5:30: 02:30+5:30 = 21:00Z the day before.
    ("Asia/Tokyo", "2026-03-28 02:30", ["03-27 17:30", "03-28 17:30", "03-29 17:30", "03-30 17:30"]),
    ("Asia/Kolkata", "2026-10-24 02:30", ["10-23 21:00", "10-24 21:00", "10-25 21:00", "10-26 21:00"]),
]


@pytest.mark.parametrize(("zone", "first", "handoffs"), SKIPPED + REPEATED + NEVER)
def test_the_pager_changes_hands_when_the_rules_of_the_zone_say(
    zone: str, first: str, handoffs: list[str]
) -> None:
    begin = datetime.fromisoformat(first)
    daily = layer(ALICE, BOB, unit="day", anchor=begin.date(), handoff=begin.time())
    instants = [at(f"2026-{text}") for text in handoffs]
    shifts = resolve(rota(daily, zone=ZoneInfo(zone)), instants[0], instants[-1] + timedelta(hours=1))
    assert [(f"{s.start:%m-%d %H:%M}", s.user_id) for s in shifts] == list(
        zip(handoffs, [ALICE, BOB, ALICE, BOB], strict=True)
    )


@pytest.mark.parametrize(
    ("cases", "is_skipped"), [(SKIPPED, True), (REPEATED, False)], ids=["skipped", "repeated"]
)
def test_each_of_these_hand_offs_is_noticed(
    cases: list[tuple[str, str, list[str]]], is_skipped: bool
) -> None:
    for zone, first, handoffs in cases:
        begin = datetime.fromisoformat(first)
        daily = layer(ALICE, unit="day", anchor=begin.date(), handoff=begin.time())
        odd = [
            o for o in odd_handoffs(daily, ZoneInfo(zone), YEAR_START, YEAR_END) if o.is_skipped == is_skipped
        ]
        assert at(f"2026-{handoffs[1]}") in [o.happens_at for o in odd], zone


@pytest.mark.parametrize(("zone", "first", "handoffs"), NEVER)
def test_a_zone_without_clock_changes_has_no_such_hand_off(
    zone: str, first: str, handoffs: list[str]
) -> None:
    hourly = layer(ALICE, unit="hour", anchor=date(2026, 1, 1), handoff=time(0))
    assert odd_handoffs(hourly, ZoneInfo(zone), YEAR_START, YEAR_END) == []


# zone, the holiday, its first instant and the next day's in UTC
DAYS = [
    # Beirut: the 29th begins at 01:00+3 = 22:00Z and is 23 hours long; 00:00+3 of the 30th is 21:00Z.
    ("Asia/Beirut", date(2026, 3, 29), "03-28 22:00", "03-29 21:00"),
    # Beirut: 23:00-24:00 comes twice on the 24th of October: from 00:00+3 to 00:00+2, 25 hours.
    ("Asia/Beirut", date(2026, 10, 24), "10-23 21:00", "10-24 22:00"),
    # The Azores: the 25th begins at its first midnight, 00:00+0, and lasts until 00:00-1 of the 26th: 25 hours.
    ("Atlantic/Azores", date(2026, 10, 25), "10-25 00:00", "10-26 01:00"),
    # The Azores: the day before ends at that first midnight.
    ("Atlantic/Azores", date(2026, 10, 24), "10-24 00:00", "10-25 00:00"),
    # Santiago: Sunday the 6th of September begins at 01:00-3 = 04:00Z; 00:00-3 of the 7th is 03:00Z: 23 hours.
    ("America/Santiago", date(2026, 9, 6), "09-06 04:00", "09-07 03:00"),
    # Kolkata: 00:00+5:30 = 18:30Z the day before, 24 hours.
    ("Asia/Kolkata", date(2026, 1, 26), "01-25 18:30", "01-26 18:30"),
]


@pytest.mark.parametrize(("zone", "day", "begins", "ends"), DAYS)
def test_a_holiday_is_a_local_day_however_long_that_is(zone: str, day: date, begins: str, ends: str) -> None:
    festive = rota(layer(ALICE, holidays="only"), zone=ZoneInfo(zone), holidays=frozenset({day}))
    shifts = resolve(festive, YEAR_START, YEAR_END)
    assert plain(shifts)[1] == (begins, ends, ALICE)
    usual = rota(layer(ALICE, holidays="off"), zone=ZoneInfo(zone), holidays=frozenset({day}))
    assert plain(resolve(usual, YEAR_START, YEAR_END))[1] == (begins, ends, None)


def test_a_night_over_a_skipped_midnight_is_an_hour_shorter() -> None:
    # Santiago, Saturday 22:00-4 = 02:00Z to Sunday 06:00-3 = 09:00Z: seven hours.
    night = (Window(5, time(22), time(6)),)
    spec = rota(layer(ALICE, windows=night), zone=ZoneInfo("America/Santiago"))
    assert plain(resolve(spec, at("2026-09-06 00:00"), at("2026-09-07 00:00")))[1] == (
        "09-06 02:00", "09-06 09:00", ALICE
    )  # fmt: skip


def test_a_night_over_a_repeated_hour_before_midnight_is_an_hour_longer() -> None:
    # Santiago, Saturday 22:00-3 = 01:00Z to Sunday 06:00-4 = 10:00Z: nine hours.
    night = (Window(5, time(22), time(6)),)
    spec = rota(layer(ALICE, windows=night), zone=ZoneInfo("America/Santiago"))
    assert plain(resolve(spec, at("2026-04-05 00:00"), at("2026-04-06 00:00")))[1] == (
        "04-05 01:00", "04-05 10:00", ALICE
    )  # fmt: skip


def test_a_window_that_ends_in_the_repeated_half_hour_lasts_to_its_second_end() -> None:
    # Lord Howe, Sunday 00:00+11 = 13:00Z to the second 01:45, +10:30 = 15:15Z.
    window = (Window(6, time(0), time(1, 45)),)
    spec = rota(layer(ALICE, windows=window), zone=ZoneInfo("Australia/Lord_Howe"))
    assert plain(resolve(spec, at("2026-04-04 00:00"), at("2026-04-05 00:00")))[1] == (
        "04-04 13:00", "04-04 15:15", ALICE
    )  # fmt: skip
