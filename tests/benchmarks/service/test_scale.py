"""The benchmark of scale runs to its end on a small database, and its data are sound."""

from __future__ import annotations

from random import Random

import pytest
from sqlalchemy import text

from api.services.verify import verify_hotel
from benchmarks.service.scale import Measured, percentile, questions, report, scans
from benchmarks.service.scale_data import BIG, Scale, load
from models import make_engine
from tests.databases import Database

SMALL = Scale(hotels=3, bookings=700, big_rooms=5, big_bookings=500)


def test_what_is_loaded_is_sound_and_can_be_asked(database: Database) -> None:
    everything = make_engine(database.superuser_url)
    with everything.connect() as connection:
        before = connection.scalar(text("SELECT count(*) FROM pg_indexes WHERE schemaname = 'public'"))
    load(everything, SMALL, lambda _: None)
    with everything.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM pg_indexes WHERE schemaname = 'public'")) == before
        assert connection.scalar(text("SELECT count(*) FROM booking WHERE hotel_id = 1")) == 500
        unplaced = connection.scalar(
            text("SELECT count(*) FROM booking WHERE status = 'CONFIRMED' AND id % 97 = 0 AND hotel_id = 1")
        )
        assert connection.scalar(text("SELECT count(*) FROM occupancy WHERE hotel_id = 1")) == 500 - unplaced
    everything.dispose()
    engine = make_engine(database.app_url)
    assert list(verify_hotel(engine, BIG)) == []
    rng = Random(1)
    assert questions("availability", [("BK-2026-000001", "Ada")], rng).path.startswith("/api/staff/hotels/h1/rooms/")
    assert isinstance(scans(engine, rng), list)  # a table of one page is read whole, and should be
    engine.dispose()


@pytest.mark.parametrize(("slow", "missed"), [(1.0, 0), (100.0, 4)])
def test_a_missed_target_is_named(slow: float, missed: int) -> None:
    found = {kind: Measured([slow] * 3, [slow] * 3) for kind in ("availability", "bookings", "search", "suggest")}
    lines = report(found, [], SMALL, (60.0, 60.0))
    assert sum(line.endswith("MISSED") for line in lines) == missed
    assert percentile(range(100), 0.99) == 99
