"""The life of a booking: confirmed, cancelled, not shown up, taken up again. Arrival and departure: `arrivals`.

Every step is one of `steps`: it happens once, with one audit entry and one event. Mail and webhooks listen to the
events; their failure undoes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from api.services.actions import Standing, require
from api.services.actor import Actor
from api.services.clock import SYSTEM_CLOCK, Clock
from api.services.errors import InvalidInput
from api.services.expiry import hotels_limit, limit_faults, no_limit_needed
from api.services.stays import find_stay, free_room
from api.services.steps import require_reason, standing_of, step, tell_confirmed
from models import Booking, BookingStatus, Hotel, Occupancy, emit


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
    pay_until: datetime | None = None,
    if_version: int | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Booking:
    """Take a cancelled or missed booking up again, as what it was: confirmed, or waiting for its payment.

    It has no room then: the former one may be somebody else's. The next run, or a person, gives it one. Its guest, who
    has been told that it is cancelled, is told that it is confirmed.

    Parameters
    ----------
    pay_until
        When it is to end if it is unpaid (`expiry.end_in_time` sees to that). If it had a limit and none is given, the
        hotel's limit counts from now.

    Raises
    ------
    InvalidInput
        If no reason is given, or a limit that cannot be.
    WrongState
        Also if its dates are over.
    StaleVersion, NotFound
    """
    require_reason(reason, also=limit_faults(pay_until, clock))
    booking, row = find_stay(session, hotel, booking_id, if_version)
    require("reinstate", standing_of(session, hotel, booking, row))
    was_cancelled = booking.status == BookingStatus.CANCELLED
    # Who did not show up had a confirmed booking, however it was brought in.
    was_confirmed = booking.confirmed_at is not None or not was_cancelled
    if was_confirmed and pay_until is not None:
        raise InvalidInput(errors=no_limit_needed())
    if booking.expires_at is not None and pay_until is None:
        pay_until = hotels_limit(hotel, clock)
    back = step(
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
            "expires_at": None if was_confirmed else pay_until,
        },
    )
    if was_cancelled and was_confirmed:
        tell_confirmed(session, back)
    return back


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
