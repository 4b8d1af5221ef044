"""The state of a room's cleaning."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.services.actor import Actor
from api.services.clock import SYSTEM_CLOCK, Clock
from api.services.errors import NotFound, StaleVersion
from api.services.stays import READY
from models import Hotel, Housekeeping, Room, bump_version, emit
from models.auditing import record


def set_housekeeping(
    session: Session,
    hotel: Hotel,
    room_number: str,
    status: Housekeeping,
    *,
    actor: Actor,
    reason: str = "",
    if_version: int | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Room:
    """Say in which state a room is; nothing happens if that is said already.

    Raises
    ------
    StaleVersion, NotFound
    """
    room = session.scalars(
        select(Room)
        .where(Room.hotel_id == hotel.id, Room.number == room_number)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if room is None:
        raise NotFound
    if if_version is not None and room.version != if_version:
        raise StaleVersion(f"Room {room_number} is at version {room.version}.", version=room.version)
    if room.housekeeping_status != status:
        _write(session, hotel, room, status, actor, reason, clock)
        bump_version(session, hotel.id)
    return room


def are_clean(session: Session, hotel: Hotel, rooms: Iterable[int]) -> bool:
    """Tell whether all of these rooms (by id) are ready for a guest."""
    wanted = select(Room.id).where(
        Room.hotel_id == hotel.id, Room.id.in_(list(rooms)), Room.housekeeping_status.not_in(READY)
    )
    return session.scalar(wanted.limit(1)) is None


def request_cleaning(
    session: Session, hotel: Hotel, rooms: Iterable[int], cause: str, *, actor: Actor, clock: Clock
) -> None:
    """Mark rooms (by id) that a guest has left as dirty, and ask for somebody to clean them.

    Parameters
    ----------
    cause
        What happened, unique in the hotel, such as ``booking:BK-2026-ABC123:7``: each room is asked for once.
    """
    wanted = select(Room).where(Room.hotel_id == hotel.id, Room.id.in_(list(rooms))).order_by(Room.number)
    for room in session.scalars(wanted.execution_options(populate_existing=True)).all():
        if room.housekeeping_status != Housekeeping.DIRTY:
            _write(session, hotel, room, Housekeeping.DIRTY, actor, "", clock)
        event = "room.cleaning_requested"
        emit(session, hotel.id, event, {"room": room.number}, f"{event}:{room.number}:{cause}")


def _write(
    session: Session, hotel: Hotel, room: Room, status: Housekeeping, actor: Actor, reason: str, clock: Clock
) -> None:
    before = room.housekeeping_status
    room.housekeeping_status, room.version = status, room.version + 1
    session.flush()
    record(
        session,
        hotel_id=hotel.id,
        actor=str(actor),
        action="room.housekeeping_changed",
        subject=f"room:{room.number}",
        before={"housekeeping_status": before.value},
        after={"housekeeping_status": status.value},
        reason=reason or None,
        at=clock.now(),
    )
