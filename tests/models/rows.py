"""Rows for tests of the tables: a small hotel, made the way the service makes one."""

from datetime import date, datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from models import (
    Booking,
    BookingSource,
    BookingStatus,
    Guest,
    Hotel,
    Occupancy,
    OccupancyKind,
    Origin,
    Room,
    RoomType,
    global_session,
    hotel_session,
    new_hotel_id,
)

FIRST_DAY = date(2026, 3, 1)


def make_hotel(engine: Engine, slug: str = "grand", rooms: int = 3) -> int:
    """Make a hotel of one type with rooms 101, 102 ... and return its id."""
    with global_session(engine) as session:
        hotel_id = new_hotel_id(session)
    with hotel_session(engine, hotel_id) as session:
        session.add(Hotel(id=hotel_id, slug=slug, name=slug.title(), business_date=FIRST_DAY))
        session.flush()
        room_type = RoomType(hotel_id=hotel_id, code="STD", name="Standard")
        session.add(room_type)
        session.flush()
        numbers = [str(101 + place) for place in range(rooms)]
        session.add_all([Room(hotel_id=hotel_id, number=number, room_type_id=room_type.id) for number in numbers])
        session.commit()
    return hotel_id


def add_booking(session: Session, hotel_id: int, name: str = "AAAAAA", nights: int = 2) -> Booking:
    """Add a confirmed booking from the first day."""
    guest = Guest(hotel_id=hotel_id, first_name="Ada", last_name="Byron", email="ada@example.org")
    session.add(guest)
    session.flush()
    booking = Booking(
        hotel_id=hotel_id,
        booking_id=f"BK-2026-{name}",
        confirmation_number=f"GRA-2026-{name}",
        status=BookingStatus.CONFIRMED,
        source=BookingSource.MANUAL,
        check_in=FIRST_DAY,
        check_out=FIRST_DAY + timedelta(days=nights),
        guest_id=guest.id,
        room_type_id=session.query(RoomType.id).filter_by(hotel_id=hotel_id).limit(1).scalar(),
    )
    session.add(booking)
    session.flush()
    return booking


def stay(booking: Booking, room_id: int, bed: int = 1) -> Occupancy:
    """Return the booking's occupancy of a room, from three in the afternoon to eleven in the morning."""
    return Occupancy(
        hotel_id=booking.hotel_id,
        room_id=room_id,
        bed=bed,
        booking_pk=booking.id,
        kind=OccupancyKind.STAY,
        origin=Origin.STAFF,
        starts_at=datetime.combine(booking.check_in, datetime.min.time()) + timedelta(hours=15),
        ends_at=datetime.combine(booking.check_out, datetime.min.time()) + timedelta(hours=11),
    )


def room_ids(session: Session, hotel_id: int) -> list[int]:
    """Return the ids of the hotel's rooms by number."""
    return [found for (found,) in session.query(Room.id).filter_by(hotel_id=hotel_id).order_by(Room.number)]
