"""Free and taken rooms, against a search through every occupancy."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from api.services.assign import assign_room
from api.services.availability import Availability, room_availability
from api.services.errors import InvalidInput, NotFound
from api.services.transaction import change_hotel, read_hotel
from models import BookingStatus
from tests.api.services.hotels import SmallHotel, at, day, make_hotel
from tests.api.services.proposals import CLOCK, DESK


def ask(hotel: SmallHotel, check_in: date, check_out: date, **options: object) -> Availability:
    return read_hotel(
        hotel.engine,
        hotel.id,
        lambda s, h: room_availability(s, h, check_in=check_in, check_out=check_out, **options),  # type: ignore[arg-type]
    )


def test_free_taken_closed_and_in_house(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine)
    hotel.book(-1, 1, room="101", status=BookingStatus.CHECKED_IN)
    hotel.book(5, 6, room="101")
    taken = hotel.book(2, 4, room="102")
    hotel.close("103", at(1), at(3))
    found = ask(hotel, day(1), day(3))
    assert [(r.room_number, r.is_occupied, r.current_guest, r.next_booking) for r in found.available] == [
        ("101", True, "Ada B1", day(5)),
        ("104", False, None, None),
    ]
    assert [(r.room_number, r.conflict_reason, r.conflict_booking_id, r.available_from) for r in found.unavailable] == [
        ("102", "Existing booking", taken, day(4)),
        ("103", "Out of order", None, day(3)),
    ]
    assert found.unavailable[1].conflict_closure_id is not None
    assert [r.room_number for r in ask(hotel, day(2), day(3), exclude_booking=taken).unavailable] == ["103"]


def test_filters_and_faults(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine)
    hotel.add_room("201", "DLX", sleeps=4, features=["quiet", "lift"])
    hotel.add_room("202", "DLX", active=False)
    assert [r.room_number for r in ask(hotel, day(1), day(2), room_type="DLX").available] == ["201"]
    assert [r.room_number for r in ask(hotel, day(1), day(2), party=3).available] == ["201"]
    assert [r.room_number for r in ask(hotel, day(1), day(2), features=["quiet"]).available] == ["201"]
    assert ask(hotel, day(1), day(2), features=["pool"]) == Availability((), ())
    named = ask(hotel, day(1), day(2), room_type="deluxe suite").available
    assert [(r.room_number, r.room_type, r.type_code) for r in named] == [("201", "Deluxe Suite", "DLX")]
    for wrong in ({"room_type": "Attic"}, {"check_out": day(0)}):
        with pytest.raises(InvalidInput):
            ask(hotel, **{"check_in": day(1), "check_out": day(2)} | wrong)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        ask(hotel, day(1), day(2), exclude_booking="BK-2026-NOBODY")


def test_suites_and_dorms(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine, rooms=2)
    hotel.add_room("900", "DLX")
    hotel.link("900", ["101", "102"])
    hotel.add_room("D1", beds=2)
    in_part = hotel.book(1, 2, room="101")
    for dates, bed in (((1, 3), 1), ((3, 5), 2), ((5, 7), 1)):
        hotel.book(*dates, room="D1", bed=bed)
    found = ask(hotel, day(1), day(4))
    assert [(r.room_number, r.free_beds) for r in found.available] == [("102", 1), ("D1", 1)]
    assert [(r.room_number, r.conflict_booking_id) for r in found.unavailable] == [("101", in_part), ("900", in_part)]
    grand = hotel.book(4, 5, type_="DLX")
    change_hotel(app_engine, hotel.id, lambda s, h: assign_room(s, h, grand, "900", actor=DESK, clock=CLOCK))
    held = ask(hotel, day(4), day(5)).unavailable
    assert [(r.room_number, r.conflict_reason, r.conflict_booking_id) for r in held] == [
        ("101", "Held by its suite", grand),
        ("102", "Held by its suite", grand),
        ("900", "Existing booking", grand),
    ]


periods = st.tuples(st.integers(0, 8), st.integers(0, 4))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stays=st.lists(st.tuples(st.sampled_from(["101", "102", "103"]), periods), max_size=8), wanted=periods)
def test_equal_to_looking_at_everything(
    app_engine: Engine, stays: list[tuple[str, tuple[int, int]]], wanted: tuple[int, int]
) -> None:
    hotel = make_hotel(app_engine, rooms=3, slug=f"h{abs(hash((tuple(stays), wanted)))}")
    first, nights = wanted
    taken: list[tuple[str, int, int]] = []
    for room, (start, length) in stays:
        end = start + length
        begins, ends = (start * 24 + 15, end * 24 + 11) if length else (start * 24 + 11, start * 24 + 15)
        if all(room != other or ends <= s or e <= begins for other, s, e in taken):
            hotel.book(start, end, room=room)
            taken.append((room, begins, ends))
    begins, ends = (first * 24 + 15, (first + nights) * 24 + 11) if nights else (first * 24 + 11, first * 24 + 15)
    free = {"101", "102", "103"} - {room for room, s, e in taken if s < ends and begins < e}
    found = ask(hotel, day(first), day(first) + timedelta(days=nights))
    assert {r.room_number for r in found.available} == free
