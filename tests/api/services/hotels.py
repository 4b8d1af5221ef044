"""Small hotels for tests of the services, made row by row the way the service makes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select, text

from api.services.periods import occupancy_period
from models import (
    Base,
    Booking,
    BookingSource,
    BookingStatus,
    ClosureKind,
    Group,
    Guest,
    Hotel,
    LinkKind,
    Occupancy,
    OccupancyKind,
    Origin,
    Room,
    RoomLink,
    RoomType,
    bump_version,
    default_policy,
    global_session,
    hotel_session,
)
from models.lookup import new_hotel_id

TABLES = tuple(sorted(Base.metadata.tables.keys() - {"rate_count"}))
"""All but the count of requests, which those that are refused change too."""

NAMES = {"STD": "Standard Double", "DLX": "Deluxe Suite"}
"""Of types, where a test's are these: a name is no code."""

DAY = date(2026, 3, 10)
"""The business date of every hotel made here."""


def day(offset: int) -> date:
    """Return the business date plus so many days."""
    return DAY + timedelta(days=offset)


def at(offset: int, hour: int = 0) -> datetime:
    """Return the hotel-local moment so many days and hours after midnight of the business date."""
    return datetime.combine(DAY, datetime.min.time()) + timedelta(days=offset, hours=hour)


