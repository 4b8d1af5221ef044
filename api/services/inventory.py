"""What a hotel has: rooms, the types they are sold as, links between them, and groups of bookings.

A change that would leave somebody in a room that no longer fits is refused with the names, not written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.services.actor import Actor
from api.services.bookingdata import fault
from api.services.clock import SYSTEM_CLOCK, Clock
from api.services.errors import Conflict, InvalidInput, NotFound, StaleVersion
from api.services.verify import dorms_close_as_a_whole, rooms_fit, suites_hold_their_parts
from models import Group, Hotel, LinkKind, Room, RoomLink, RoomType, bump_version, emit, sqlstate
from models.auditing import record

UNIQUE: Final = "23505"
REFERENCED: Final = "23503"

Faults = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing that staff may make, change and remove.

    Attributes
    ----------
    word
        Its name in events and in the audit.
    key
        The column by which it is known outside.
    names
        Columns that hold the id of a room or type, by the field that has its number or code.
    untold
        Free text, of which the audit says only that it changed.
    """

    word: str
    model: Any
    key: str
    names: Mapping[str, tuple[str, Any, str]] = field(default_factory=dict)
    untold: frozenset[str] = frozenset({"notes"})


ROOM_TYPES: Final = Kind("room_type", RoomType, "code")
ROOMS: Final = Kind("room", Room, "number", {"room_type": ("room_type_id", RoomType, "code")})
GROUPS: Final = Kind("group", Group, "id", untold=frozenset({"name", "notes"}))
LINKS: Final = Kind(
    "room_link", RoomLink, "id", {"room": ("room_id", Room, "number"), "other_room": ("other_room_id", Room, "number")}
)

CHECKS: Final = (rooms_fit, suites_hold_their_parts, dorms_close_as_a_whole)


class InTheWay(Conflict):
    """Somebody's room would no longer be right: nothing was changed."""

    code = "in_the_way"


