"""Importing a real hotel's demand: a made-up file for the rules, the published one where it is at hand."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from api.services.actor import Actor
from api.services.clock import SetClock
from api.services.imports import ImportRefused
from api.services.imports.demand import COLUMNS, Demand, create_demand_hotel, import_demand, read_demand
from api.services.verify import verify_hotel
from models import Booking, BookingStatus, Hotel, Room, RoomType, hotel_session
from tests.api.services.imports.desk import NOW

ACTOR = Actor.system("test")
PEAKS = {"A": 146, "B": 15, "C": 3, "D": 57, "E": 10, "F": 8, "G": 5, "K": 8}


def stay(day: int, nights: tuple[int, int], *, lead: int = 0, **cells: str) -> dict[str, str]:
    """Return a line: arrival in July 2015, weekend and week nights, lead time."""
    ordinary = {
        "arrival_date_year": "2015",
        "arrival_date_month": "July",
        "arrival_date_day_of_month": str(day),
        "lead_time": str(lead),
        "stays_in_weekend_nights": str(nights[0]),
        "stays_in_week_nights": str(nights[1]),
        "adults": "2",
        "children": "0.0",
        "adr": "75.5",
        "country": "PRT",
        "reserved_room_type": "A",
        "assigned_room_type": "A",
        "reservation_status": "Check-Out",
    }
    return ordinary | cells


def file_of(*lines: dict[str, str]) -> bytes:
    rows = [",".join(line[name] for name in COLUMNS) for line in lines]
    return "\n".join([",".join(COLUMNS), *rows, ""]).encode()


SMALL = file_of(
    stay(1, (0, 2), lead=3),
    stay(2, (0, 2), assigned_room_type="D"),
    stay(2, (1, 1), lead=30),
    stay(3, (0, 0)),
    stay(3, (0, 4), reservation_status="Canceled"),
    stay(3, (2, 1), adults="0", children="0.0"),
    stay(9, (0, 1), reserved_room_type="D", assigned_room_type="D", country="NULL"),
)


def test_kept_are_stays_that_took_place_with_a_night() -> None:
    demand = read_demand("d.csv", SMALL)
    assert demand.first_day == date(2015, 7, 1)
    assert list(demand.stays.index) == [2, 3, 4, 7, 8]
    assert demand.inventory() == {"A": 2, "D": 1}  # on no night more than two slept in an A
    assert list(demand.known_on(date(2015, 6, 28)).stays.index) == [2, 4]


def test_gzip_is_read_too() -> None:
    assert read_demand("d.csv.gz", gzip.compress(SMALL)).stays.equals(read_demand("d.csv", SMALL).stays)


def test_it_becomes_a_hotel(app_engine: Engine) -> None:
    demand = read_demand("d.csv", SMALL)
    clock = SetClock(NOW)
    hotel_id = create_demand_hotel(app_engine, "city", demand, actor=ACTOR, clock=clock)
    assert (
        import_demand(app_engine, hotel_id, demand.known_on(date(2015, 6, 28)), actor=ACTOR, clock=clock).bookings == 2
    )
    assert import_demand(app_engine, hotel_id, demand, actor=ACTOR, clock=clock).bookings == 3  # the rest
    assert import_demand(app_engine, hotel_id, demand, actor=ACTOR, clock=clock).bookings == 0
    with hotel_session(app_engine, hotel_id) as session:
        assert session.get_one(Hotel, hotel_id).business_date == date(2015, 7, 1)
        assert session.execute(select(RoomType.code, RoomType.rank).order_by(RoomType.rank)).all() == [
            ("A", 0),
            ("D", 1),
        ]
        assert session.scalars(select(Room.number).order_by(Room.number)).all() == ["A001", "A002", "D001"]
        rows = session.scalars(select(Booking).order_by(Booking.reference)).all()
    told = [(b.reference, b.check_in, b.nights, b.party, b.total_minor, b.created_at.date()) for b in rows]
    assert told == [
        ("line-2", date(2015, 7, 1), 2, 2, 15100, date(2015, 6, 28)),
        ("line-3", date(2015, 7, 2), 2, 2, 15100, date(2015, 7, 2)),
        ("line-4", date(2015, 7, 2), 2, 2, 15100, date(2015, 6, 2)),
        ("line-7", date(2015, 7, 3), 3, 1, 22650, date(2015, 7, 3)),
        ("line-8", date(2015, 7, 9), 1, 2, 7550, date(2015, 7, 9)),
    ]
    assert {b.status for b in rows} == {BookingStatus.CONFIRMED}
    assert verify_hotel(app_engine, hotel_id) == ()


@pytest.mark.parametrize(
    ("data", "faults"),
    [
        (b"", ["d.csv: is not a CSV file: No columns to parse from file"]),
        (b"\x1f\x8bnot really", ["d.csv: is a broken gzip file:"]),
        (
            b"adults,adr\n1,2\n",
            [f"d.csv:1: {name}: the column is missing" for name in sorted({*COLUMNS} - {"adults", "adr"})],
        ),
        (
            file_of(stay(1, (0, 1)), stay(31, (0, 1), arrival_date_month="June"), stay(1, (0, 1), adults="x", lead=-1)),
            [
                "d.csv:4: adults: 'x' is not a number that can be here",
                "d.csv:4: lead_time: '-1' is not a number that can be here",
                "d.csv:3: arrival_date_day_of_month: there is no such day",
            ],
        ),
        (
            file_of(stay(1, (0, 1), arrival_date_month="Juli"), stay(1, (0, 1), reserved_room_type="")),
            ["d.csv:2: arrival_date_month: 'Juli' is not a month", "d.csv:3: reserved_room_type: is empty"],
        ),
    ],
)
def test_a_file_with_faults_is_refused_whole(data: bytes, faults: list[str]) -> None:
    with pytest.raises(ImportRefused) as caught:
        read_demand("d.csv", data)
    said = [str(fault) for fault in caught.value.faults]
    assert len(said) == len(faults)
    assert all(any(line.startswith(fault) for line in said) for fault in faults)


@pytest.fixture(scope="module")
def city(shared_dir: Path) -> Demand:
    path = shared_dir / "data/hotel_bookings/city_hotel.csv.gz"
    return read_demand(path.name, path.read_bytes())


def test_the_published_file_gives_the_published_inventory(city: Demand) -> None:
    assert len(city.stays) == 45_920
    assert city.inventory() == PEAKS
    assert round(city.stays["nights"].mean(), 2) == 2.94
    assert round((city.stays["assigned"] != city.stays["reserved"]).mean(), 3) == 0.144


def test_a_sample_of_the_published_file_is_imported(city: Demand, app_engine: Engine) -> None:
    clock = SetClock(NOW)
    hotel_id = create_demand_hotel(app_engine, "city", city, actor=ACTOR, clock=clock)
    sample = Demand(city.stays.iloc[::40], city.first_day)
    assert import_demand(app_engine, hotel_id, sample, actor=ACTOR, clock=clock).bookings == 1_148
    with hotel_session(app_engine, hotel_id) as session:
        assert session.scalar(select(func.count()).select_from(Room)) == 252
        assert session.get_one(Hotel, hotel_id).audit_sequence == 1 + 8 + 252 + 1_148
