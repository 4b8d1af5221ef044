"""The life of a booking: confirmed, cancelled, not shown up, taken up again. Arrival and departure: `arrivals`.

Every step is a compare-and-swap on (status, version) with one audit entry and one event in the same transaction, so
however many ask at once, it happens once. Mail and webhooks listen to the events; their failure undoes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from api.services.actions import Standing, require
from api.services.actor import Actor
from api.services.clock import SYSTEM_CLOCK, Clock
from api.services.errors import InvalidInput, WrongState
from api.services.stays import READY, find_stay, free_room, rooms_of
from models import Booking, BookingStatus, Hotel, Occupancy, OccupancyKind, Room, bump_version, emit
from models.auditing import record


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment that confirms a booking: by whom it was taken, its name there, and when."""

    provider: str
    reference: str
    at: datetime


def confirm_booking(
    session: Session,
    hotel: Hotel,
    booking_id: str,
    *,
    actor: Actor,
    reason: str = "",
    payment: Payment | None = None,
    if_version: int | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Booking:
    """Confirm a booking that waits for its payment, on the payment or on somebody's word.

    Parameters
    ----------
    session
        Under the hotel lock (`change_hotel`), as for every step here.

    Raises
    ------
    WrongState
        If it does not wait for its payment.
    StaleVersion, NotFound
    """
    booking, row = find_stay(session, hotel, booking_id, if_version)
    require("confirm", standing_of(session, hotel, booking, row))
    columns: dict[str, Any] = {"confirmed_at": clock.now(), "confirmed_by": actor.staff_id}
    if payment is not None:
        columns |= {
            "payment_provider": payment.provider,
            "payment_reference": payment.reference,
            "paid_at": payment.at,
        }
    return step(
        session,
        hotel,
        booking,
        BookingStatus.CONFIRMED,
        "booking.confirmed",
        actor=actor,
        clock=clock,
        reason=reason,
        columns=columns,
    )


def cancel_booking(
    session: Session,
    hotel: Hotel,
    booking_id: str,
    *,
    actor: Actor,
    reason: str = "",
    if_version: int | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Booking:
    """Cancel a booking that has not arrived; its room, locked or not, is free from this moment.

    Raises
    ------
    WrongState, StaleVersion, NotFound
    """
    booking, row = find_stay(session, hotel, booking_id, if_version)
    standing = standing_of(session, hotel, booking, row)
    require("cancel", standing)
    columns = {"cancelled_at": clock.now(), "cancelled_by": actor.staff_id, "cancel_reason": reason}
    return _left(session, hotel, standing, row, BookingStatus.CANCELLED, "booking.cancelled", actor, clock, columns)


def mark_no_show(
    session: Session,
    hotel: Hotel,
    booking_id: str,
    *,
    actor: Actor,
    reason: str = "",
    if_version: int | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Booking:
    """Say that a guest did not come, from the day of arrival on; the room is free from this moment.

    Raises
    ------
    WrongState, StaleVersion, NotFound
    """
    booking, row = find_stay(session, hotel, booking_id, if_version)
    standing = standing_of(session, hotel, booking, row)
    require("no_show", standing)
    columns = {"no_show_at": clock.now(), "no_show_by": actor.staff_id}
    return _left(
        session, hotel, standing, row, BookingStatus.NO_SHOW, "booking.no_show", actor, clock, columns, reason=reason
    )


def reinstate_booking(
    session: Session,
    hotel: Hotel,
    booking_id: str,
    *,
    actor: Actor,
    reason: str,
    if_version: int | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Booking:
    """Take a cancelled or missed booking up again, as what it was: confirmed, or waiting for its payment.

    It has no room then: the former one may be somebody else's. The next run, or a person, gives it one.

    Raises
    ------
    InvalidInput
        If no reason is given.
    WrongState
        Also if its dates are over.
    StaleVersion, NotFound
    """
    require_reason(reason)
    booking, row = find_stay(session, hotel, booking_id, if_version)
    require("reinstate", standing_of(session, hotel, booking, row))
    # Who did not show up had a confirmed booking, however it was brought in.
    was_confirmed = booking.confirmed_at is not None or booking.status == BookingStatus.NO_SHOW
    return step(
        session,
        hotel,
        booking,
        BookingStatus.CONFIRMED if was_confirmed else BookingStatus.PENDING_PAYMENT,
        "booking.reinstated",
        actor=actor,
        clock=clock,
        reason=reason,
        columns={
            "reinstated_at": clock.now(),
            "reinstated_by": actor.staff_id,
            "cancelled_at": None,
            "cancelled_by": None,
            "cancel_reason": "",
            "no_show_at": None,
            "no_show_by": None,
        },
    )


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


def require_reason(reason: str) -> None:
    """Refuse a step that has to be explained and is not.

    Raises
    ------
    InvalidInput
    """
    if not reason.strip():
        fault = {"in": "body", "field": "reason", "code": "missing", "message": "say why"}
        raise InvalidInput(errors=[fault])


def _left(
    session: Session,
    hotel: Hotel,
    standing: Standing,
    row: Occupancy | None,
    status: BookingStatus,
    event: str,
    actor: Actor,
    clock: Clock,
    columns: Mapping[str, Any],
    reason: str = "",
) -> Booking:
    """Take a step after which nobody will come, and give the room up."""
    booking, room = standing.booking, standing.room
    if row is not None:
        free_room(session, row, clock.now(), reason=event, staff_id=actor.staff_id)
    booking = step(
        session,
        hotel,
        booking,
        status,
        event,
        actor=actor,
        clock=clock,
        reason=reason or columns.get("cancel_reason", ""),
        columns=columns,
        before=None if room is None else {"room": room},
        after=None if room is None else {"room": None},
        payload=None if room is None else {"room": room},
    )
    if room is not None:
        name = f"room.unassigned:{booking.booking_id}:{booking.version}"
        emit(session, hotel.id, "room.unassigned", {"booking_id": booking.booking_id, "room": room}, name)
    return booking
