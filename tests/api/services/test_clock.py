"""The clock of the demo: the hotel's own day, at the time of day that it is there."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from api.services.clock import ShiftedClock


@pytest.mark.parametrize("zone", ["UTC", "Europe/Lisbon", "Pacific/Auckland", "America/Los_Angeles"])
@pytest.mark.parametrize("day", [date(2026, 5, 4), date(2025, 12, 31), date(2030, 7, 1)])
def test_it_is_another_day_at_the_same_time_of_day(day: date, zone: str) -> None:
    clock = ShiftedClock.on(day, zone)
    before = datetime.now(UTC).astimezone(ZoneInfo(zone))
    there = clock.now().astimezone(ZoneInfo(zone))
    expected = datetime.combine(day, before.time(), ZoneInfo(zone))
    assert timedelta(seconds=-1) <= there - expected <= timedelta(seconds=60)
    assert there.utcoffset() == expected.utcoffset()
