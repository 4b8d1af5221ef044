"""Closing and opening rooms: whole dorms, suites with their parts, and never over a guest."""

from typing import Any

import pytest
from sqlalchemy import Engine

from api.services.assign import assign_room
from api.services.closures import ClosureFacts, close_room, list_closures, open_room
from api.services.errors import InvalidInput, NotFound, RoomClosed, RoomTaken
from api.services.snapshot import take_snapshot
from api.services.transaction import change_hotel, read_hotel
from api.services.verify import verify_hotel
from tests.api.services.hotels import SmallHotel, at, make_hotel
from tests.api.services.proposals import CLOCK, DESK


def close(hotel: SmallHotel, room: str, start: int, end: int, **options: Any) -> ClosureFacts:
    return change_hotel(
        hotel.engine,
        hotel.id,
        lambda s, h: close_room(s, h, room, starts_at=at(start), ends_at=at(end), actor=DESK, clock=CLOCK, **options),
    )


def reopen(hotel: SmallHotel, closure_id: str) -> None:
    change_hotel(hotel.engine, hotel.id, lambda s, h: open_room(s, h, closure_id, actor=DESK, clock=CLOCK))


def test_closed_listed_and_opened(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine)
    made = close(hotel, "101", 1, 3, kind="OOS", reason="paint")
    assert read_hotel(app_engine, hotel.id, list_closures) == [made]
    assert read_hotel(app_engine, hotel.id, lambda s, h: list_closures(s, h, starts_at=at(3))) == []
    problem = read_hotel(app_engine, hotel.id, take_snapshot).problem
    assert [(c.id, c.room) for c in problem.closures] == [(made.id, "101")]
    reopen(hotel, made.id)
    assert hotel.live() == []
    for absent in (made.id, "C0", "Cx", "C99999999999999999999", ""):
        with pytest.raises(NotFound):
            reopen(hotel, absent)
    assert verify_hotel(app_engine, hotel.id) == ()


def test_never_over_a_guest_nor_twice(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine)
    guest = hotel.book(2, 4, room="101")
    with pytest.raises(RoomTaken) as taken:
        close(hotel, "101", 1, 3)
    assert (taken.value.booking_id, taken.value.room) == (guest, "101")
    first = close(hotel, "102", 1, 3)
    with pytest.raises(RoomClosed) as closed:
        close(hotel, "102", 2, 5)
    assert closed.value.closure_id == first.id
    with pytest.raises(InvalidInput) as faults:
        close(hotel, "999", 3, 3)
    assert len(faults.value.errors) == 2


def test_dorms_close_with_every_bed_and_suites_with_their_parts(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine, rooms=2)
    hotel.add_room("900", "DLX")
    hotel.link("900", ["101", "102"])
    hotel.add_room("D1", beds=3)
    dorm, suite = close(hotel, "D1", 1, 3), close(hotel, "900", 1, 3)
    assert len(hotel.live()) == 6
    guest = hotel.book(1, 2)
    with pytest.raises(RoomClosed) as closed:
        change_hotel(app_engine, hotel.id, lambda s, h: assign_room(s, h, guest, "101", actor=DESK, clock=CLOCK))
    assert closed.value.closure_id == suite.id
    part = hotel.book(5, 6, room="102")
    with pytest.raises(RoomTaken) as taken:
        close(hotel, "900", 4, 7)
    assert taken.value.booking_id == part
    assert verify_hotel(app_engine, hotel.id) == ()
    reopen(hotel, dorm.id)
    reopen(hotel, suite.id)
    assert len(hotel.live()) == 1
    assert verify_hotel(app_engine, hotel.id) == ()
