"""The PIN of a guest's door: six digits, told once, kept as a slow salted hash, dead with the stay or after 5 tries."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any, Final

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from api.services.actions import require
from api.services.actor import Actor
from api.services.clock import SYSTEM_CLOCK, Clock
from api.services.stays import find_booking, find_stay
from api.services.steps import standing_of
from api.services.transaction import change_hotel
from models import Booking, Hotel, HotelSession
from models.auditing import record

DIGITS: Final = 6
TRIES: Final = 5
"""Wrong tries after which a PIN opens nothing any more, whoever knows it."""

# 19 MB and some 20 ms: a million guesses at one stolen hash take hours, and fifty arrivals at once a second.
_HASHES: Final = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19_456, parallelism=1),))


@dataclass(frozen=True, slots=True)
class Pin:
    """A new PIN: its digits, to be told once and never kept, and what is kept."""

    digits: str = field(repr=False)
    hashed: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PinCheck:
    """Whether the digits are right, and how many wrong ones are still borne."""

    valid: bool
    tries_left: int

    @property
    def locked(self) -> bool:
        """Whether only a new PIN helps."""
        return self.tries_left == 0 and not self.valid


def new_pin() -> Pin:
    """Draw a PIN. Hashing takes its time: call it before the hotel lock is taken."""
    digits = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    return Pin(digits, _HASHES.hash(digits))


def pin_columns(pin: Pin | None, clock: Clock) -> dict[str, Any]:
    """Return the columns of a booking with this PIN, or with none."""
    if pin is None:
        return {"pin_hash": None, "pin_tries": 0, "pin_issued_at": None}
    return {"pin_hash": pin.hashed, "pin_tries": 0, "pin_issued_at": clock.now()}


def issue_pin(
    session: Session,
    hotel: Hotel,
    booking_id: str,
    pin: Pin,
    *,
    actor: Actor,
    reason: str = "",
    if_version: int | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Booking:
    """Give a guest in house another PIN; the one before opens nothing from this moment.

    Raises
    ------
    WrongState
        If the guest is not in house.
    StaleVersion, NotFound
    """
    booking, row = find_stay(session, hotel, booking_id, if_version)
    require("new_pin", standing_of(session, hotel, booking, row))
    had = booking.pin_hash is not None
    for name, value in pin_columns(pin, clock).items():
        setattr(booking, name, value)
    booking.version, booking.updated_at = booking.version + 1, clock.now()
    session.flush()
    record(
        session,
        hotel_id=hotel.id,
        actor=str(actor),
        action="booking.pin_issued",
        subject=f"booking:{booking_id}",
        before={"pin": had},
        after={"pin": True},
        reason=reason or None,
        at=clock.now(),
    )
    return booking


def verify_pin(
    engine: Engine, hotel_id: int, booking_id: str, digits: str, *, actor: Actor, clock: Clock = SYSTEM_CLOCK
) -> PinCheck:
    """Tell a door whether the digits are a booking's PIN.

    A try is counted before the digits are looked at and given back if they are right. So many at once learn no more
    than five one after another, and the slow comparison holds no lock.

    Raises
    ------
    NotFound
        If there is no such booking.
    """

    def claim(session: HotelSession, hotel: Hotel) -> tuple[str | None, int]:
        booking = find_booking(session, hotel, booking_id)
        if booking.pin_hash is None or booking.pin_tries >= TRIES:
            return None, booking.pin_tries
        booking.pin_tries += 1
        return booking.pin_hash, booking.pin_tries

    hashed, tries = change_hotel(engine, hotel_id, claim)
    if hashed is None:
        return PinCheck(valid=False, tries_left=max(0, TRIES - tries))
    if _HASHES.verify(digits, hashed):
        return change_hotel(engine, hotel_id, lambda s, h: _right(s, h, booking_id, hashed))
    if tries == TRIES:
        change_hotel(engine, hotel_id, lambda s, h: _locked(s, h, booking_id, actor, clock))
    return PinCheck(valid=False, tries_left=TRIES - tries)


def _right(session: HotelSession, hotel: Hotel, booking_id: str, hashed: str) -> PinCheck:
    """Give the tries back, unless the PIN has died meanwhile: then the digits were right a moment too late."""
    changed = session.execute(
        update(Booking)
        .where(Booking.hotel_id == hotel.id, Booking.booking_id == booking_id, Booking.pin_hash == hashed)
        .values(pin_tries=0)
        .returning(Booking.id)
    ).all()
    return PinCheck(valid=bool(changed), tries_left=TRIES)


def _locked(session: HotelSession, hotel: Hotel, booking_id: str, actor: Actor, clock: Clock) -> None:
    record(
        session,
        hotel_id=hotel.id,
        actor=str(actor),
        action="pin.locked",
        subject=f"pin:{booking_id}",
        after={"tries": TRIES},
        at=clock.now(),
    )
