"""The list of rooms, with who is in each at this moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, any_, func, literal, or_, select, text
from sqlalchemy.orm import Session

from api.services.errors import NotFound
from api.services.naming import asked_type
from api.services.rivals import PRESENT
from models import Hotel, Housekeeping, Room, RoomType


@dataclass(frozen=True, slots=True)
class RoomQuery:
    """Which rooms; ``search`` is part of the number, the type, the building or a feature."""

    search: str = ""
    room_type: str | None = None
    feature: str | None = None
    floor: int | None = None
    housekeeping_status: Housekeeping | None = None
    active: bool | None = None
    is_occupied: bool | None = None
    page: int = 1
    page_size: int = 50


@dataclass(frozen=True, slots=True)
class RoomShown:
    """A room, its type, and the guest who is in it now (None: nobody)."""

    room: Room
    room_type: RoomType
    current_guest: str | None
    current_booking_id: str | None

    @property
    def is_occupied(self) -> bool:
        """Whether somebody is in it, in a dorm in any of its beds."""
        return self.current_booking_id is not None


@dataclass(frozen=True, slots=True)
class RoomPage:
    """One page of rooms; ``count`` is of all pages."""

    count: int
    results: tuple[RoomShown, ...]


IN_HOUSE = text(f"""{PRESENT}
    SELECT DISTINCT ON (room_id) room_id, booking_id, btrim(g.first_name || ' ' || g.last_name) AS guest
    FROM present JOIN guest g ON g.hotel_id = :hotel AND g.id = guest_id
    ORDER BY room_id, starts_at, booking_id""")


def list_rooms(session: Session, hotel: Hotel, query: RoomQuery) -> RoomPage:
    """Return one page of the rooms that match, by number.

    Raises
    ------
    InvalidInput
        If there is no such type.
    """
    guests = {row.room_id: row for row in session.execute(IN_HOUSE, {"hotel": hotel.id})}
    found = (
        select(Room, RoomType)
        .join(RoomType, and_(RoomType.hotel_id == Room.hotel_id, RoomType.id == Room.room_type_id))
        .where(Room.hotel_id == hotel.id)
    )
    kind = None if query.room_type is None else asked_type(session, hotel.id, query.room_type)
    conditions = [
        _search(query.search) if query.search.strip() else None,
        Room.room_type_id == kind.id if kind is not None else None,
        literal(query.feature) == any_(Room.features) if query.feature is not None else None,
        Room.floor == query.floor if query.floor is not None else None,
        Room.housekeeping_status == query.housekeeping_status if query.housekeeping_status is not None else None,
        Room.active == query.active if query.active is not None else None,
    ]
    if query.is_occupied is not None:
        occupied = Room.id.in_(guests)
        conditions.append(occupied if query.is_occupied else ~occupied)
    found = found.where(*(condition for condition in conditions if condition is not None))
    count = session.scalar(select(func.count()).select_from(found.subquery())) or 0
    page = found.order_by(Room.number).limit(query.page_size).offset((query.page - 1) * query.page_size)
    rows = session.execute(page).all()
    return RoomPage(
        count,
        tuple(
            RoomShown(room, kind, guest.guest if guest else None, guest.booking_id if guest else None)
            for room, kind in rows
            for guest in [guests.get(room.id)]
        ),
    )


def show_room(session: Session, hotel: Hotel, number: str) -> RoomShown:
    """Return a room.

    Raises
    ------
    NotFound
    """
    session.flush()
    row = session.execute(
        select(Room, RoomType)
        .join(RoomType, and_(RoomType.hotel_id == Room.hotel_id, RoomType.id == Room.room_type_id))
        .where(Room.hotel_id == hotel.id, Room.number == number)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound
    guests = {found.room_id: found for found in session.execute(IN_HOUSE, {"hotel": hotel.id})}
    guest = guests.get(row[0].id)
    return RoomShown(row[0], row[1], guest.guest if guest else None, guest.booking_id if guest else None)


def list_features(session: Session, hotel: Hotel) -> Sequence[tuple[str, int]]:
    """Return every feature that a room has, with how many rooms have it, by name."""
    rows = session.execute(
        text("""
            SELECT feature, count(*) AS rooms FROM room, unnest(features) AS feature
            WHERE hotel_id = :hotel GROUP BY feature ORDER BY feature"""),
        {"hotel": hotel.id},
    )
    return [(row.feature, row.rooms) for row in rows]


def _search(term: str) -> ColumnElement[bool]:
    wanted = term.strip().lower()
    return or_(
        *(
            func.lower(column).contains(wanted, autoescape=True)
            for column in (Room.number, Room.building, RoomType.code, RoomType.name)
        ),
        func.lower(func.array_to_string(Room.features, "\n")).contains(wanted, autoescape=True),
    )
