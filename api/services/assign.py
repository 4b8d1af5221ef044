"""A person gives a room to a booking, takes it away, or says that it must be kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.services.actor import Actor
from api.services.clock import SYSTEM_CLOCK, Clock
from api.services.errors import (
    InvalidInput,
    RoomClosed,
    RoomTaken,
    RuleBroken,
    WrongState,
)
from api.services.overrides import require_override
from api.services.roomcheck import OVERRIDABLE, Broken, Judged, judge_room
from api.services.stays import find_booking, find_stay, number_of
from api.services.writing import NewRow, defer_constraints, insert_rows, live_rows, release_rows, settle
from models import (
    Booking,
    BookingStatus,
    Hotel,
    Occupancy,
    OccupancyKind,
    Origin,
    bump_version,
    emit,
)
from models.auditing import Change, record, record_many
from models.errors import EXCLUSION, sqlstate


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
        If the booking is neither confirmed nor waiting for its first room in house.
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

    judged = judge_room(session, hotel, booking, row, room_number)
    if judged is None:
        fault = {"field": "room_number", "message": f"there is no room {room_number}"}
        raise InvalidInput(f"There is no room {room_number}.", errors=[fault])
    if row is not None and row.room_id == judged.room.id:
        if lock and not booking.locked:
            _lock(session, hotel, booking, actor, notes, clock.now())
        return Assigned(booking, room_number, row.bed, room_number, judged.warnings, {}, changed=False)

    forbidding = [broken for broken in judged.broken if broken.rule not in override or not broken.overridable]
    if forbidding or judged.bed is None:
        raise refusal(forbidding)
    overridden = {b.rule: override[b.rule] for b in judged.broken}
    before = None if row is None else number_of(session, row)
    bed = _write(session, hotel, booking, row, judged, overridden, notes, actor, clock.now())
    booking.version += 1
    booking.updated_at = clock.now()
    session.flush()
    bump_version(session, hotel.id)
    _tell(session, hotel, booking, before, room_number, overridden, notes, actor, clock)
    if lock and not booking.locked:
        _lock(session, hotel, booking, actor, notes, clock.now())
    record_many(
        session,
        hotel.id,
        [
            Change(str(actor), "bed.changed", f"occupancy:{other}", None, {"room": room_number, "bed": to})
            for other, to in judged.rebedded
        ],
        at=clock.now(),
    )
    return Assigned(booking, room_number, bed, before, judged.warnings, overridden, changed=True)


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
    _tell(session, hotel, booking, number, None, {}, reason, actor, clock)
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
        If it has no room to keep.
    StaleVersion, NotFound
    """
    booking, row = find_stay(session, hotel, booking_id, if_version)
    if row is None:
        raise WrongState(f"{booking_id} has no room to keep.", state=booking.status.value)
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


def refusal(broken: list[Broken]) -> RuleBroken:
    """Return the error that names the broken rules; its own data are those of the gravest."""
    gravest = min(broken, key=lambda b: (b.overridable, b.rule))
    kind = {"no_overlap": RoomTaken, "closed": RoomClosed}.get(gravest.rule, RuleBroken)
    return kind(
        gravest.message,
        rule=gravest.rule,
        room=gravest.room,
        booking_id=gravest.booking_id,
        closure_id=gravest.closure_id,
        remedy=gravest.remedy,
        overridable=gravest.overridable,
        broken=[b.plain() for b in broken],
    )


def _write(
    session: Session,
    hotel: Hotel,
    booking: Booking,
    row: Occupancy | None,
    judged: Judged,
    overridden: Mapping[str, str],
    notes: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Write the room; whoever is found there at the last moment is named like one found before."""
    bed = judged.bed or 1
    try:
        with session.begin_nested():
            defer_constraints(session)
            for occupancy_id, other in judged.rebedded:
                neighbour = session.get_one(Occupancy, (hotel.id, occupancy_id))
                neighbour.bed, neighbour.version = other, neighbour.version + 1
            if row is None:
                row = Occupancy(
                    hotel_id=hotel.id,
                    booking_pk=booking.id,
                    kind=OccupancyKind.STAY,
                    starts_at=judged.starts_at,
                    ends_at=judged.ends_at,
                    created_by=actor.staff_id,
                    created_at=now,
                    version=1,
                )
                session.add(row)
            else:
                held = live_rows(session, hotel.id, "kind = 'HOLD' AND parent_id = :id", id=row.id)
                release_rows(session, hotel.id, held, now, reason="room changed", staff_id=actor.staff_id)
                row.version += 1
            row.room_id, row.bed, row.origin, row.run_id = judged.room.id, bed, Origin.STAFF, None
            row.notes, row.overrides = notes, dict(overridden)
            row.overridden_by = actor.staff_id if overridden else None
            row.overridden_at = now if overridden else None
            session.flush()
            parts = [
                NewRow(part, place, row.starts_at, row.ends_at, booking.id, row.id)
                for part in judged.room.parts
                for place in range(1, judged.house.facts[judged.house.number_of[part]].beds + 1)
            ]
            insert_rows(session, hotel.id, parts, now, origin=Origin.STAFF, staff_id=actor.staff_id)
            settle(session)
    except IntegrityError as error:
        if sqlstate(error) != EXCLUSION:
            raise
        again = judge_room(session, hotel, booking, None, judged.room.number)
        rivals = [b for b in again.broken if b.rule in ("no_overlap", "closed")] if again is not None else []
        raise (refusal(rivals) if rivals else RoomTaken(room=judged.room.number)) from error
    return bed


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


def _tell(
    session: Session,
    hotel: Hotel,
    booking: Booking,
    before: str | None,
    after: str | None,
    overridden: Mapping[str, str],
    notes: str,
    actor: Actor,
    clock: Clock,
) -> None:
    """Write the audit entry and the event of a changed room."""
    event = "room.moved" if before and after else "room.assigned" if after else "room.unassigned"
    told: dict[str, Any] = {"room": after}
    if overridden:
        told["overridden"] = sorted(overridden)
    reasons = [f"{rule}: {reason}" for rule, reason in overridden.items()]
    reason = "; ".join([*([notes] if notes else []), *reasons])
    record(
        session,
        hotel_id=hotel.id,
        actor=str(actor),
        action=event,
        subject=f"booking:{booking.booking_id}",
        before=None if before is None else {"room": before},
        after=None if after is None else told,
        reason=reason or None,
        at=clock.now(),
    )
    payload: dict[str, Any] = {"booking_id": booking.booking_id}
    if event == "room.moved":
        payload |= {"from": before, "to": after, "reason": "staff"}
    else:
        payload["room"] = after or before
    emit(session, hotel.id, event, payload, f"{event}:{booking.booking_id}:{booking.version}")
