"""Closing rooms and opening them again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.services.actor import Actor
from api.services.clock import SYSTEM_CLOCK, Clock
from api.services.errors import InvalidInput, NotFound, RoomTaken
from api.services.house import House, read_house
from api.services.rivals import rival_in
from api.services.writing import defer_constraints, live_rows, release_rows, settle
from models import ClosureKind, Hotel, Occupancy, OccupancyKind, Origin, bump_version, emit
from models.auditing import record
from models.errors import EXCLUSION, sqlstate


@dataclass(frozen=True, slots=True)
class ClosureFacts:
    """A live closure of a room, all beds of a dorm and all parts of a suite included."""

    id: str
    room_number: str
    kind: ClosureKind
    starts_at: datetime
    ends_at: datetime
    reason: str
    version: int


def close_room(
    session: Session,
    hotel: Hotel,
    room_number: str,
    *,
    starts_at: datetime,
    ends_at: datetime,
    kind: ClosureKind | str = ClosureKind.OOO,
    reason: str = "",
    actor: Actor,
    clock: Clock = SYSTEM_CLOCK,
) -> ClosureFacts:
    """Close a room for a hotel-local period; a dorm with every bed, a suite with its parts.

    Parameters
    ----------
    session
        Under the hotel lock (`change_hotel`).

    Raises
    ------
    RoomTaken
        If a stay is assigned there in the period, naming the first; nothing is moved.
    RoomClosed
        If it is closed already.
    InvalidInput
        With every fault of the room and the period.
    """
    house = read_house(session, hotel, only=room_number)
    faults = []
    if room_number not in house.facts:
        faults.append({"field": "room_number", "message": f"there is no room {room_number}"})
    if ends_at <= starts_at:
        faults.append({"field": "ends_at", "message": "must be after starts_at"})
    if starts_at.tzinfo is not None or ends_at.tzinfo is not None:
        faults.append({"field": "starts_at", "message": "periods are hotel-local, without a zone"})
    if faults:
        raise InvalidInput("The closure has faults.", errors=faults)
    rooms = [house.facts[room_number].id, *house.facts[room_number].parts]
    if (rival := rival_in(session, hotel.id, rooms, starts_at, ends_at)) is not None:
        raise rival
    try:
        with session.begin_nested():
            first = _write(
                session, hotel, house, room_number, starts_at, ends_at, ClosureKind(kind), reason, actor, clock
            )
    except IntegrityError as error:  # somebody without the hotel lock was faster
        if sqlstate(error) != EXCLUSION:
            raise
        rival = rival_in(session, hotel.id, rooms, starts_at, ends_at)
        raise (rival or RoomTaken(room=room_number)) from error
    bump_version(session, hotel.id)
    closure = f"C{first.id}"
    after = {
        "room": room_number,
        "kind": ClosureKind(kind).value,
        "starts_at": starts_at.isoformat(),
        "ends_at": ends_at.isoformat(),
    }
    _tell(session, hotel, "closure.created", closure, room_number, None, after, reason, actor, clock)
    return ClosureFacts(closure, room_number, ClosureKind(kind), starts_at, ends_at, reason, 1)


def open_room(
    session: Session, hotel: Hotel, closure_id: str, *, reason: str = "", actor: Actor, clock: Clock = SYSTEM_CLOCK
) -> None:
    """End a closure: the whole of it, also what of it is over.

    Raises
    ------
    NotFound
    """
    digits = closure_id.removeprefix("C")
    rows = []
    if digits.isascii() and digits.isdigit() and len(digits) < 19:
        where = "id = :id AND kind = 'CLOSURE' AND parent_id IS NULL OR parent_id = :id AND EXISTS (SELECT FROM"
        where += " occupancy p WHERE p.hotel_id = :hotel AND p.id = :id AND p.kind = 'CLOSURE')"
        rows = live_rows(session, hotel.id, where, id=int(digits))
    if not rows:
        raise NotFound
    first = next(row for row in rows if row.parent_id is None)
    number = session.execute(
        text("SELECT number FROM room WHERE hotel_id = :hotel AND id = :id"), {"hotel": hotel.id, "id": first.room_id}
    ).scalar_one()
    release_rows(session, hotel.id, rows, clock.now(), reason=reason or "opened", staff_id=actor.staff_id)
    bump_version(session, hotel.id)
    before = {"room": number, "starts_at": first.starts_at.isoformat(), "ends_at": first.ends_at.isoformat()}
    _tell(session, hotel, "closure.ended", closure_id, number, before, None, reason, actor, clock)


def list_closures(
    session: Session, hotel: Hotel, *, starts_at: datetime | None = None, ends_at: datetime | None = None
) -> Sequence[ClosureFacts]:
    """Return the live closures that touch a hotel-local period (without one: all), by start and room."""
    found = session.execute(
        text("""
            SELECT o.id, r.number, o.closure_kind, o.starts_at, o.ends_at, o.reason, o.version
            FROM occupancy o JOIN room r ON r.hotel_id = o.hotel_id AND r.id = o.room_id
            WHERE o.hotel_id = :hotel AND o.kind = 'CLOSURE' AND o.parent_id IS NULL AND o.released_at IS NULL
                AND (CAST(:starts AS timestamp) IS NULL OR o.ends_at > :starts)
                AND (CAST(:ends AS timestamp) IS NULL OR o.starts_at < :ends)
            ORDER BY o.starts_at, r.number"""),
        {"hotel": hotel.id, "starts": starts_at, "ends": ends_at},
    )
    return [ClosureFacts(f"C{row[0]}", row[1], ClosureKind(row[2]), *row[3:]) for row in found]


def _write(
    session: Session,
    hotel: Hotel,
    house: House,
    room_number: str,
    starts_at: datetime,
    ends_at: datetime,
    kind: ClosureKind,
    reason: str,
    actor: Actor,
    clock: Clock,
) -> Occupancy:
    """Write the row that stands for the closure, one for each further bed, and holds in the parts of a suite."""
    defer_constraints(session)
    room = house.facts[room_number]
    common = {
        "hotel_id": hotel.id,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "origin": Origin.STAFF,
        "reason": reason,
        "created_by": actor.staff_id,
        "created_at": clock.now(),
    }
    first = Occupancy(room_id=room.id, bed=1, kind=OccupancyKind.CLOSURE, closure_kind=kind, **common)
    session.add(first)
    session.flush()
    session.add_all(
        Occupancy(room_id=room.id, bed=bed, kind=OccupancyKind.CLOSURE, closure_kind=kind, parent_id=first.id, **common)
        for bed in range(2, room.beds + 1)
    )
    session.add_all(
        Occupancy(room_id=part, bed=bed, kind=OccupancyKind.HOLD, parent_id=first.id, **common)
        for part in room.parts
        for bed in range(1, house.facts[house.number_of[part]].beds + 1)
    )
    session.flush()
    settle(session)
    return first


def _tell(
    session: Session,
    hotel: Hotel,
    event: str,
    closure: str,
    room: str,
    before: dict[str, str] | None,
    after: dict[str, str] | None,
    reason: str,
    actor: Actor,
    clock: Clock,
) -> None:
    record(
        session,
        hotel_id=hotel.id,
        actor=str(actor),
        action=event,
        subject=f"closure:{closure}",
        before=before,
        after=after,
        reason=reason or None,
        at=clock.now(),
    )
    emit(session, hotel.id, event, {"closure_id": closure, "room": room}, f"{event}:{closure}")
