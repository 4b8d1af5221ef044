"""What a hotel already has that an import must fit."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Booking, BookingStatus, Group, LinkKind, Occupancy, OccupancyKind, Room, RoomLink, RoomType


@dataclass(slots=True)
class KnownType:
    """A room type; its place on the ladder decides what an upgrade is. ``id`` is 0 until it is written."""

    id: int
    code: str
    rank: int
    sleeps: int


@dataclass(slots=True)
class KnownRoom:
    """A room as far as an import looks at it.

    Attributes
    ----------
    id
        0 until it is written.
    parts
        Numbers of the rooms that a suite is made of.
    """

    id: int
    number: str
    type: str
    sleeps: int
    beds: int
    active: bool = True
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """A period in which a bed is taken, and by whom."""

    room: str
    bed: int
    starts_at: datetime
    ends_at: datetime
    by: str
    in_house: bool


@dataclass(slots=True)
class Known:
    """The hotel's types and rooms by code and number, names that are taken, and the periods of rooms.

    Only `types` and `rooms` may be absent from the database yet: an import of both files checks its bookings against
    the rooms that it is about to write, before any is written.
    """

    types: dict[str, KnownType] = field(default_factory=dict)
    rooms: dict[str, KnownRoom] = field(default_factory=dict)
    references: set[str] = field(default_factory=set)
    booking_ids: set[str] = field(default_factory=set)
    groups: dict[str, int] = field(default_factory=dict)
    taken: list[Taken] = field(default_factory=list)


def read_known(session: Session, hotel_id: int) -> Known:
    """Read it; under the hotel lock, as the import relies on it until its commit."""
    types = {
        id_: KnownType(id_, code, rank, sleeps)
        for id_, code, rank, sleeps in session.execute(
            select(RoomType.id, RoomType.code, RoomType.rank, RoomType.sleeps)
            .where(RoomType.hotel_id == hotel_id)
            .order_by(RoomType.rank, RoomType.id)
        )
    }
    rooms = {
        id_: KnownRoom(id_, number, types[type_id].code, sleeps, beds, active)
        for id_, number, type_id, sleeps, beds, active in session.execute(
            select(Room.id, Room.number, Room.room_type_id, Room.sleeps, Room.beds, Room.active)
            .where(Room.hotel_id == hotel_id)
            .order_by(Room.id)
        )
    }
    links = select(RoomLink.room_id, RoomLink.other_room_id).where(
        RoomLink.hotel_id == hotel_id, RoomLink.kind == LinkKind.COMPONENT
    )
    for suite, part in session.execute(links):
        rooms[suite].parts += (rooms[part].number,)
    bookings = session.execute(
        select(Booking.id, Booking.booking_id, Booking.reference, Booking.status).where(Booking.hotel_id == hotel_id)
    ).all()
    public = {booking.id: booking.booking_id for booking in bookings}
    in_house = {booking.id for booking in bookings if booking.status == BookingStatus.CHECKED_IN}
    return Known(
        types={known.code: known for known in types.values()},
        rooms={room.number: room for room in rooms.values()},
        references={booking.reference for booking in bookings if booking.reference is not None},
        booking_ids=set(public.values()),
        groups=dict(session.execute(select(Group.name, Group.id).where(Group.hotel_id == hotel_id)).all()),
        taken=[
            Taken(
                rooms[row.room_id].number,
                row.bed,
                row.starts_at,
                row.ends_at,
                public.get(row.booking_pk, f"closure C{row.id}"),
                row.booking_pk in in_house and row.kind == OccupancyKind.STAY,
            )
            for row in session.execute(
                select(
                    Occupancy.id,
                    Occupancy.room_id,
                    Occupancy.bed,
                    Occupancy.starts_at,
                    Occupancy.ends_at,
                    Occupancy.booking_pk,
                    Occupancy.kind,
                ).where(Occupancy.hotel_id == hotel_id, Occupancy.released_at.is_(None))
            )
        ],
    )
