"""Prices are kept from run to run: the newest only, and moved on with the calendar."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Engine, select, update

from api.services.nightly import run_night
from api.services.periods import Axis
from api.services.prices import forget_prices, last_prices, storable
from api.services.transaction import change_hotel, read_hotel
from models import AllocationRun, HotelSession
from tests.api.services.hotels import SmallHotel, make_hotel
from tests.api.services.proposals import CLOCK

DAY = date(2026, 3, 1)
PRICES: dict[str, Any] = {"form": 1, "slots_per_night": 1440, "time": [0, 900, 2880], "rooms": [], "leave": []}


def runs_of(hotel: SmallHotel) -> dict[int, Any]:
    """Return the prices of each run."""
    found = select(AllocationRun.id, AllocationRun.prices).where(AllocationRun.hotel_id == hotel.id)
    return read_hotel(hotel.engine, hotel.id, lambda s, _: {row.id: row.prices for row in s.execute(found)})


def set_prices(session: HotelSession, prices: dict[str, Any] | None) -> None:
    session.execute(update(AllocationRun).values(prices=prices))


def test_prices_come_back_on_the_axis_of_the_next_run(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine, rooms=2)
    hotel.book(1, 3)
    run_night(app_engine, hotel.id, clock=CLOCK)
    later = Axis(DAY + timedelta(days=1))

    def kept(axis: Axis) -> dict[str, Any] | None:
        return read_hotel(app_engine, hotel.id, lambda s, h: last_prices(s, h.id, axis))

    change_hotel(app_engine, hotel.id, lambda s, _: set_prices(s, None))
    assert kept(later) is None
    change_hotel(app_engine, hotel.id, lambda s, _: set_prices(s, storable(PRICES, Axis(DAY))))
    assert kept(Axis(DAY)) == {**PRICES, "origin": DAY.isoformat()}
    moved = kept(later)
    assert moved is not None
    assert moved["time"] == [-1440, -540, 1440]
    change_hotel(app_engine, hotel.id, lambda s, _: set_prices(s, {"old": 1}))
    assert kept(later) is None


def test_only_the_newest_are_kept(app_engine: Engine) -> None:
    hotel, other = make_hotel(app_engine, rooms=2), make_hotel(app_engine, slug="other", rooms=2)
    for one in (hotel, other):
        one.book(1, 3)
        run_night(app_engine, one.id, clock=CLOCK)
        one.book(2, 4)
        run_night(app_engine, one.id, clock=CLOCK)
        change_hotel(app_engine, one.id, lambda s, _: set_prices(s, storable(PRICES, Axis(DAY))))
    newest = max(runs_of(hotel))
    change_hotel(app_engine, hotel.id, lambda s, h: forget_prices(s, h.id, but=newest))
    assert [run for run, prices in runs_of(hotel).items() if prices is not None] == [newest]
    assert len(runs_of(hotel)) > 1
    assert None not in runs_of(other).values()


def test_a_solve_without_prices_keeps_none() -> None:
    assert storable({}, Axis(DAY)) is None
