"""A guest finds a booking: by e-mail and confirmation number together, and learns nothing from one of them."""

from __future__ import annotations

from sqlalchemy import Engine, func, select

from api.services.errors import NotFound
from models import Booking, Guest, Hotel, RoomType, global_session, hotel_by_confirmation, hotel_session

NOWHERE = 0
"""A hotel that there is not: asked all the same, so that a wrong number takes as long as a wrong e-mail."""


def find_for_guest(engine: Engine, email: str, confirmation_number: str) -> tuple[Hotel, Booking, Guest, RoomType]:
    """Return the booking of this number if it is of a guest with this e-mail; case does not matter in either.

    Raises
    ------
    NotFound
        The same whether the number is wrong, the e-mail, or both.
    """
    number = confirmation_number.strip().upper()
    with global_session(engine) as session:
        hotel_id = hotel_by_confirmation(session, number) or NOWHERE
    with hotel_session(engine, hotel_id) as session:
        found = session.execute(
            select(Hotel, Booking, Guest, RoomType)
            .join(Booking, Booking.hotel_id == Hotel.id)
            .join(Guest, (Guest.hotel_id == Hotel.id) & (Guest.id == Booking.guest_id))
            .join(RoomType, (RoomType.hotel_id == Hotel.id) & (RoomType.id == Booking.room_type_id))
            .where(
                Hotel.id == hotel_id,
                Booking.confirmation_number == number,
                func.lower(Guest.email) == email.strip().lower(),
                Guest.email != "",
            )
        ).one_or_none()
    if found is None:
        raise NotFound
    hotel, booking, guest, kind = found
    return hotel, booking, guest, kind
