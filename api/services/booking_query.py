"""Which bookings a list or a search finds, and in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Exists,
    ScalarSelect,
    Select,
    SQLColumnExpression,
    and_,
    case,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from api.services.booking_ids import ids_with, year_of
from api.services.naming import asked_type
from models import (
    EXPECTED,
    Booking,
    BookingSource,
    BookingStatus,
    Group,
    Guest,
    Hotel,
    Occupancy,
    OccupancyKind,
    Room,
)

FEW: Final = 300
"""Guests or bookings of one search up to which they are looked up one by one."""

IDS: Final = 1_000
"""Booking ids with the part that is sought up to which they are looked up one by one."""

ORDERINGS: Final[Mapping[str, Sequence[SQLColumnExpression[Any]]]] = MappingProxyType(
    {
        "check_in": (Booking.check_in,),
        "check_out": (Booking.check_out,),
        "created_at": (Booking.created_at,),
        "total_amount": (Booking.total_minor,),
        "guest_name": (func.lower(Guest.last_name), func.lower(Guest.first_name)),
        "status": (Booking.status,),
    }
)
"""What a list may be ordered by; a minus in front turns it round, the booking's number decides ties."""

NEAREST: Final = "nearest"
"""Another order: who is in house and comes next first, then who was there last; for a search at the desk."""


@dataclass(frozen=True, slots=True)
class BookingQuery:
    """Which bookings, in which order, which page of them.

    Attributes
    ----------
    start_date, end_date
        Check-in not before, check-out not after.
    search
        Part of the guest's name or e-mail, or of the booking id; case does not matter.
    room_number
        Assigned room.
    room_type, group
        Code or name of the booked type; name of the group.
    in_house_on
        Sleeping in the hotel in the night after this day.
    ordering
        A key of `ORDERINGS`, with a minus for the other way round; or `NEAREST`.
    """

    status: tuple[BookingStatus, ...] = ()
    start_date: date | None = None
    end_date: date | None = None
    search: str = ""
    room_number: str | None = None
    has_room_assigned: bool | None = None
    room_type: str | None = None
    source: tuple[BookingSource, ...] = ()
    group: str | None = None
    arrivals_on: date | None = None
    departures_on: date | None = None
    in_house_on: date | None = None
    ordering: str = "check_in"
    page: int = 1
    page_size: int = 50


def order_of(hotel: Hotel, ordering: str) -> list[SQLColumnExpression[Any]]:
    """Return what a list in this order is sorted by: a key of `ORDERINGS`, with a minus or not, or `NEAREST`."""
    if ordering == NEAREST:
        ahead = and_(Booking.status.in_(EXPECTED), Booking.check_out >= hotel.business_date)
        return [ahead.desc(), case((ahead, Booking.check_in)).asc(), Booking.check_in.desc(), Booking.id]
    columns = (*ORDERINGS[ordering.removeprefix("-")], Booking.id)
    return [column.desc() if ordering.startswith("-") else column.asc() for column in columns]


def matching(session: Session, hotel_id: int, query: BookingQuery) -> Select[int]:
    """Return the bookings that match, unordered; `loaded` reads what is shown of them.

    Raises
    ------
    InvalidInput
        If there is no such type.
    """
    found = select(Booking.id).where(Booking.hotel_id == hotel_id)
    if query.ordering.endswith("guest_name"):
        found = found.join(Guest, and_(Guest.hotel_id == Booking.hotel_id, Guest.id == Booking.guest_id))
    conditions: list[ColumnElement[bool] | None] = [
        Booking.status.in_(query.status) if query.status else None,
        Booking.source.in_(query.source) if query.source else None,
        Booking.check_in >= query.start_date if query.start_date else None,
        Booking.check_out <= query.end_date if query.end_date else None,
        Booking.check_in == query.arrivals_on if query.arrivals_on else None,
        Booking.check_out == query.departures_on if query.departures_on else None,
        _in_house(query.in_house_on) if query.in_house_on else None,
        Booking.room_type_id == asked_type(session, hotel_id, query.room_type).id
        if query.room_type is not None
        else None,
        Booking.group_id == _group(hotel_id, query.group) if query.group is not None else None,
        _in_room(query.room_number) if query.room_number is not None else None,
        _search(session, hotel_id, query.search) if query.search.strip() else None,
    ]
    if query.has_room_assigned is not None:
        conditions.append(_in_room(None) if query.has_room_assigned else ~_in_room(None))
    return found.where(*(condition for condition in conditions if condition is not None))


def _group(hotel_id: int, name: str) -> ScalarSelect[int]:
    return select(Group.id).where(Group.hotel_id == hotel_id, Group.name == name).scalar_subquery()


def _in_house(day: date) -> ColumnElement[bool]:
    staying = Booking.status.in_([BookingStatus.CONFIRMED, BookingStatus.CHECKED_IN, BookingStatus.COMPLETED])
    return and_(staying, Booking.check_in <= day, Booking.check_out > day)


def _in_room(number: str | None) -> Exists:
    """Return whether the booking has a live room: this one, or any."""
    occupancy, room = aliased(Occupancy), aliased(Room)
    live = and_(
        occupancy.hotel_id == Booking.hotel_id,
        occupancy.booking_pk == Booking.id,
        occupancy.kind == OccupancyKind.STAY,
        occupancy.released_at.is_(None),
    )
    if number is None:
        return exists().where(live)
    same_room = and_(room.hotel_id == occupancy.hotel_id, room.id == occupancy.room_id, room.number == number)
    return exists().where(live, same_room)


def _search(session: Session, hotel_id: int, term: str) -> ColumnElement[bool]:
    # An index of trigrams would not be used: row security lets only what cannot leak look rows up, and matching text
    # may. So the hotel's part of an index is read, whatever else the table holds, and of another for so little of an id
    # that many could have it. What is found is mostly little, which the database does not expect: it is told.
    found = select(Guest.id).where(Guest.hotel_id == hotel_id, Guest.says(term))
    guests = session.scalars(found.limit(FEW + 1)).all()
    few = len(guests) <= FEW
    of_guest = _one_of(Booking.guest_id, guests) if few else Booking.guest_id.in_(found)
    named = _named(session, hotel_id, " ".join(term.split()))
    if not few:
        return or_(named, of_guest)
    bookings = union_all(*(select(Booking.id).where(Booking.hotel_id == hotel_id, each) for each in (named, of_guest)))
    ids = session.scalars(bookings.limit(FEW + 1)).all()
    return Booking.id.in_(bookings) if len(ids) > FEW else _one_of(Booking.id, ids)


def _one_of(column: SQLColumnExpression[int], ids: Sequence[int]) -> ColumnElement[bool]:
    return column == func.any(literal(ids, ARRAY(BigInteger))) if ids else false()


def _named(session: Session, hotel_id: int, part: str) -> ColumnElement[bool]:
    """Return whether the booking's id contains this."""
    if not part.isascii():
        return false()
    ids = select(func.min(Booking.booking_id), func.max(Booking.booking_id)).where(Booking.hotel_id == hotel_id)
    first, last = session.execute(ids).one()
    if first is None:
        return false()
    known = ids_with(part.upper(), range(year_of(first), year_of(last) + 1), IDS)
    if known is None:
        return func.strpos(Booking.booking_id, part.upper()) > 0
    return Booking.booking_id.in_(known) if known else false()
