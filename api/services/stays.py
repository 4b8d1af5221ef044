"""A booking and the room it holds: finding both, and changing when and how it holds it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import and_, bindparam, select, text
from sqlalchemy.orm import Session

from api.services.errors import NotFound, StaleVersion
from api.services.writing import live_rows, release_rows
from models import Booking, Hotel, Housekeeping, Occupancy, OccupancyKind, Room
from models.prepared import PREPARED

READY: Final = frozenset({Housekeeping.CLEAN, Housekeeping.INSPECTED})
"""States of a room that a guest may be shown to."""

# Made once and planned once: people wait under the hotel lock meanwhile.
_STAY: Final = (
    select(Booking, Occupancy)
    .outerjoin(
        Occupancy,
        and_(
            Occupancy.hotel_id == Booking.hotel_id,
            Occupancy.booking_pk == Booking.id,
            Occupancy.kind == OccupancyKind.STAY,
            Occupancy.released_at.is_(None),
        ),
    )
    .where(Booking.hotel_id == bindparam("hotel"), Booking.booking_id == bindparam("booking"))
    .order_by(Occupancy.starts_at.desc())
    .limit(1)
    .execution_options(populate_existing=True, **PREPARED)
)


def find_booking(session: Session, hotel: Hotel, booking_id: str, if_version: int | None = None) -> Booking:
    """Return a booking of the hotel, as it is now.

    Raises
    ------
    NotFound
    StaleVersion
        If it is not at the version that the caller has read.
    """
    return find_stay(session, hotel, booking_id, if_version)[0]


def find_stay(
    session: Session, hotel: Hotel, booking_id: str, if_version: int | None = None
) -> tuple[Booking, Occupancy | None]:
    """Return a booking, and the live occupancy by which it holds its room: the last one, where a guest has moved.

    Raises
    ------
    NotFound
    StaleVersion
        If it is not at the version that the caller has read.
    """
    found = session.execute(_STAY, {"hotel": hotel.id, "booking": booking_id}).one_or_none()
    if found is None:
        raise NotFound
    booking, row = found
    if if_version is not None and booking.version != if_version:
        raise StaleVersion(f"{booking_id} is at version {booking.version}.", version=booking.version)
    return booking, row


def current_row(session: Session, booking: Booking) -> Occupancy | None:
    """Return the live occupancy by which a booking holds its room: the last one, where a guest has moved."""
    return session.scalars(
        select(Occupancy)
        .where(
            Occupancy.hotel_id == booking.hotel_id,
            Occupancy.booking_pk == booking.id,
            Occupancy.kind == OccupancyKind.STAY,
            Occupancy.released_at.is_(None),
        )
        .order_by(Occupancy.starts_at.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    ).one_or_none()


def number_of(session: Session, row: Occupancy) -> str:
    """Return the number of the room that an occupancy is in."""
    return session.execute(
        select(Room.number).where(Room.hotel_id == row.hotel_id, Room.id == row.room_id)
    ).scalar_one()


def rooms_of(session: Session, row: Occupancy) -> list[int]:
    """Return the ids of the rooms that an occupancy takes: its own, and of a suite its parts."""
    held = live_rows(session, row.hotel_id, "parent_id = :id", id=row.id)
    return [row.room_id, *sorted({hold.room_id for hold in held} - {row.room_id})]


def free_room(session: Session, row: Occupancy, now: datetime, *, reason: str, staff_id: int | None = None) -> None:
    """Give up an occupancy as a whole, with what it holds: it is history from this moment."""
    held = live_rows(session, row.hotel_id, "id = :id OR parent_id = :id", id=row.id)
    release_rows(session, row.hotel_id, held, now, reason=reason, staff_id=staff_id)
    session.expire(row)


def retime(
    session: Session,
    row: Occupancy,
    *,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    locked: bool | None = None,
) -> None:
    """Change from when, until when or how firmly an occupancy holds its room, and its parts with it.

    Raises
    ------
    sqlalchemy.exc.IntegrityError
        SQLSTATE 23P01 if it would overlap another one.
    """
    session.flush()
    session.execute(
        text("""
            UPDATE occupancy
            SET starts_at = coalesce(:starts, starts_at), ends_at = coalesce(:ends, ends_at),
                locked = coalesce(:locked, locked), version = version + 1
            WHERE hotel_id = :hotel AND (id = :id OR parent_id = :id) AND released_at IS NULL"""),
        {"hotel": row.hotel_id, "id": row.id, "starts": starts_at, "ends": ends_at, "locked": locked},
    )
    session.refresh(row)
