"""Changing what a booking says, with an honest answer about its room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.services.actions import require
from api.services.actor import Actor
from api.services.bookingdata import GUEST_FIELDS, resolve
from api.services.clock import SYSTEM_CLOCK, Clock, local_now
from api.services.errors import RuleBroken, WrongState
from api.services.periods import occupancy_period
from api.services.placing import Placing, refusal, tell_beds, tell_event, write_rooms
from api.services.roomcheck import Broken, Judged, judge_room
from api.services.stays import find_stay, free_room, number_of
from api.services.steps import standing_of
from models import Booking, BookingStatus, Guest, Hotel, Occupancy, bump_version, emit
from models.auditing import record

ABOUT_THE_STAY: Final = frozenset(
    {"check_in", "check_out", "arrival_time", "departure_time", "adults", "children", "gender", "priority"}
    | {"room_type_id", "group_id", "needs", "wishes", "allowed_rooms"}
)
"""Columns that the allocator reads; who only corrects a name or a note may do so at any time."""

TIMES: Final = frozenset({"check_in", "check_out", "arrival_time", "departure_time"})

SAID: Final = ABOUT_THE_STAY - {"wishes", "allowed_rooms", "needs", "gender"} | {"total_minor"}
"""Columns whose values the audit repeats; of free text and of the guest it has only the names."""


class OnConflict(StrEnum):
    """What to do where the booking as changed cannot keep its room."""

    REFUSE = "refuse"
    RELEASE = "release"


class Outcome(StrEnum):
    """What became of the booking's room."""

    NONE = "none"
    KEPT = "kept"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Amended:
    """What came of a change.

    Attributes
    ----------
    fields
        What is different now, in the words of the request.
    room
        The room that the outcome is about.
    because
        Where the room is lost: every rule that the booking as changed would break in it.
    """

    booking: Booking
    fields: tuple[str, ...]
    outcome: Outcome
    room: str | None
    because: tuple[Broken, ...] = ()
    warnings: tuple[str, ...] = ()


