"""The demo hotel: the same each time, as full as it says, and known to fit."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import Engine, select

from allocator.check import check
from allocator.plan import Plan
from api.services.demo import SEED
from api.services.demo.build import build_demo
from api.services.demo.files import bookings_csv, reference, rooms_csv
from api.services.demo.house import SUITES, rooms
from api.services.demo.season import DemoStay, Season, draw
from api.services.snapshot import Snapshot, take_snapshot
from api.services.verify import verify_hotel
from models import Booking, Hotel, hotel_session


@pytest.fixture(scope="module")
def season() -> Season:
    return draw(SEED)


def read(engine: Engine, hotel_id: int) -> tuple[Snapshot, dict[str, str]]:
    """Return the hotel's problem, and its booking ids by reference."""
    with hotel_session(engine, hotel_id) as session:
        names = session.execute(select(Booking.reference, Booking.booking_id).where(Booking.hotel_id == hotel_id))
        by_reference = {str(row.reference): row.booking_id for row in names}
        return take_snapshot(session, session.get_one(Hotel, hotel_id)), by_reference


def test_the_same_seed_draws_the_same_season(season: Season) -> None:
    again = draw(SEED)
    assert bookings_csv(again.stays) == bookings_csv(season.stays)
    assert again == season
    assert bookings_csv(draw(SEED + 1).stays) != bookings_csv(season.stays)


def test_it_is_a_hotel_of_about_120_rooms_that_is_well_booked(season: Season) -> None:
    assert 110 <= len(rooms()) <= 125
    beds = sum(room.beds for room in rooms() if room.number not in SUITES)
    slept = Counter[int]()
    for stay in season.stays:
        if stay.status != "CANCELLED":
            parts = len(SUITES.get(stay.room.number, "x"))
            for night in range(stay.start, stay.start + stay.nights):
                slept[night] += parts
    assert all(0.70 <= slept[night] / beds <= 0.95 for night in range(60))


def test_it_has_some_of_everything(season: Season) -> None:
    found = {
        "vip": lambda s: s.priority > 0,
        "need": lambda s: s.needs,
        "wish": lambda s: s.wishes,
        "room wish": lambda s: any("room" in wish for wish in s.wishes),
        "lock": lambda s: s.lock_reason,
        "group": lambda s: s.group and s.group not in season.families,
        "family": lambda s: s.group in season.families,
        "day use": lambda s: s.nights == 0,
        "in house": lambda s: s.status == "CHECKED_IN",
        "dorm": lambda s: s.room.beds > 1,
        "suite": lambda s: s.room.number in SUITES,
        "upgrade needed": lambda s: s.type != s.room.type,
        "room already given": lambda s: s.keeps_room and s.status == "CONFIRMED",
        "unpaid": lambda s: s.status == "PENDING_PAYMENT",
        "cancelled": lambda s: s.status == "CANCELLED",
        "gone": lambda s: s.status == "COMPLETED",
    }
    assert [name for name, is_it in found.items() if not any(is_it(stay) for stay in season.stays)] == []


def test_the_drawn_plan_is_allowed_and_two_databases_hold_the_same_problem(app_engine: Engine, season: Season) -> None:
    first, done = build_demo(app_engine, "one")
    second, _ = build_demo(app_engine, "two")
    assert (done.rooms, done.bookings) == (len(rooms()), len(season.stays))
    snapshot, names = read(app_engine, first)
    problem = snapshot.problem
    room_of = {names[reference(place)]: stay.room.number for place, stay in enumerate(season.stays)}
    assert check(problem, Plan({stay.id: room_of[stay.id] for stay in problem.stays})) == ()
    assert names == read(app_engine, second)[1]
    assert [finding for hotel in (first, second) for finding in verify_hotel(app_engine, hotel)] == []


def test_first_fit_in_the_order_of_booking_finds_no_room_for_some(season: Season) -> None:
    taken: dict[str, set[int]] = {room.number: set() for room in rooms() if room.beds == 1}
    ladder: dict[str, list[str]] = {}
    for room in rooms():
        ladder.setdefault(room.type, []).append(room.number)

    def nights(stay: DemoStay) -> set[int]:
        return set(range(stay.start, stay.start + stay.nights))

    coming = [
        s for s in season.stays if s.status in ("CONFIRMED", "CHECKED_IN") and s.type not in ("DRM", "DRF", "GRS")
    ]
    for stay in coming:
        if stay.keeps_room:
            taken[stay.room.number] |= nights(stay)
    refused = 0
    for stay in sorted((s for s in coming if not s.keeps_room), key=lambda s: s.booked):
        free = next((number for number in ladder[stay.type] if not taken[number] & nights(stay)), None)
        if free is None:
            refused += 1
        else:
            taken[free] |= nights(stay)
    assert refused > 10


def test_the_files_are_ordinary_csv(season: Season) -> None:
    assert rooms_csv().decode().splitlines()[0] == "number,type,building,floor,position,sleeps,beds,features,gender"
    assert bookings_csv(season.stays).decode().count("\r\n") == len(season.stays) + 1
