"""Room types as people call them: by code, or by the name that a hotel's answers and HotelMate's clients use."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.services.errors import InvalidInput
from models import RoomType


def find_type(session: Session, hotel_id: int, called: str) -> RoomType | None:
    """Return the hotel's room type of this code or, if there is none, of this name, in whatever letters.

    A code written exactly so goes first. What two types are called alike names neither: None.
    """
    kinds = session.scalars(select(RoomType).where(RoomType.hotel_id == hotel_id)).all()
    word = called.strip().casefold()
    for alike in (
        [kind for kind in kinds if kind.code == called],
        [kind for kind in kinds if kind.code.casefold() == word],
        [kind for kind in kinds if kind.name.casefold() == word],
    ):
        if alike:
            return alike[0] if len(alike) == 1 else None
    return None


def unknown_type(place: str = "body") -> dict[str, str]:
    """Return the fault of naming a type that the hotel has not; ``place`` is the part of the request."""
    return {"in": place, "field": "room_type", "code": "unknown", "message": "there is no such room type"}


def asked_type(session: Session, hotel_id: int, called: str) -> RoomType:
    """Return the type that a filter of a list names.

    Raises
    ------
    InvalidInput
        If there is none: an empty list would say that there is none free, or none booked.
    """
    kind = find_type(session, hotel_id, called)
    if kind is None:
        raise InvalidInput(errors=[unknown_type("query")])
    return kind