def amend_booking(
    session: Session,
    hotel: Hotel,
    booking_id: str,
    values: Mapping[str, Any],
    *,
    guest: Mapping[str, str] | None = None,
    on_conflict: OnConflict = OnConflict.REFUSE,
    actor: Actor,
    reason: str = "",
    if_version: int | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Amended:
    """Change some of what a booking says, and keep its room for it if that can be.

    The price stays as it was agreed unless ``total_amount`` is among the values. A guest in house stays in the room
    and keeps the arrival; a later departure is held if the room is free.

    Parameters
    ----------
    session
        Under the hotel lock (`change_hotel`).
    values
        Fields as of `bookingdata.resolve`.
    guest
        Some of `bookingdata.GUEST_FIELDS`.
    on_conflict
        Whether a booking that can no longer have its room is left as it was, or changed without a room. A guest in
        house, and a booking that must keep its room, are never put out: that is refused.

    Raises
    ------
    RuleBroken
        If the booking as changed cannot keep its room, and may not do without.
    WrongState
        If the booking is over, and more than its guest or notes should change.
    InvalidInput, StaleVersion, NotFound
    """
    booking, row = find_stay(session, hotel, booking_id, if_version)
    resolved = resolve(session, hotel, values, booking)
    changed = {name: value for name, value in resolved.columns.items() if getattr(booking, name) != value}
    person = _correct_guest(session, booking, guest or {}, clock)
    if not changed and not person:
        return Amended(booking, (), _standing(row), None if row is None else number_of(session, row))
    if changed.keys() & (ABOUT_THE_STAY | {"total_minor"}):
        require("amend", standing_of(session, hotel, booking, row))
        _require_arrival(booking, changed)
    before = {name: getattr(booking, name) for name in changed}
    for name, value in changed.items():
        setattr(booking, name, value)
    session.flush()
    outcome, room = _standing(row), None if row is None else number_of(session, row)
    broken: tuple[Broken, ...] = ()
    judged: Judged | None = None
    if row is not None and room is not None and changed.keys() & ABOUT_THE_STAY:
        judged = _judge(session, hotel, booking, row, room, retimed=bool(changed.keys() & TIMES), clock=clock)
        broken = _against(booking, row, judged)
        if broken:
            _require_release(booking, broken, on_conflict)
            free_room(session, row, clock.now(), reason="booking changed", staff_id=actor.staff_id)
            outcome = Outcome.LOST
        elif (judged.starts_at, judged.ends_at) != (row.starts_at, row.ends_at):
            placing = Placing(booking, row, judged, row.overrides, row.notes, locked=row.locked)
            write_rooms(session, hotel, [placing], actor=actor, now=clock.now())
    booking.version, booking.updated_at = booking.version + 1, clock.now()
    session.flush()
    fields = tuple(sorted([_outside(name) for name in changed] + [f"guest.{name}" for name in person]))
    _tell(session, hotel, booking, fields, before, outcome, room, actor, reason, clock)
    if changed.keys() & ABOUT_THE_STAY:
        bump_version(session, hotel.id)
    if judged is not None and outcome == Outcome.KEPT:
        tell_beds(session, hotel, judged, actor=actor, clock=clock)
    if outcome == Outcome.LOST:
        tell_event(session, hotel, booking, room, None)
    return Amended(booking, fields, outcome, room, broken, judged.warnings if judged is not None else ())


def _standing(row: Occupancy | None) -> Outcome:
    return Outcome.NONE if row is None else Outcome.KEPT


def _correct_guest(session: Session, booking: Booking, guest: Mapping[str, str], clock: Clock) -> list[str]:
    """Change the guest's own data and return the names of the fields that differ."""
    wanted = {name: value for name, value in guest.items() if name in GUEST_FIELDS}
    if not wanted:
        return []
    person = session.scalars(
        select(Guest).where(Guest.hotel_id == booking.hotel_id, Guest.id == booking.guest_id)
    ).one()
    if person.erased_at is not None:
        raise WrongState("The guest's data have been erased.", state=booking.status.value, reasons=["erased"])
    changed = [name for name, value in wanted.items() if getattr(person, name) != value]
    for name in changed:
        setattr(person, name, wanted[name])
    if changed:
        person.version, person.updated_at = person.version + 1, clock.now()
        session.flush()
    return changed


def _require_arrival(booking: Booking, changed: Mapping[str, Any]) -> None:
    """Refuse to change the arrival of a guest who has arrived."""
    fixed = sorted({"check_in", "arrival_time"} & changed.keys())
    if booking.status == BookingStatus.CHECKED_IN and fixed:
        raise WrongState(
            f"{booking.booking_id} is in house: {' and '.join(fixed)} cannot change.",
            state=booking.status.value,
            reasons=["in_house"],
        )


def _judge(
    session: Session, hotel: Hotel, booking: Booking, row: Occupancy, room: str, *, retimed: bool, clock: Clock
) -> Judged:
    """Judge the booking as changed in the room that it has."""
    starts_at, ends_at = occupancy_period(hotel, booking) if retimed else (row.starts_at, row.ends_at)
    if retimed and booking.status == BookingStatus.CHECKED_IN:
        starts_at = row.starts_at
        if ends_at <= max(local_now(clock, hotel), starts_at):
            raise WrongState(
                f"{booking.booking_id} would have left already: check out instead.",
                state=booking.status.value,
                reasons=["period_over"],
            )
    judged = judge_room(session, hotel, booking, row, room, period=(starts_at, ends_at))
    assert judged is not None  # it has the room
    return judged


def _against(booking: Booking, row: Occupancy, judged: Judged) -> tuple[Broken, ...]:
    """Return what forbids the booking to keep its room: rules once broken by name stay so."""
    broken = [rule for rule in judged.broken if rule.rule not in row.overrides]
    if booking.status == BookingStatus.CHECKED_IN and judged.bed not in (None, row.bed):
        number = judged.room.number
        broken.append(Broken("no_overlap", f"bed {row.bed} of {number} is taken later", number))
    return tuple(broken)


def _require_release(booking: Booking, broken: tuple[Broken, ...], on_conflict: OnConflict) -> None:
    error = refusal(broken)
    if booking.status == BookingStatus.CHECKED_IN:
        raise _refused(error, "move the guest to another room first")
    if booking.locked:
        raise _refused(error, "unlock the booking first: it must keep its room")
    if on_conflict == OnConflict.REFUSE:
        raise _refused(error, "ask again with on_conflict=release: the booking then waits for another room")


def _refused(error: RuleBroken, remedy: str) -> RuleBroken:
    error.extra["remedy"] = remedy
    return error


def _outside(column: str) -> str:
    return {"room_type_id": "room_type", "group_id": "group", "total_minor": "total_amount"}.get(column, column)


def _tell(
    session: Session,
    hotel: Hotel,
    booking: Booking,
    fields: tuple[str, ...],
    before: Mapping[str, Any],
    outcome: Outcome,
    room: str | None,
    actor: Actor,
    reason: str,
    clock: Clock,
) -> None:
    former = {name: _plain(value) for name, value in before.items() if name in SAID}
    now = {name: _plain(getattr(booking, name)) for name in former}
    lost = outcome == Outcome.LOST
    record(
        session,
        hotel_id=hotel.id,
        actor=str(actor),
        action="booking.amended",
        subject=f"booking:{booking.booking_id}",
        before=former | ({"room": room} if lost else {}),
        after=now | {"fields": list(fields)} | ({"room": None} if lost else {}),
        reason=reason or None,
        at=clock.now(),
    )
    name = f"booking.amended:{booking.booking_id}:{booking.version}"
    emit(
        session,
        hotel.id,
        "booking.amended",
        {"booking_id": booking.booking_id, "fields": list(fields), "room_outcome": outcome.value},
        name,
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime | time) else value
