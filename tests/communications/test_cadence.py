"""When updates are due: the examples of the procedure and of the calendar (R39). 09:00 to 17:00 in London."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from common.businesstime import Calendar
from communications import cadence
from communications.cadence import Cadence, Stage

HOURS = {day: ((time(9), time(17)),) for day in range(5)}
LONDON = Calendar(ZoneInfo("Europe/London"), HOURS, {date(2026, 4, 3): ()})  # Good Friday
NEVER = Calendar(ZoneInfo("UTC"), {})
SEV1, SEV2 = Cadence("wall", 15, 60), Cadence("business", 30)
SEV3, SEV4 = Cadence("business", 120), Cadence("daily")


def at(text: str) -> datetime:
    """Return a London wall time as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/London")).astimezone(UTC)


@pytest.mark.parametrize(
    ("pace", "last", "due"),
    [
        pytest.param(SEV1, "2026-03-28 03:00", "2026-03-28 03:15", id="SEV-1 every 15 minutes at any hour"),
        pytest.param(SEV1, "2026-03-29 00:50", "2026-03-29 02:05", id="SEV-1 across the clock change"),
        pytest.param(SEV2, "2026-03-25 12:00", "2026-03-25 12:30", id="SEV-2 within the day"),
        pytest.param(SEV2, "2026-03-20 16:50", "2026-03-23 09:20", id="SEV-2 Friday 16:50 is Monday 09:20"),
        pytest.param(SEV2, "2026-03-27 16:50", "2026-03-30 09:20", id="the same over the clock change"),
        pytest.param(SEV2, "2026-03-21 03:00", "2026-03-23 09:30", id="SEV-2 declared on a Saturday night"),
        pytest.param(SEV3, "2026-03-25 16:00", "2026-03-26 10:00", id="SEV-3 two business hours"),
        pytest.param(SEV2, "2026-04-02 16:50", "2026-04-06 09:20", id="SEV-2 over a public holiday"),
        pytest.param(SEV4, "2026-03-20 11:00", "2026-03-23 17:00", id="SEV-4 Friday is Monday's closing"),
        pytest.param(
            SEV4, "2026-03-25 06:00", "2026-03-25 17:00", id="SEV-4 before opening is that day's closing"
        ),
        pytest.param(
            SEV4, "2026-03-28 10:00", "2026-03-30 17:00", id="SEV-4 from Saturday is Monday's closing"
        ),
    ],
)
def test_the_next_update_is_due_one_cadence_after_the_last(pace: Cadence, last: str, due: str) -> None:
    assert cadence.due_after(pace, at(last), LONDON) == at(due)


def test_monitoring_slows_sev1_to_an_hour_and_nothing_else() -> None:
    assert SEV1.slowed(monitoring=True).minutes == 60
    assert SEV1.slowed(monitoring=False).minutes == 15
    assert SEV2.slowed(monitoring=True).minutes == 30


def test_an_upgrade_never_moves_the_due_time_back() -> None:
    now = at("2026-03-25 12:00")

    soon, late = now + timedelta(minutes=5), now + timedelta(hours=2)

    assert cadence.after_faster(SEV1, soon, now, LONDON) == soon
    assert cadence.after_faster(SEV1, late, now, LONDON) == now + timedelta(minutes=15)


def test_a_calendar_that_never_opens_counts_wall_time() -> None:
    now = at("2026-03-25 12:00")

    assert cadence.due_after(SEV2, now, NEVER) == now + timedelta(minutes=30)
    assert cadence.due_after(SEV4, now, NEVER) == now + timedelta(days=1)


def test_reminders_go_out_before_at_after_and_one_cadence_after() -> None:
    due = at("2026-03-25 12:15")

    times = [cadence.remind_at(stage, due, SEV1, LONDON) for stage in Stage]

    assert times == [
        at("2026-03-25 12:10"), at("2026-03-25 12:15"), at("2026-03-25 12:20"), at("2026-03-25 12:30"), None
    ]  # fmt: skip


def test_after_an_outage_only_the_latest_reminder_is_left() -> None:
    due = at("2026-03-25 12:15")

    assert cadence.stage_now(Stage.BEFORE, due, at("2026-03-25 12:11"), SEV1, LONDON) == Stage.BEFORE
    assert cadence.stage_now(Stage.BEFORE, due, at("2026-03-25 12:25"), SEV1, LONDON) == Stage.AFTER
    assert cadence.stage_now(Stage.DUE, due, at("2026-03-25 18:00"), SEV1, LONDON) == Stage.MISSED
