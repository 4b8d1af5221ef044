"""What every step in the life of a booking is made of: what it depends on, and the one write that takes it.

A step is a compare-and-swap on (status, version) with one audit entry and one event in the same transaction, so
however many ask at once, it happens once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from api.services.actions import Standing
from api.services.actor import Actor
from api.services.clock import Clock
from api.services.errors import InvalidInput, WrongState
from api.services.stays import READY, rooms_of
from models import Booking, BookingStatus, Hotel, Occupancy, OccupancyKind, Room, bump_version, emit
from models.auditing import record


def step(
    session: Session,
    hotel: Hotel,
    booking: Booking,
    status: BookingStatus,
    event: str,
    *,
    actor: Actor,
    clock: Clock,
    reason: str = "",
    columns: Mapping[str, Any],
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    payload: Mapping[str, Any] | None = None,
) -> Booking:
    """Move a booking on from the status and version that it was read in, with its audit entry and its event.

    Parameters
    ----------
    event
        Name of both.
    columns
        What else changes in its row.
    before, after
        What the audit says beside the status.
    payload
        What the event says beside the booking's id; ids only.

    Raises
    ------
    WrongState
        If it has moved on since.
    """
    session.flush()
    former, now = booking.status, clock.now()
    changed = session.execute(
        update(Booking)
        .where(
            Booking.hotel_id == hotel.id,
            Booking.id == booking.id,
            Booking.status == former,
            Booking.version == booking.version,
        )
        .values({"status": status, "version": Booking.version + 1, "updated_at": now, **columns})
        .returning(Booking.id)
        .execution_options(synchronize_session=False)
    ).all()
    if len(changed) != 1:
        raise WrongState(f"{booking.booking_id} has changed in the meantime.", state=former.value)
    session.refresh(booking)
    bump_version(session, hotel.id)
    record(
        session,
        hotel_id=hotel.id,
        actor=str(actor),
        action=event,
        subject=f"booking:{booking.booking_id}",
        before={"status": former.value, **(before or {})},
        after={"status": status.value, **(after or {})},
        reason=reason or None,
        at=now,
    )
    name = f"{event}:{booking.booking_id}:{booking.version}"
    emit(session, hotel.id, event, {"booking_id": booking.booking_id, **(payload or {})}, name)
    return booking


def tell_confirmed(session: Session, booking: Booking) -> None:
    """Leave the event of a booking that is confirmed from now on, where another step than `confirm_booking` made it so.

    The audit has that step; guests and webhooks listen to this.
    """
    name = f"booking.confirmed:{booking.booking_id}:{booking.version}"
    emit(session, booking.hotel_id, "booking.confirmed", {"booking_id": booking.booking_id}, name)


def standing_of(session: Session, hotel: Hotel, booking: Booking, row: Occupancy | None) -> Standing:
    """Return a booking with what it may depend on: its room, whether that (with its parts) is clean, any room move."""
    if row is None:
        return Standing(hotel, booking, None)
    rooms = session.execute(
        select(Room.id, Room.number, Room.housekeeping_status).where(
            Room.hotel_id == hotel.id, Room.id.in_(rooms_of(session, row))
        )
    ).all()
    earlier = session.scalar(
        select(Occupancy.id)
        .where(
            Occupancy.hotel_id == hotel.id,
            Occupancy.booking_pk == booking.id,
            Occupancy.kind == OccupancyKind.STAY,
            Occupancy.released_at.is_(None),
            Occupancy.id != row.id,
        )
        .limit(1)
    )
    return Standing(
        hotel,
        booking,
        next(room.number for room in rooms if room.id == row.room_id),
        clean=all(room.housekeeping_status in READY for room in rooms),
        moved=earlier is not None,
    )


def require_reason(reason: str, *, also: Collection[Mapping[str, str]] = ()) -> None:
    """Refuse a step that has to be explained and is not, or that has the faults that the caller has found.

    Raises
    ------
    InvalidInput
    """
    faults = [*also]
    if not reason.strip():
        faults.append({"in": "body", "field": "reason", "code": "missing", "message": "say why"})
    if faults:
        raise InvalidInput(errors=faults)
