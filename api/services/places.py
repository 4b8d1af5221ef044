"""The rooms that bookings hold, and whether somebody could move in there now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ARRAY, BigInteger, and_, any_, bindparam, exists, select
from sqlalchemy.orm import Session, aliased

from api.services.rivals import occupied
from api.services.stays import READY
from models import Hotel, Occupancy, OccupancyKind, Room


@dataclass(frozen=True, slots=True)
class Place:
    """A live occupancy of a booking, with its room's number.

    Attributes
    ----------
    clean
        Whether the room, of a suite with its parts, is ready for a guest.
    occupied
        Whether somebody else is still in it, on a day on which the booking might come.
    """

    number: str
    clean: bool
    occupied: bool
    occupancy: Occupancy


_held, _part = aliased(Occupancy), aliased(Room)
_of_it = and_(_held.hotel_id == Occupancy.hotel_id, _held.parent_id == Occupancy.id, _held.released_at.is_(None))
_not_ready = and_(
    _part.hotel_id == _held.hotel_id, _part.id == _held.room_id, _part.housekeeping_status.not_in(sorted(READY))
)
# Made once: making its aliases takes longer than what the database does.
_PLACES: Final = (
    select(Occupancy, Room.number, Room.housekeeping_status, exists().where(_of_it, _not_ready))
    .join(Room, and_(Room.hotel_id == Occupancy.hotel_id, Room.id == Occupancy.room_id))
    .where(
        Occupancy.hotel_id == bindparam("hotel"),
        Occupancy.booking_pk == any_(bindparam("bookings", type_=ARRAY(BigInteger))),
        Occupancy.kind == OccupancyKind.STAY,
        Occupancy.released_at.is_(None),
    )
    .order_by(Occupancy.starts_at)
    .execution_options(populate_existing=True)
)


def places_of(session: Session, hotel: Hotel, bookings: Sequence[int]) -> Mapping[int, tuple[Place, ...]]:
    """Return the live rooms of each booking, in their order."""
    rows = session.execute(_PLACES, {"hotel": hotel.id, "bookings": list(bookings)}).all()
    # Who else is in a room matters to whoever might come today.
    begun = [row.id for row, *_ in rows if row.starts_at.date() <= hotel.business_date <= row.ends_at.date()]
    taken = occupied(session, hotel.id, begun)
    found: dict[int, tuple[Place, ...]] = {}
    for occupancy, number, state, dirty_part in rows:
        assert occupancy.booking_pk is not None  # a STAY has one: the table's check
        place = Place(number, state in READY and not dirty_part, occupancy.id in taken, occupancy)
        found[occupancy.booking_pk] = (*found.get(occupancy.booking_pk, ()), place)
    return found
