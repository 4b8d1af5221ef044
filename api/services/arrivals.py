"""Checking in and out, and taking either back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from api.services.actions import NOT_CLEAN, OCCUPIED, Standing, require
from api.services.actor import Actor
from api.services.clock import SYSTEM_CLOCK, Clock, local_now
from api.services.errors import RuleBroken, WrongState
from api.services.housekeeping import request_cleaning
from api.services.overrides import require_override
from api.services.periods import MIDNIGHT, MINUTE, occupancy_period
from api.services.pins import Pin, pin_columns
from api.services.rivals import guest_in, rival_in
from api.services.stays import find_stay, retime, rooms_of
from api.services.steps import require_reason, standing_of, step
from models import Booking, BookingStatus, Hotel, Occupancy


def check_in(
    session: Session,
    hotel: Hotel,
    booking_id: str,
    pin: Pin,
    *,
    actor: Actor,
    override: Mapping[str, str] | None = None,
    reason: str = "",
    if_version: int | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Booking:
    """Let a guest into the room: confirmed, on a day of the stay, the room clean and nobody in it.

    A guest who comes early takes the room from now on, if it is free until the stay begins; one who comes late has
    had it since. From now on no run moves the stay.

    Parameters
    ----------
    session
        Under the hotel lock (`change_hotel`).
    pin
        Of the door; made before the lock was taken.
    override
        ``not_clean`` with a reason: the guest goes into a room that is not ready.

    Raises
    ------
    WrongState
        With the reasons.
    RoomTaken, RoomClosed
        If somebody is still in the room, or it is not free between now and the stay's beginning.
    RuleBroken
        If it is not clean.
    InvalidInput, VersionRequired, Forbidden, StaleVersion, NotFound
    """
    override = dict(override or {})
    standing, row = require_check_in(session, hotel, booking_id, actor=actor, override=override, if_version=if_version)
    booking = standing.booking
    assert row is not None  # `require` asks for a room
    assert standing.room is not None
    now = local_now(clock, hotel)
    if row.ends_at <= now:
        raise WrongState(
            f"{booking_id} has its room until {row.ends_at:%Y-%m-%d %H:%M}, it is {now:%Y-%m-%d %H:%M} now: extend it.",
            state=booking.status.value,
            reasons=["period_over"],
        )
    rooms = rooms_of(session, row)
    if (guest := guest_in(session, row, rooms)) is not None:
        raise guest
    if not standing.clean and NOT_CLEAN not in override:
        raise not_clean(standing.room)
    # Not before the booking's first day, whatever the clock says: its room is not its own then.
    early = max(now, datetime.combine(booking.check_in, MIDNIGHT))
    _take_over(session, row, rooms, early, row.starts_at)
    retime(session, row, starts_at=min(early, row.starts_at), locked=True)
    told = {} if standing.clean else {"overridden": [NOT_CLEAN]}
    why = [reason, *([] if standing.clean else [f"{NOT_CLEAN}: {override[NOT_CLEAN]}"])]
    return step(
        session,
        hotel,
        booking,
        BookingStatus.CHECKED_IN,
        "booking.checked_in",
        actor=actor,
        clock=clock,
        reason="; ".join(filter(None, why)),
        columns={"checked_in_at": clock.now(), "checked_in_by": actor.staff_id, **pin_columns(pin, clock)},
        after={"room": standing.room, **told},
        payload={"room": standing.room},
    )


def require_check_in(
    session: Session,
    hotel: Hotel,
    booking_id: str,
    *,
    actor: Actor,
    override: Mapping[str, str],
    if_version: int | None,
) -> tuple[Standing, Occupancy | None]:
    """Refuse a check-in for the booking's state; return that and the row of its room, which is not looked at yet.

    Also without the hotel lock: a refusal is true of what was committed, and spares the making of a PIN.

    Raises
    ------
    WrongState, InvalidInput, VersionRequired, Forbidden, StaleVersion, NotFound
        As `check_in`.
    """
    require_override(actor, override, if_version, (NOT_CLEAN,))
    booking, row = find_stay(session, hotel, booking_id, if_version)
    standing = standing_of(session, hotel, booking, row)
    require("check_in", standing, except_for=(NOT_CLEAN, OCCUPIED))
    return standing, row


def undo_check_in(
    session: Session,
    hotel: Hotel,
    booking_id: str,
    *,
    actor: Actor,
    reason: str,
    if_version: int | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Booking:
    """Take a check-in back: the booking is to come again, keeps its room for its own times, and the PIN is dead.

    Raises
    ------
    InvalidInput
        If no reason is given.
    WrongState
        If the guest is not in house, or has changed rooms there.
    StaleVersion, NotFound
    """
    require_reason(reason)
    booking, row = find_stay(session, hotel, booking_id, if_version)
    standing = standing_of(session, hotel, booking, row)
    require("undo_check_in", standing)
    if row is not None:
        planned, _ = occupancy_period(hotel, booking)
        came_early = row.starts_at < planned < row.ends_at
        retime(session, row, starts_at=planned if came_early else None, locked=False)
    return step(
        session,
        hotel,
        booking,
        BookingStatus.CONFIRMED,
        "booking.check_in_undone",
        actor=actor,
        clock=clock,
        reason=reason,
        columns={"checked_in_at": None, "checked_in_by": None, **pin_columns(None, clock)},
        after={"room": standing.room},
        payload={"room": standing.room},
    )


def check_out(
    session: Session,
    hotel: Hotel,
    booking_id: str,
    *,
    actor: Actor,
    reason: str = "",
    if_version: int | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Booking:
    """Let a guest go: the room is free from this moment and dirty, cleaning is asked for, and the PIN is dead.

    Who leaves later than booked has held the room no longer than it was theirs: what comes after may be another's.

    Raises
    ------
    WrongState, StaleVersion, NotFound
    """
    booking, row = find_stay(session, hotel, booking_id, if_version)
    standing = standing_of(session, hotel, booking, row)
    require("check_out", standing)
    rooms: list[int] = []
    if row is not None:
        rooms = rooms_of(session, row)
        # At least a minute, also where the clock was put back: an empty period would hold nothing.
        left_at = max(local_now(clock, hotel), row.starts_at + MINUTE)
        retime(session, row, ends_at=min(row.ends_at, left_at), locked=False)
    booking = step(
        session,
        hotel,
        booking,
        BookingStatus.COMPLETED,
        "booking.checked_out",
        actor=actor,
        clock=clock,
        reason=reason,
        columns={"checked_out_at": clock.now(), "checked_out_by": actor.staff_id, **pin_columns(None, clock)},
        after={"room": standing.room},
        payload={"room": standing.room},
    )
    request_cleaning(session, hotel, rooms, f"{booking_id}:{booking.version}", actor=actor, clock=clock)
    return booking


def undo_check_out(
    session: Session,
    hotel: Hotel,
    booking_id: str,
    *,
    actor: Actor,
    reason: str,
    if_version: int | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Booking:
    """Take a check-out back: the guest is in house again, in the same room until the booked end. There is no PIN yet.

    Raises
    ------
    InvalidInput
        If no reason is given.
    RoomTaken, RoomClosed
        If the room has been given away, or somebody has moved in.
    WrongState, StaleVersion, NotFound
    """
    require_reason(reason)
    booking, row = find_stay(session, hotel, booking_id, if_version)
    standing = standing_of(session, hotel, booking, row)
    require("undo_check_out", standing)
    assert row is not None  # `require` asks for a room
    rooms = rooms_of(session, row)
    if (guest := guest_in(session, row, rooms)) is not None:
        raise guest
    _, planned = occupancy_period(hotel, booking)
    _take_over(session, row, rooms, row.ends_at, planned)
    retime(session, row, ends_at=max(row.ends_at, planned), locked=True)
    return step(
        session,
        hotel,
        booking,
        BookingStatus.CHECKED_IN,
        "booking.check_out_undone",
        actor=actor,
        clock=clock,
        reason=reason,
        columns={"checked_out_at": None, "checked_out_by": None},
        after={"room": standing.room},
        payload={"room": standing.room},
    )


def _take_over(session: Session, row: Occupancy, rooms: list[int], starts_at: datetime, ends_at: datetime) -> None:
    """Refuse to take the rooms of an occupancy for a further period in which they are not free."""
    if starts_at >= ends_at:
        return
    rival = rival_in(session, row.hotel_id, rooms, starts_at, ends_at, leaving=[row.id], bed=row.bed)
    if rival is not None:
        raise rival


def not_clean(room: str) -> RuleBroken:
    """Return the refusal to put somebody into a room that is not clean."""
    return RuleBroken(
        f"{room} is not clean",
        rule=NOT_CLEAN,
        room=room,
        overridable=True,
        remedy=f"have it cleaned, or override {NOT_CLEAN} with a reason (needs can_override_rules)",
    )
