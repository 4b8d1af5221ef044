"""A person gives a room to a booking, takes it away, or says that it must be kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from api.services.actions import VERBS
from api.services.actor import Actor
from api.services.clock import SYSTEM_CLOCK, Clock
from api.services.errors import (
    InvalidInput,
    RuleBroken,
    WrongState,
)
from api.services.overrides import require_override
from api.services.placing import Placing, allowed, tell_beds, tell_room, write_rooms
from api.services.roomcheck import OVERRIDABLE, judge_room
from api.services.stays import find_booking, find_stay, number_of
from api.services.writing import live_rows, release_rows
from models import (
    Booking,
    BookingStatus,
    Hotel,
    bump_version,
)
from models.auditing import record


@dataclass(frozen=True, slots=True)
class Assigned:
    """What came of giving a room.

    Attributes
    ----------
    before
        Number of the room it had, if any.
    overridden
        The rules broken by name, with the reasons given.
    changed
        False if the booking had this very room already.
    """

    booking: Booking
    room: str
    bed: int
    before: str | None
    warnings: tuple[str, ...]
    overridden: Mapping[str, str]
    changed: bool


def assign_room(
    session: Session,
    hotel: Hotel,
    booking_id: str,
    room_number: str,
    *,
    actor: Actor,
    notes: str = "",
    lock: bool = False,
    override: Mapping[str, str] | None = None,
    if_version: int | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Assigned:
    """Give a room to a booking that has not arrived; a room it has already is given up for it.

    Parameters
    ----------
    session
        Under the hotel lock (`change_hotel`).
    lock
        Also say that the room must be kept.
    override
        Reason by rule, for those of `OVERRIDABLE` that may be broken; rules that are not broken are ignored. Where a
        rule is broken by name, no run moves the stay any more.
    if_version
        The booking's version that the caller decided on.

    Raises
    ------
    RuleBroken
        With the rule, the rival, the room and what would make it possible; `RoomTaken` and `RoomClosed` are two of
        its kinds.
    WrongState
        If the booking is over, or neither confirmed nor waiting for its first room in house.
    StaleVersion, VersionRequired, Forbidden, InvalidInput, NotFound
    """
    booking, row = find_stay(session, hotel, booking_id, if_version)
    override = dict(override or {})
    require_override(actor, override, if_version, OVERRIDABLE)
    if booking.status == BookingStatus.CHECKED_IN and row is not None:
        raise WrongState(
            f"{booking_id} is in house: moving a guest is a room move, with a reason.", state=booking.status.value
        )
    if booking.status not in (BookingStatus.CONFIRMED, BookingStatus.CHECKED_IN):
        raise WrongState(f"{booking_id} is {booking.status}.", state=booking.status.value)

    if booking.check_out < hotel.business_date:
        raise WrongState(f"{booking_id} ended on {booking.check_out}.", state=booking.status.value)

    judged = judge_room(session, hotel, booking, row, room_number)
    if judged is None:
        fault = {"field": "room_number", "message": f"there is no room {room_number}"}
        raise InvalidInput(f"There is no room {room_number}.", errors=[fault])
    if row is not None and row.room_id == judged.room.id:
        if lock and not booking.locked:
            _lock(session, hotel, booking, actor, notes, clock.now())
        return Assigned(booking, room_number, row.bed, room_number, judged.warnings, {}, changed=False)

    overridden = allowed(judged, override)
    before = None if row is None else number_of(session, row)
    placing = Placing(booking, row, judged, overridden, notes, locked=row is not None and row.locked)
    write_rooms(session, hotel, [placing], actor=actor, now=clock.now())
    booking.version += 1
    booking.updated_at = clock.now()
    session.flush()
    bump_version(session, hotel.id)
    tell_room(
        session,
        hotel,
        booking,
        before,
        room_number,
        overridden=overridden,
        notes=notes,
        actor=actor,
        clock=clock,
    )
    if lock and not booking.locked:
        _lock(session, hotel, booking, actor, notes, clock.now())
    tell_beds(session, hotel, judged, actor=actor, clock=clock)
    return Assigned(booking, room_number, judged.bed or 1, before, judged.warnings, overridden, changed=True)


def unassign_room(
    session: Session,
    hotel: Hotel,
    booking_id: str,
    *,
    actor: Actor,
    reason: str = "",
    if_version: int | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Booking:
    """Take the room of a confirmed booking away; a locked one is unlocked first.

    Raises
    ------
    RuleBroken
        If the booking must keep its room.
    WrongState
        If the booking has no room, or is not confirmed.
    StaleVersion, NotFound
    """
    booking, row = find_stay(session, hotel, booking_id, if_version)
    if booking.status != BookingStatus.CONFIRMED:
        raise WrongState(f"{booking_id} is {booking.status}.", state=booking.status.value)
    if row is None:
        raise WrongState(f"{booking_id} has no room.", state=booking.status.value)
    number = number_of(session, row)
    if booking.locked:
        raise RuleBroken(
            f"{booking_id} must keep its room: {booking.lock_reason or 'locked'}",
            rule="locked",
            room=number,
            booking_id=booking_id,
            remedy="unlock it first",
        )
    held = live_rows(session, hotel.id, "id = :id OR parent_id = :id", id=row.id)
    release_rows(session, hotel.id, held, clock.now(), reason=reason or "unassigned", staff_id=actor.staff_id)
    booking.version += 1
    booking.updated_at = clock.now()
    session.flush()
    session.expire(row)
    bump_version(session, hotel.id)
    tell_room(session, hotel, booking, number, None, notes=reason, actor=actor, clock=clock)
    return booking


def lock_booking(
    session: Session,
    hotel: Hotel,
    booking_id: str,
    *,
    actor: Actor,
    reason: str = "",
    if_version: int | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Booking:
    """Say that a stay must keep its room; nothing happens if that is said already.

    Raises
    ------
    WrongState
        If it has no room to keep, or is over.
    StaleVersion, NotFound
    """
    booking, row = find_stay(session, hotel, booking_id, if_version)
    if row is None:
        raise WrongState(f"{booking_id} has no room to keep.", state=booking.status.value)
    if booking.status not in VERBS["lock"].states:
        raise WrongState(f"{booking_id} is {booking.status}.", state=booking.status.value)
    if not booking.locked:
        _lock(session, hotel, booking, actor, reason, clock.now())
    return booking


def unlock_booking(
    session: Session,
    hotel: Hotel,
    booking_id: str,
    *,
    actor: Actor,
    reason: str = "",
    if_version: int | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Booking:
    """Say that a stay need no longer keep its room; nothing happens if it need not.

    Raises
    ------
    StaleVersion, NotFound
    """
    booking = find_booking(session, hotel, booking_id, if_version)
    if booking.locked:
        booking.locked, booking.lock_reason, booking.locked_by, booking.locked_at = False, "", None, None
        _changed(
            session, hotel, booking, actor, "booking.unlocked", {"locked": True}, {"locked": False}, reason, clock.now()
        )
    return booking


def _lock(session: Session, hotel: Hotel, booking: Booking, actor: Actor, reason: str, now: datetime) -> None:
    booking.locked, booking.lock_reason = True, reason or "asked for"
    booking.locked_by, booking.locked_at = actor.staff_id, now
    _changed(session, hotel, booking, actor, "booking.locked", {"locked": False}, {"locked": True}, reason, now)


def _changed(
    session: Session,
    hotel: Hotel,
    booking: Booking,
    actor: Actor,
    action: str,
    before: dict[str, Any],
    after: dict[str, Any],
    reason: str,
    now: datetime,
) -> None:
    """Write and record a change of the booking's row."""
    booking.version += 1
    booking.updated_at = now
    session.flush()
    bump_version(session, hotel.id)
    record(
        session,
        hotel_id=hotel.id,
        actor=str(actor),
        action=action,
        subject=f"booking:{booking.booking_id}",
        before=before,
        after=after,
        reason=reason or None,
        at=now,
    )
