"""The list of rooms, with who is in each at this moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, any_, func, literal, or_, select, text
from sqlalchemy.orm import Session

from api.services.errors import NotFound
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


# Who is in house is in the last of their rooms, and in every part of it.
IN_HOUSE = text("""
    SELECT DISTINCT ON (o.room_id) o.room_id, b.booking_id, btrim(g.first_name || ' ' || g.last_name) AS guest
    FROM booking b
    JOIN guest g ON g.hotel_id = b.hotel_id AND g.id = b.guest_id
    JOIN occupancy o ON o.hotel_id = b.hotel_id AND o.booking_pk = b.id
    WHERE b.hotel_id = :hotel AND b.status = 'CHECKED_IN' AND o.released_at IS NULL
        AND NOT EXISTS (SELECT FROM occupancy later
                        WHERE later.hotel_id = o.hotel_id AND later.booking_pk = o.booking_pk
                            AND later.kind = 'STAY' AND later.released_at IS NULL AND later.starts_at > o.starts_at)
    ORDER BY o.room_id, o.starts_at, b.booking_id""")


def list_rooms(session: Session, hotel: Hotel, query: RoomQuery) -> RoomPage:
    """Return one page of the rooms that match, by number."""
    guests = {row.room_id: row for row in session.execute(IN_HOUSE, {"hotel": hotel.id})}
    found = (
        select(Room, RoomType)
        .join(RoomType, and_(RoomType.hotel_id == Room.hotel_id, RoomType.id == Room.room_type_id))
        .where(Room.hotel_id == hotel.id)
    )
    conditions = [
        _search(query.search) if query.search.strip() else None,
        RoomType.code == query.room_type if query.room_type is not None else None,
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
