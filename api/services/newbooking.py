"""Making a booking: what staff, a guest and the desk have in common. Whether the hotel can hold it, the caller asks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.services.actor import Actor
from api.services.booking_ids import draw_booking_id, draw_confirmation_number
from api.services.bookingdata import GUEST_FIELDS, resolve
from api.services.clock import SYSTEM_CLOCK, Clock
from api.services.expiry import limit_faults, no_limit_needed
from api.services.periods import nights_charged
from api.services.steps import tell_confirmed
from models import Booking, BookingSource, BookingStatus, Guest, Hotel, bump_version, emit
from models.auditing import record

TOLD: Final = ("check_in", "check_out", "adults", "children", "priority")
"""Fields that the audit repeats: nothing of the guest, no free text."""


def create_booking(
    session: Session,
    hotel: Hotel,
    guest: Mapping[str, str],
    values: Mapping[str, Any],
    *,
    status: BookingStatus = BookingStatus.CONFIRMED,
    source: BookingSource = BookingSource.MANUAL,
    pay_until: datetime | None = None,
    actor: Actor,
    clock: Clock = SYSTEM_CLOCK,
) -> Booking:
    """Make a booking with a guest of its own and return it; it has no room.

    Parameters
    ----------
    session
        Under the hotel lock (`change_hotel`).
    guest
        Some of `bookingdata.GUEST_FIELDS`.
    values
        Fields as of `bookingdata.resolve`. Without ``total_amount`` the price is the type's rate for each night.
    status
        CONFIRMED, or PENDING_PAYMENT.
    pay_until
        When it is to end if it is unpaid (`expiry.end_in_time` sees to that); never if not given.

    Raises
    ------
    InvalidInput
        With every fault, dates that are over among them.
    """
    waits = status == BookingStatus.PENDING_PAYMENT
    limit = limit_faults(pay_until, clock) if waits or pay_until is None else no_limit_needed()
    resolved = resolve(session, hotel, values, also=limit)
    columns = dict(resolved.columns)
    nights = nights_charged(values["check_in"], values["check_out"])
    columns.setdefault("total_minor", resolved.room_type.rate_minor * nights)
    now = clock.now()
    person = Guest(
        hotel_id=hotel.id, created_at=now, updated_at=now, **{name: guest.get(name, "") for name in GUEST_FIELDS}
    )
    session.add(person)
    session.flush()
    booking = Booking(
        hotel_id=hotel.id,
        booking_id=_unused_id(session, hotel, values["check_in"].year),
        confirmation_number=draw_confirmation_number(values["check_in"].year),
        status=status,
        source=source,
        guest_id=person.id,
        currency=hotel.currency,
        created_at=now,
        created_by=actor.staff_id,
        updated_at=now,
        expires_at=pay_until,
        version=1,
        **columns,
    )
    if status == BookingStatus.CONFIRMED:
        booking.confirmed_at, booking.confirmed_by = now, actor.staff_id
    session.add(booking)
    session.flush()
    bump_version(session, hotel.id)
    told = {name: getattr(booking, name) for name in TOLD}
    record(
        session,
        hotel_id=hotel.id,
        actor=str(actor),
        action="booking.created",
        subject=f"booking:{booking.booking_id}",
        after={
            "status": status.value,
            "source": source.value,
            "room_type": resolved.room_type.code,
            **{name: value if isinstance(value, int) else value.isoformat() for name, value in told.items()},
        },
        at=now,
    )
    name = f"booking.created:{booking.booking_id}"
    emit(session, hotel.id, "booking.created", {"booking_id": booking.booking_id}, name)
    # Who stands at the desk is checked in at once, and told so: that says it all.
    if status == BookingStatus.CONFIRMED and source != BookingSource.DIRECT:
        tell_confirmed(session, booking)
    return booking


def _unused_id(session: Session, hotel: Hotel, year: int) -> str:
    """Draw a booking id that the hotel has not given out; under its lock nobody else draws."""
    while True:
        drawn = draw_booking_id(year)
        taken = select(Booking.id).where(Booking.hotel_id == hotel.id, Booking.booking_id == drawn)
        if session.scalar(taken) is None:
            return drawn
