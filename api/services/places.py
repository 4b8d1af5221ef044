"""The rooms that bookings hold, and whether somebody could move in there now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, exists, select
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


def places_of(session: Session, hotel: Hotel, bookings: Sequence[int]) -> Mapping[int, tuple[Place, ...]]:
    """Return the live rooms of each booking, in their order."""
    held, part = aliased(Occupancy), aliased(Room)
    of_it = and_(held.hotel_id == Occupancy.hotel_id, held.parent_id == Occupancy.id, held.released_at.is_(None))
    not_ready = and_(
        part.hotel_id == held.hotel_id, part.id == held.room_id, part.housekeeping_status.not_in(sorted(READY))
    )
    rows = session.execute(
        select(Occupancy, Room.number, Room.housekeeping_status, exists().where(of_it, not_ready))
        .join(Room, and_(Room.hotel_id == Occupancy.hotel_id, Room.id == Occupancy.room_id))
        .where(
            Occupancy.hotel_id == hotel.id,
            Occupancy.booking_pk.in_(bookings),
            Occupancy.kind == OccupancyKind.STAY,
            Occupancy.released_at.is_(None),
        )
        .order_by(Occupancy.starts_at)
        .execution_options(populate_existing=True)
    ).all()
    begun = [row.id for row, *_ in rows if row.starts_at.date() <= hotel.business_date]
    taken = occupied(session, hotel.id, begun)
    found: dict[int, tuple[Place, ...]] = {}
    for occupancy, number, state, dirty_part in rows:
        assert occupancy.booking_pk is not None  # a STAY has one: the table's check
        place = Place(number, state in READY and not dirty_part, occupancy.id in taken, occupancy)
        found[occupancy.booking_pk] = (*found.get(occupancy.booking_pk, ()), place)
    return found
