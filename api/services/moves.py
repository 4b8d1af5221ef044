"""Changing rooms: a guest in house moves to another one, and two bookings that are to come swap theirs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from api.services.actions import NOT_CLEAN, require
from api.services.actor import Actor
from api.services.arrivals import not_clean
from api.services.clock import SYSTEM_CLOCK, Clock, local_now
from api.services.errors import InvalidInput, WrongState
from api.services.housekeeping import are_clean, request_cleaning
from api.services.overrides import require_override
from api.services.periods import MINUTE
from api.services.pins import pin_columns
from api.services.placing import Placing, allowed, tell_beds, tell_room, write_rooms
from api.services.rivals import guest_in
from api.services.roomcheck import OVERRIDABLE, Judged, judge_room
from api.services.stays import find_stay, number_of, retime, rooms_of
from api.services.steps import require_reason, standing_of
from models import Booking, Hotel, Occupancy, bump_version


def move_room(
    session: Session,
    hotel: Hotel,
    booking_id: str,
    room_number: str,
    *,
    reason: str,
    actor: Actor,
    override: Mapping[str, str] | None = None,
    if_version: int | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Booking:
    """Move a guest in house to another room from this moment; the room left is dirty, and the PIN is dead.

    Parameters
    ----------
    session
        Under the hotel lock (`change_hotel`).
    override
        Reason by rule, of `OVERRIDABLE` and ``not_clean``.

    Raises
    ------
    RuleBroken
        With the rule, the rival and what would make it possible.
    WrongState
        If the guest is not in house, the stay's time is over, or it is the room they are in.
    InvalidInput, StaleVersion, VersionRequired, Forbidden, NotFound
    """
    require_reason(reason)
    override = dict(override or {})
    require_override(actor, override, if_version, (*OVERRIDABLE, NOT_CLEAN))
    booking, row = find_stay(session, hotel, booking_id, if_version)
    standing = standing_of(session, hotel, booking, row)
    require("move_room", standing)
    assert row is not None  # `require` asks for a room
    now = local_now(clock, hotel)
    moment = max(now, row.starts_at + MINUTE)
    if row.ends_at <= moment:
        raise WrongState(
            f"{booking_id} has its room until {row.ends_at:%Y-%m-%d %H:%M} only: extend it first.",
            state=booking.status.value,
            reasons=["period_over"],
        )
    judged = _judged(session, hotel, booking, row, room_number, moment)
    overridden = allowed(judged, override)
    rooms = [judged.room.id, *judged.room.parts]
    place = Occupancy(hotel_id=hotel.id, room_id=judged.room.id, bed=judged.bed or 1, booking_pk=booking.id)
    if (guest := guest_in(session, place, rooms)) is not None:
        raise guest
    if not are_clean(session, hotel, rooms):
        if NOT_CLEAN not in override:
            raise not_clean(room_number)
        overridden[NOT_CLEAN] = override[NOT_CLEAN]
    before, left = standing.room, rooms_of(session, row)
    retime(session, row, ends_at=moment, locked=False)
    placing = Placing(booking, None, judged, overridden, reason, locked=True)
    write_rooms(session, hotel, [placing], actor=actor, now=clock.now())
    for name, value in pin_columns(None, clock).items():
        setattr(booking, name, value)
    _changed(session, booking, clock)
    bump_version(session, hotel.id)
    tell_room(
        session, hotel, booking, before, room_number, overridden=overridden, notes=reason, actor=actor, clock=clock
    )
    tell_beds(session, hotel, judged, actor=actor, clock=clock)
    request_cleaning(session, hotel, left, f"{booking_id}:{booking.version}", actor=actor, clock=clock)
    return booking


def swap_rooms(
    session: Session,
    hotel: Hotel,
    booking_id: str,
    other_id: str,
    *,
    reason: str = "",
    actor: Actor,
    if_version: int | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> tuple[Booking, Booking]:
    """Let two bookings that are to come change their rooms with each other, each for its own dates.

    Raises
    ------
    RuleBroken
        If either must keep its room, or does not fit the other's.
    WrongState
        If one is not confirmed or has no room, or both have the same.
    InvalidInput, StaleVersion, NotFound
    """
    if booking_id == other_id:
        fault = {"in": "body", "field": "booking_id", "code": "same", "message": "name another booking"}
        raise InvalidInput(errors=[fault])
    sides = []
    for name, version in ((booking_id, if_version), (other_id, None)):
        booking, row = find_stay(session, hotel, name, version)
        require("swap", standing_of(session, hotel, booking, row))
        assert row is not None  # `require` asks for a room
        sides.append((booking, row, number_of(session, row)))
    (first, row, number), (second, other_row, other_number) = sides
    if number == other_number:
        raise WrongState(f"Both are in {number}.", state=first.status.value, reasons=["same_room"])
    placings = []
    for booking, mine, theirs, target in ((first, row, other_row, other_number), (second, other_row, row, number)):
        judged = judge_room(session, hotel, booking, mine, target, leaving=[theirs.id])
        assert judged is not None  # somebody is in it
        placings.append(Placing(booking, mine, judged, allowed(judged, {}), reason))
    write_rooms(session, hotel, placings, actor=actor, now=clock.now())
    for booking, before, after in ((first, number, other_number), (second, other_number, number)):
        _changed(session, booking, clock)
        tell_room(session, hotel, booking, before, after, notes=reason, actor=actor, clock=clock)
    bump_version(session, hotel.id)
    for placing in placings:
        tell_beds(session, hotel, placing.judged, actor=actor, clock=clock)
    return first, second


def _judged(session: Session, hotel: Hotel, booking: Booking, row: Occupancy, number: str, moment: datetime) -> Judged:
    """Judge the rest of a stay in another room; being in house is no reason to stay in the old one."""
    judged = judge_room(session, hotel, booking, row, number, period=(moment, row.ends_at))
    if judged is None:
        fault = {"in": "body", "field": "room_number", "code": "unknown", "message": f"there is no room {number}"}
        raise InvalidInput(errors=[fault])
    if judged.room.id == row.room_id:
        raise WrongState(
            f"{booking.booking_id} is in {number} already.", state=booking.status.value, reasons=["same_room"]
        )
    if booking.locked:
        return judged
    return replace(judged, broken=tuple(broken for broken in judged.broken if broken.rule != "locked"))


def _changed(session: Session, booking: Booking, clock: Clock) -> None:
    booking.version, booking.updated_at = booking.version + 1, clock.now()
    session.flush()
