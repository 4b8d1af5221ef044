"""A guest who stands at the desk and is put into a room at once: a booking of source DIRECT, already in house."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.services.actions import NOT_CLEAN
from api.services.actor import Actor
from api.services.arrivals import check_in
from api.services.assign import assign_room
from api.services.clock import SYSTEM_CLOCK, Clock
from api.services.errors import NotFound
from api.services.newbooking import create_booking
from api.services.pins import Pin
from models import Booking, BookingSource, Hotel, Room, RoomType


def add_guest(
    session: Session,
    hotel: Hotel,
    room_number: str,
    guest: Mapping[str, str],
    values: Mapping[str, Any],
    pin: Pin,
    *,
    override: Mapping[str, str] | None = None,
    actor: Actor,
    clock: Clock = SYSTEM_CLOCK,
) -> Booking:
    """Make a booking from the hotel's day on, give it the room and check the guest in, in one transaction.

    Parameters
    ----------
    session
        Under the hotel lock (`change_hotel`).
    values
        Fields as of `bookingdata.resolve`, without ``check_in``; the room's own type unless ``room_type`` is there.
    pin
        Of the door; made before the lock was taken.
    override
        Reason by rule, as `assign_room` and `check_in` take it. A booking that is only now made has one version.

    Raises
    ------
    NotFound
        If there is no such room.
    RuleBroken, WrongState, InvalidInput, Forbidden
    """
    code = session.scalar(
        select(RoomType.code)
        .join(Room, (Room.hotel_id == RoomType.hotel_id) & (Room.room_type_id == RoomType.id))
        .where(Room.hotel_id == hotel.id, Room.number == room_number)
    )
    if code is None:
        raise NotFound
    override = dict(override or {})
    given = {"room_type": code, **values, "check_in": hotel.business_date}
    booking = create_booking(session, hotel, guest, given, source=BookingSource.DIRECT, actor=actor, clock=clock)
    dirty = {rule: reason for rule, reason in override.items() if rule == NOT_CLEAN}
    misfit = {rule: reason for rule, reason in override.items() if rule != NOT_CLEAN}
    assigned = assign_room(
        session,
        hotel,
        booking.booking_id,
        room_number,
        actor=actor,
        override=misfit,
        if_version=booking.version,
        clock=clock,
    )
    return check_in(
        session,
        hotel,
        booking.booking_id,
        pin,
        actor=actor,
        override=dirty,
        if_version=assigned.booking.version,
        clock=clock,
    )