def find(session: Session, hotel: Hotel, kind: Kind, key: Any) -> Any:
    """Return a thing by its key, as it is now.

    Raises
    ------
    NotFound
    """
    found = session.scalars(
        select(kind.model)
        .where(kind.model.hotel_id == hotel.id, getattr(kind.model, kind.key) == key)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def make(
    session: Session,
    hotel: Hotel,
    kind: Kind,
    values: Mapping[str, Any],
    *,
    actor: Actor,
    clock: Clock = SYSTEM_CLOCK,
) -> Any:
    """Make a thing.

    Parameters
    ----------
    session
        Under the hotel lock (`change_hotel`), as for all changes here.
    values
        Columns, with rooms by number and types by code.

    Raises
    ------
    InvalidInput
        With every name that the hotel does not know.
    Conflict
        If there is one of this name already.
    InTheWay
        If a link would bind rooms that somebody has.
    """
    columns = _columns(session, hotel, kind, values)

    def add() -> Any:
        made = kind.model(hotel_id=hotel.id, **columns)
        session.add(made)
        _flush(session, kind, values)
        return made

    made = _guarded(session, hotel, add) if kind is LINKS else add()
    session.refresh(made)
    _tell(session, hotel, kind, made, "created", None, _said(kind, values), actor, "", clock)
    return made


def change(
    session: Session,
    hotel: Hotel,
    kind: Kind,
    key: Any,
    values: Mapping[str, Any],
    *,
    actor: Actor,
    reason: str = "",
    if_version: int | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Any:
    """Change some columns of a thing; nothing happens if they say so already.

    Raises
    ------
    InTheWay
        If somebody to come or in house would no longer fit; with every name.
    InvalidInput, Conflict, StaleVersion, NotFound
    """
    thing = find(session, hotel, kind, key)
    if if_version is not None and thing.version != if_version:
        raise StaleVersion(f"{kind.word} {key} is at version {thing.version}.", version=thing.version)
    columns = _columns(session, hotel, kind, values)
    before = {name: getattr(thing, name) for name, value in columns.items() if getattr(thing, name) != value}
    if not before:
        return thing

    def write() -> None:
        for name in before:
            setattr(thing, name, columns[name])
        thing.version += 1
        _flush(session, kind, values)

    _guarded(session, hotel, write)
    outside = {column: name for name, (column, _, _) in kind.names.items()}
    told = {outside.get(name, name) for name in before}
    former = {name: value for name, value in before.items() if name not in outside}
    after = {name: value for name, value in values.items() if name in told}
    _tell(session, hotel, kind, thing, "changed", _said(kind, former), _said(kind, after), actor, reason, clock)
    return thing


def remove(
    session: Session, hotel: Hotel, kind: Kind, key: Any, *, actor: Actor, reason: str = "", clock: Clock = SYSTEM_CLOCK
) -> None:
    """Remove a thing that nothing refers to.

    Raises
    ------
    Conflict
        If it has a history: a room is put out of use instead (``active`` false).
    InTheWay, NotFound
    """
    thing = find(session, hotel, kind, key)
    if kind is LINKS and thing.kind == LinkKind.COMPONENT:
        _require_unheld(session, hotel, thing)

    def delete() -> None:
        session.delete(thing)
        _flush(session, kind, {kind.key: key})

    _guarded(session, hotel, delete)
    _tell(session, hotel, kind, thing, "removed", {kind.key: key}, None, actor, reason, clock)


def put_feature(
    session: Session,
    hotel: Hotel,
    feature: str,
    *,
    add: Sequence[str] = (),
    drop: Sequence[str] | None = (),
    rename: str | None = None,
    new: bool = False,
    actor: Actor,
    clock: Clock = SYSTEM_CLOCK,
) -> int:
    """Give a feature to rooms, take it from some (None: from all), or call it otherwise; return the rooms changed.

    Parameters
    ----------
    new
        Whether no room may have it yet.

    Raises
    ------
    InvalidInput
        With every room that there is not.
    InTheWay, NotFound
    """
    rooms = {room.number: room for room in session.scalars(select(Room).where(Room.hotel_id == hotel.id))}
    have = {number for number, room in rooms.items() if feature in room.features}
    if not have and not new:
        raise NotFound
    sent = (("room_numbers" if new else "add", add), ("remove", drop or ()))
    missing = [(name, number) for name, numbers in sent for number in numbers if number not in rooms]
    if missing:
        raise InvalidInput(errors=[fault(name, "unknown", f"there is no room {number}") for name, number in missing])
    leaving = have if drop is None else set(drop) & have
    target = rename or feature
    changed = sorted((set(add) - have) | leaving | (have if target != feature else set()))
    for number in changed:
        kept = [name for name in rooms[number].features if name != feature]
        stays = number not in leaving
        wanted = sorted({*kept, target}) if stays else kept
        change(session, hotel, ROOMS, number, {"features": wanted}, actor=actor, clock=clock)
    return len(changed)


def _columns(session: Session, hotel: Hotel, kind: Kind, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with names replaced by ids."""
    faults: Faults = []
    columns = {name: value for name, value in values.items() if name not in kind.names}
    for name, (column, model, key) in kind.names.items():
        if name not in values:
            continue
        wanted = select(model.id).where(model.hotel_id == hotel.id, getattr(model, key) == values[name])
        columns[column] = session.scalar(wanted)
        if columns[column] is None:
            faults.append(fault(name, "unknown", f"there is no {name.replace('_', ' ')} {values[name]}"))
    if kind is LINKS and values["room"] == values["other_room"]:
        faults.append(fault("other_room", "same", "is the same room"))
    if faults:
        raise InvalidInput(errors=faults)
    if kind is LINKS and columns["kind"] == LinkKind.CONNECTING and columns["room_id"] > columns["other_room_id"]:
        # Connecting is symmetric and stored once.
        columns["room_id"], columns["other_room_id"] = columns["other_room_id"], columns["room_id"]
    return columns


def _flush(session: Session, kind: Kind, values: Mapping[str, Any]) -> None:
    try:
        with session.begin_nested():
            session.flush()
    except IntegrityError as error:
        name = values.get(kind.key, values.get("name", ""))
        if sqlstate(error) == UNIQUE:
            raise Conflict(f"There is already a {kind.word} {name}.".replace("_", " ")) from error
        if sqlstate(error) == REFERENCED:
            raise Conflict(f"Something refers to {kind.word} {name}: it has a history.".replace("_", " ")) from error
        raise


def _guarded(session: Session, hotel: Hotel, write: Callable[[], Any]) -> Any:
    """Write, and refuse if the invariants of rooms find something that they had not found before."""
    known = {str(finding) for check in CHECKS for finding in check(session, hotel)}
    written = write()
    session.expire_all()
    new = [finding for check in CHECKS for finding in check(session, hotel) if str(finding) not in known]
    beds = session.execute(
        text("""
            SELECT DISTINCT r.number, o.bed FROM occupancy o
            JOIN room r ON r.hotel_id = o.hotel_id AND r.id = o.room_id
            WHERE o.hotel_id = :hotel AND o.released_at IS NULL AND o.ends_at > :today AND o.bed > r.beds
            ORDER BY r.number, o.bed"""),
        {"hotel": hotel.id, "today": hotel.business_date},
    ).all()
    messages = [finding.message for finding in new] + [f"bed {row.bed} of {row.number} is taken" for row in beds]
    if messages:
        raise InTheWay(errors=[{"message": message} for message in messages])
    return written


def _require_unheld(session: Session, hotel: Hotel, link: RoomLink) -> None:
    """Refuse to take a part from a suite while it is held for somebody in the suite."""
    held = session.execute(
        text("""
            SELECT coalesce(b.booking_id, 'C' || o.id) AS name, r.number
            FROM occupancy h
            JOIN occupancy o ON o.hotel_id = h.hotel_id AND o.id = h.parent_id
            JOIN room r ON r.hotel_id = h.hotel_id AND r.id = h.room_id
            LEFT JOIN booking b ON b.hotel_id = o.hotel_id AND b.id = o.booking_pk
            WHERE h.hotel_id = :hotel AND h.kind = 'HOLD' AND h.released_at IS NULL AND h.ends_at > :today
                AND h.room_id = :part AND o.room_id = :suite
            ORDER BY h.starts_at, h.id"""),
        {"hotel": hotel.id, "today": hotel.business_date, "part": link.other_room_id, "suite": link.room_id},
    ).all()
    if held:
        raise InTheWay(errors=[{"message": f"{row.number} is held for {row.name} in the suite"} for row in held])


def _said(kind: Kind, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that the audit may keep."""
    return {name: _plain(value) for name, value in values.items() if name not in kind.untold}


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | bool | list | None) else str(value)


def _tell(
    session: Session,
    hotel: Hotel,
    kind: Kind,
    thing: Any,
    what: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    actor: Actor,
    reason: str,
    clock: Clock,
) -> None:
    key = before[kind.key] if what == "removed" and before else getattr(thing, kind.key)
    sequence = bump_version(session, hotel.id)
    record(
        session,
        hotel_id=hotel.id,
        actor=str(actor),
        action=f"{kind.word}.{what}",
        subject=f"{kind.word}:{key}",
        before=before,
        after=after,
        reason=reason or None,
        at=clock.now(),
    )
    event = f"{kind.word}.{what}"
    emit(session, hotel.id, event, {kind.word: key}, f"{event}:{key}:{sequence}")
