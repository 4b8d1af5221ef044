"""Which room to give to a booking now, each with what it costs and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from allocator.answers.suggest import suggest
from allocator.plan import in_force
from api.services.errors import WrongState
from api.services.roomcheck import STAFF_POLICY
from api.services.stays import find_stay
from api.services.view import take_view
from models import EXPECTED, Booking, Hotel, RoomType


@dataclass(frozen=True, slots=True)
class SuggestedRoom:
    """A room a booking could have without moving anybody.

    Attributes
    ----------
    total, parts
        What it adds to the hotel's score, and by term; lower is better.
    fit
        ``best`` fills an idle run from end to end, ``preferred`` touches a neighbour, ``standard`` neither.
    """

    room_number: str
    room_type: str
    type_code: str
    floor: int
    features: tuple[str, ...]
    total: int
    parts: Mapping[str, int]
    fit: str
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Suggestions:
    """The rooms for a booking, cheapest first; ``current`` is the room it has."""

    booking: Booking
    current: str | None
    rooms: tuple[SuggestedRoom, ...]


def suggest_rooms(session: Session, hotel: Hotel, booking_id: str, *, limit: int | None = 10) -> Suggestions:
    """Return the rooms that a booking could have, everybody else staying where they are.

    A person may give any higher type, so those are among them, with their price and a warning; what the booking holds
    today does not stand in its own way, nor does its lock.

    Raises
    ------
    WrongState
        If the booking is over, or its stay is.
    NotFound
    """
    booking, row = find_stay(session, hotel, booking_id)
    if booking.status not in EXPECTED or booking.check_out < hotel.business_date:
        raise WrongState(f"{booking_id} is {booking.status}, there is nothing to place.", state=booking.status.value)
    place = None if row is None else (row.room_id, row.starts_at, row.ends_at)
    problem = take_view(session, hotel, booking, place, changes=STAFF_POLICY)
    names: dict[str, Any] = {
        row.code: row.name
        for row in session.execute(select(RoomType.code, RoomType.name).where(RoomType.hotel_id == hotel.id))
    }
    found = suggest(problem, in_force(problem), booking_id, limit=limit)
    rooms = tuple(
        SuggestedRoom(
            room_number=s.room,
            room_type=names[room.type],
            type_code=room.type,
            floor=room.floor,
            features=tuple(sorted(room.features)),
            total=s.total,
            parts=dict(s.parts),
            fit=s.fit,
            warnings=s.warnings,
        )
        for s in found
        for room in [problem.room_by_id[s.room]]
    )
    return Suggestions(booking, problem.stay_by_id[booking_id].room, rooms)
