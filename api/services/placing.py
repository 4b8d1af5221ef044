"""Writing what a person decided about rooms: the occupancies, their audit entries and events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.services.actor import Actor
from api.services.clock import Clock
from api.services.errors import RoomClosed, RoomTaken, RuleBroken
from api.services.roomcheck import Broken, Judged, judge_room
from api.services.writing import NewRow, defer_constraints, insert_rows, live_rows, release_rows, settle
from models import Booking, Hotel, Occupancy, OccupancyKind, Origin, emit
from models.auditing import Change, record, record_many
from models.errors import EXCLUSION, sqlstate


@dataclass(frozen=True, slots=True)
class Placing:
    """A booking that gets the room it was judged in.

    Attributes
    ----------
    row
        The live occupancy that becomes the one in the room; a new one is made if there is none.
    overridden
        The rules broken by name, with the reasons given.
    """

    booking: Booking
    row: Occupancy | None
    judged: Judged
    overridden: Mapping[str, str] = field(default_factory=dict)
    notes: str = ""
    locked: bool = False


def allowed(judged: Judged, override: Mapping[str, str]) -> dict[str, str]:
    """Return the rules that are broken by name, with their reasons.

    Raises
    ------
    RuleBroken
        If one is broken that the override does not name, or that nobody may break.
    """
    forbidding = [broken for broken in judged.broken if broken.rule not in override or not broken.overridable]
    if forbidding or judged.bed is None:
        raise refusal(forbidding)
    return {broken.rule: override[broken.rule] for broken in judged.broken}


def write_rooms(session: Session, hotel: Hotel, placings: Sequence[Placing], *, actor: Actor, now: datetime) -> None:
    """Write rooms, all or none, whoever leaves a place to whom; versions of bookings and audit are the caller's.

    Raises
    ------
    RuleBroken
        If somebody without the hotel lock was faster: named like one found before.
    """
    try:
        with session.begin_nested():
            defer_constraints(session)
            for placing in placings:
                _write(session, hotel, placing, actor, now)
            settle(session)
    except IntegrityError as error:
        if sqlstate(error) != EXCLUSION:
            raise
        raise _found(session, hotel, placings) from error


def tell_room(
    session: Session,
    hotel: Hotel,
    booking: Booking,
    before: str | None,
    after: str | None,
    *,
    overridden: Mapping[str, str] | None = None,
    notes: str = "",
    actor: Actor,
    clock: Clock,
) -> None:
    """Write the audit entry and the event of a changed room; the booking is at its new version."""
    event = "room.moved" if before and after else "room.assigned" if after else "room.unassigned"
    told: dict[str, Any] = {"room": after}
    if overridden:
        told["overridden"] = sorted(overridden)
    reasons = [f"{rule}: {reason}" for rule, reason in (overridden or {}).items()]
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
    tell_event(session, hotel, booking, before, after)


def tell_event(session: Session, hotel: Hotel, booking: Booking, before: str | None, after: str | None) -> None:
    """Write the event of a changed room alone, where something else has the audit entry."""
    event = "room.moved" if before and after else "room.assigned" if after else "room.unassigned"
    payload: dict[str, Any] = {"booking_id": booking.booking_id}
    if event == "room.moved":
        payload |= {"from": before, "to": after, "reason": "staff"}
    else:
        payload["room"] = after or before
    emit(session, hotel.id, event, payload, f"{event}:{booking.booking_id}:{booking.version}")


def tell_beds(session: Session, hotel: Hotel, judged: Judged, *, actor: Actor, clock: Clock) -> None:
    """Write the audit entries of those who took another bed of a dorm for somebody."""
    changes = [
        Change(str(actor), "bed.changed", f"occupancy:{other}", None, {"room": judged.room.number, "bed": bed})
        for other, bed in judged.rebedded
    ]
    record_many(session, hotel.id, changes, at=clock.now())


def refusal(broken: Sequence[Broken]) -> RuleBroken:
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


def _write(session: Session, hotel: Hotel, placing: Placing, actor: Actor, now: datetime) -> None:
    judged, row = placing.judged, placing.row
    for occupancy_id, other in judged.rebedded:
        neighbour = session.get_one(Occupancy, (hotel.id, occupancy_id))
        neighbour.bed, neighbour.version = other, neighbour.version + 1
    if row is None:
        row = Occupancy(
            hotel_id=hotel.id,
            booking_pk=placing.booking.id,
            kind=OccupancyKind.STAY,
            created_by=actor.staff_id,
            created_at=now,
            version=1,
        )
        session.add(row)
    else:
        held = live_rows(session, hotel.id, "kind = 'HOLD' AND parent_id = :id", id=row.id)
        release_rows(session, hotel.id, held, now, reason="room changed", staff_id=actor.staff_id)
        row.version += 1
    row.starts_at, row.ends_at, row.locked = judged.starts_at, judged.ends_at, placing.locked
    row.room_id, row.bed, row.origin, row.run_id = judged.room.id, judged.bed or 1, Origin.STAFF, None
    row.notes = placing.notes
    if row.overrides != placing.overridden:  # whoever broke these very rules first is the one to ask
        row.overrides = dict(placing.overridden)
        row.overridden_by = actor.staff_id if placing.overridden else None
        row.overridden_at = now if placing.overridden else None
    session.flush()
    parts = [
        NewRow(part, place, row.starts_at, row.ends_at, placing.booking.id, row.id)
        for part in judged.room.parts
        for place in range(1, judged.house.facts[judged.house.number_of[part]].beds + 1)
    ]
    insert_rows(session, hotel.id, parts, now, origin=Origin.STAFF, staff_id=actor.staff_id)


def _found(session: Session, hotel: Hotel, placings: Sequence[Placing]) -> RuleBroken:
    """Return the refusal that names who is in the way now."""
    for placing in placings:
        again = judge_room(session, hotel, placing.booking, None, placing.judged.room.number)
        rivals = [b for b in again.broken if b.rule in ("no_overlap", "closed")] if again is not None else []
        if rivals:
            return refusal(rivals)
    return RoomTaken(room=placings[0].judged.room.number)
