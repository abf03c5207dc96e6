"""Names of time zones."""

from zoneinfo import ZoneInfo

import pytest

from common import zones


def test_a_known_zone_is_itself() -> None:
    assert zones.get("Europe/London") == ZoneInfo("Europe/London")


@pytest.mark.parametrize("name", ["", "Europe", "Mars/Olympus", "../etc/passwd", "\x00"])
def test_a_name_that_nobody_knows_is_utc(name: str) -> None:
    assert name not in zones.names()
    assert zones.get(name) == ZoneInfo("UTC")