@dataclass
class SmallHotel:
    """A hotel of a test, and the ids behind its names."""

    engine: Engine
    id: int
    types: dict[str, int] = field(default_factory=dict)
    rooms: dict[str, int] = field(default_factory=dict)
    made: int = 0

    def session(self) -> Any:
        """Open a session on the hotel."""
        return hotel_session(self.engine, self.id)

    def add_room(self, number: str, type_: str = "STD", **columns: Any) -> int:
        """Add a room."""
        with self.session() as session:
            room = Room(hotel_id=self.id, number=number, room_type_id=self.types[type_], **columns)
            session.add(room)
            session.flush()
            self.rooms[number] = room.id
            session.commit()
        return self.rooms[number]

    def group(self, name: str, **columns: Any) -> int:
        """Add a group of bookings and return its id."""
        with self.session() as session:
            group = Group(hotel_id=self.id, name=name, **columns)
            session.add(group)
            session.commit()
            return group.id

    def link(self, suite: str, parts: Sequence[str]) -> None:
        """Say that a suite is made of other rooms."""
        with self.session() as session:
            for part in parts:
                session.add(
                    RoomLink(
                        hotel_id=self.id,
                        kind=LinkKind.COMPONENT,
                        room_id=self.rooms[suite],
                        other_room_id=self.rooms[part],
                    )
                )
            session.commit()

    def book(
        self,
        check_in: int,
        check_out: int,
        *,
        type_: str = "STD",
        room: str | None = None,
        bed: int = 1,
        status: BookingStatus = BookingStatus.CONFIRMED,
        place: dict[str, Any] | None = None,
        **columns: Any,
    ) -> str:
        """Add a booking from and to so many days after the business date, in a room if one is given."""
        self.made += 1
        name = f"BK-2026-{self.made:06d}"
        with self.session() as session:
            hotel = session.get(Hotel, self.id)
            guest = Guest(hotel_id=self.id, first_name="Ada", last_name=f"B{self.made}", email="ada@example.org")
            session.add(guest)
            session.flush()
            booking = Booking(
                hotel_id=self.id,
                booking_id=name,
                confirmation_number=f"GRA-2026-{self.made:013d}",
                status=status,
                source=BookingSource.MANUAL,
                check_in=day(check_in),
                check_out=day(check_out),
                guest_id=guest.id,
                room_type_id=self.types[type_],
                **columns,
            )
            session.add(booking)
            session.flush()
            if room is not None:
                starts, ends = occupancy_period(hotel, booking)
                session.add(
                    Occupancy(
                        hotel_id=self.id,
                        room_id=self.rooms[room],
                        bed=bed,
                        booking_pk=booking.id,
                        kind=OccupancyKind.STAY,
                        origin=Origin.STAFF,
                        starts_at=starts,
                        ends_at=ends,
                        **(place or {}),
                    )
                )
            bump_version(session, self.id)
            session.commit()
        return name

    def close(self, number: str, start: datetime, end: datetime) -> None:
        """Close a private room."""
        with self.session() as session:
            session.add(
                Occupancy(
                    hotel_id=self.id,
                    room_id=self.rooms[number],
                    kind=OccupancyKind.CLOSURE,
                    closure_kind=ClosureKind.OOO,
                    origin=Origin.STAFF,
                    starts_at=start,
                    ends_at=end,
                )
            )
            bump_version(session, self.id)
            session.commit()

    def change(self, booking_id: str, **columns: Any) -> None:
        """Change columns of a booking behind the services' back."""
        with self.session() as session:
            booking = session.execute(select(Booking).where(Booking.booking_id == booking_id)).scalar_one()
            for name, value in columns.items():
                setattr(booking, name, value)
            bump_version(session, self.id)
            session.commit()

    def room_of(self, booking_id: str) -> str | None:
        """Return the number of the room that a booking is in."""
        return self.rooming().get(booking_id)

    def rooming(self) -> dict[str, str]:
        """Return the room of every booking that has one."""
        with self.session() as session:
            return {  # noqa: C416 - rows are no pairs to a type checker
                name: number
                for name, number in session.execute(
                    select(Booking.booking_id, Room.number)
                    .join(Occupancy, Occupancy.booking_pk == Booking.id)
                    .join(Room, Room.id == Occupancy.room_id)
                    .where(Occupancy.released_at.is_(None), Occupancy.kind == OccupancyKind.STAY)
                    .order_by(Occupancy.starts_at)
                )
            }

    def digest(self) -> dict[str, str]:
        """Return a digest of every table as the hotel sees it: its own rows and jobs, and rows that are no hotel's."""
        jobs = f"SELECT * FROM procrastinate_jobs WHERE args ->> 'hotel_id' = '{self.id}'"
        sources = {name: f"SELECT * FROM {name}" for name in TABLES} | {"jobs": jobs}
        digest = "SELECT md5(string_agg(line::text, ' ' ORDER BY line::text)) FROM ({}) AS line"
        with self.session() as session:
            return {name: session.scalar(text(digest.format(source))) for name, source in sources.items()}

    def live(self) -> list[tuple[Any, ...]]:
        """Return what is live, without versions: room, bed, period, kind, booking, origin, run, lock; sorted."""
        with self.session() as session:
            rows = session.execute(
                select(
                    Occupancy.room_id,
                    Occupancy.bed,
                    Occupancy.starts_at,
                    Occupancy.ends_at,
                    Occupancy.kind,
                    Occupancy.booking_pk,
                    Occupancy.origin,
                    Occupancy.run_id,
                    Occupancy.locked,
                ).where(Occupancy.released_at.is_(None))
            )
            return sorted(map(tuple, rows), key=repr)


def make_hotel(
    engine: Engine,
    *,
    slug: str = "grand",
    rooms: int = 4,
    types: Sequence[tuple[str, int]] = (("STD", 0), ("DLX", 1)),
    policy: dict[str, Any] | None = None,
) -> SmallHotel:
    """Make a hotel with room types by rank and STD rooms 101, 102, ... next to each other."""
    with global_session(engine) as session:
        hotel_id = new_hotel_id(session)
        session.commit()
    small = SmallHotel(engine, hotel_id)
    rules = default_policy() | {"horizon_nights": 14, "time_limit_s": 3} | (policy or {})
    with hotel_session(engine, hotel_id) as session:
        session.add(Hotel(id=hotel_id, slug=slug, name=slug.title(), business_date=DAY, policy=rules))
        session.flush()
        for code, rank in types:
            row = RoomType(hotel_id=hotel_id, code=code, name=NAMES.get(code, code), rank=rank)
            session.add(row)
            session.flush()
            small.types[code] = row.id
        session.commit()
    for place in range(rooms):
        small.add_room(str(101 + place), position=place, floor=1)
    return small
