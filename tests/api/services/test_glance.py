"""A glance without the hotel lock says what assigning says under it, word for word, or nothing."""

from __future__ import annotations

from datetime import time
from random import Random

import pytest
from sqlalchemy import Engine, update

from api.services.actor import Actor
from api.services.assign import assign_room
from api.services.errors import RuleBroken, ServiceError, VersionRequired
from api.services.glance import refuse_at_a_glance
from api.services.transaction import change_hotel
from models import BookingStatus, Hotel, HotelSession, Room
from tests.api.services.hotels import DAY, SmallHotel, at, make_hotel

DESK = Actor.system("desk")


class Enough(Exception):
    """It was done; nothing of it is to be kept."""


def assigned(hotel: SmallHotel, booking: str, room: str, override: dict[str, str]) -> ServiceError | None:
    """Return how assigning is refused under the hotel lock, if it is."""

    def work(session: HotelSession, row: Hotel) -> None:
        assign_room(session, row, booking, room, actor=DESK, override=override, if_version=1)
        raise Enough

    try:
        change_hotel(hotel.engine, hotel.id, work)
    except Enough:
        return None
    except ServiceError as error:
        return error
    raise AssertionError


def glanced(hotel: SmallHotel, booking: str, room: str, override: dict[str, str]) -> ServiceError | None:
    """Return how a glance refuses it, if it does."""
    try:
        refuse_at_a_glance(hotel.engine, hotel.id, booking, room, actor=DESK, override=override, if_version=1)
    except ServiceError as error:
        return error
    return None


def told(error: ServiceError | None) -> object:
    """Return all that an answer says."""
    return error and (type(error), error.detail, error.errors, error.extra)


@pytest.fixture
def house(app_engine: Engine, seed: int) -> SmallHotel:
    """A hotel with a suite, a dorm, a room out of use, closures, and stays of all kinds."""
    draw = Random(seed)
    hotel = make_hotel(app_engine, rooms=4)
    hotel.add_room("201", "DLX")
    hotel.add_room("900", "DLX")
    hotel.link("900", ["101", "102"])
    hotel.add_room("D1", beds=2)
    hotel.close("103", at(4, 10), at(6, 10))
    hotel.close("900", at(8, 10), at(9, 10))
    with hotel.session() as session:
        session.execute(update(Room).where(Room.number == "104").values(active=False))
        session.commit()
    hotel.book(1, 3, room="101")
    hotel.book(5, 7, type_="DLX", room="201")
    hotel.book(-2, 2, room="102", status=BookingStatus.CHECKED_IN)
    for _ in range(12):
        first = draw.randint(-1, 8)
        arrival = time(draw.randint(12, 20)) if draw.random() < 0.3 else None
        party = {"type_": draw.choice(["STD", "DLX"]), "adults": draw.randint(1, 3), "arrival_time": arrival}
        hotel.book(first, first + draw.randint(0, 4), **party)
    hotel.book(2, 5, status=BookingStatus.PENDING_PAYMENT)
    return hotel


@pytest.mark.parametrize("override", [{}, {"room_fits": "the guest insists"}])
def test_a_glance_says_what_assigning_says(house: SmallHotel, override: dict[str, str]) -> None:
    refused = 0
    for booking in [f"BK-2026-{number:06d}" for number in range(1, house.made + 1)]:
        for room in [*house.rooms, "999"]:
            expected, seen = assigned(house, booking, room, override), glanced(house, booking, room, override)
            plain = booking not in house.rooming() and room != "D1" and isinstance(expected, RuleBroken)
            assert told(seen) == (told(expected) if plain else None), (booking, room)
            refused += seen is not None
    assert refused > 10


def test_a_glance_leaves_the_rest_to_the_lock(house: SmallHotel) -> None:
    booking = house.book(1, 3)
    assert isinstance(glanced(house, booking, "101", {}), RuleBroken)
    house.change(booking, version=2)
    assert glanced(house, booking, "101", {}) is None
    assert glanced(house, "BK-2026-999999", "101", {}) is None
    with pytest.raises(VersionRequired):
        refuse_at_a_glance(
            house.engine, house.id, booking, "101", actor=DESK, override={"room_fits": "x"}, if_version=None
        )
    with house.session() as session:
        session.execute(update(Hotel).values(business_date=DAY.replace(month=4)))
        session.commit()
    house.change(booking, version=1)
    assert glanced(house, booking, "101", {}) is None
