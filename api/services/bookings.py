"""The list of bookings, and what it shows of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session, contains_eager

from api.services.actions import Action, Standing, actions_on, reasons_against
from api.services.actor import Actor
from api.services.booking_query import BookingQuery, matching, order_of
from api.services.money import decimal_string
from api.services.places import Place, places_of
from models import Booking, BookingSource, BookingStatus, Group, Guest, Hotel, RoomType


@dataclass(frozen=True, slots=True)
class BookingRow:
    """A booking as the list shows it."""

    id: int
    booking_id: str
    confirmation_number: str
    hotel_name: str
    room_type: str
    room_type_name: str
    assigned_room_number: str | None
    has_room_assigned: bool
    can_check_in: bool
    guest_name: str
    guest_email: str
    guest_phone: str
    check_in: date
    check_out: date
    nights: int
    adults: int
    children: int
    total_amount: str
    currency: str
    status: BookingStatus
    source: BookingSource
    group: str | None
    priority: int
    locked: bool
    created_at: datetime
    paid_at: datetime | None
    version: int
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class BookingPage:
    """One page of bookings; ``count`` is of all pages."""

    count: int
    page: int
    page_size: int
    results: tuple[BookingRow, ...]

    @property
    def more(self) -> bool:
        """Whether there is a page after this one."""
        return self.page * self.page_size < self.count


def list_bookings(session: Session, hotel: Hotel, actor: Actor, query: BookingQuery) -> BookingPage:
    """Return one page of the bookings that match."""
    found = matching(session, hotel.id, query)
    # Found and counted in one go, out of indexes alone: only what the page shows is read.
    page = (
        found.add_columns(func.count().over())
        .order_by(*order_of(hotel, query.ordering))
        .limit(query.page_size)
        .offset((query.page - 1) * query.page_size)
    )
    hits = session.execute(page).all()
    past_the_end = not hits and query.page > 1
    count = hits[0][1] if hits else _count(session, found) if past_the_end else 0
    ids = [row.id for row in hits]
    shown = session.scalars(loaded(hotel.id).where(Booking.id.in_(ids))).all() if ids else ()
    bookings = {booking.id: booking for booking in shown}
    rooms = places_of(session, hotel, ids)
    return BookingPage(
        count=count,
        page=query.page,
        page_size=query.page_size,
        results=tuple(booking_row(hotel, actor, bookings[one], rooms.get(one, ())) for one in ids),
    )


def _count(session: Session, found: Select[int]) -> int:
    return session.scalar(found.with_only_columns(func.count(), maintain_column_froms=True)) or 0


def loaded(hotel_id: int) -> Select[Booking]:
    """Return a hotel's bookings, read together with their guest, type and group."""
    return (
        select(Booking)
        .join(Guest, and_(Guest.hotel_id == Booking.hotel_id, Guest.id == Booking.guest_id))
        .join(RoomType, and_(RoomType.hotel_id == Booking.hotel_id, RoomType.id == Booking.room_type_id))
        .outerjoin(Group, and_(Group.hotel_id == Booking.hotel_id, Group.id == Booking.group_id))
        .where(Booking.hotel_id == hotel_id)
        .options(contains_eager(Booking.guest), contains_eager(Booking.room_type), contains_eager(Booking.group))
    )


def booking_row(hotel: Hotel, actor: Actor, booking: Booking, places: Sequence[Place]) -> BookingRow:
    """Return what the list shows of a booking that holds these rooms."""
    # After a move the last one is where the guest is; before arrival a stay has one room.
    place = places[-1] if places else None
    number = place.number if place else None
    standing = (
        Standing(hotel, booking, place.number, place.clean, place.occupied, moved=len(places) > 1)
        if place
        else Standing(hotel, booking, None)
    )
    return BookingRow(
        id=booking.id,
        booking_id=booking.booking_id,
        confirmation_number=booking.confirmation_number,
        hotel_name=hotel.name,
        room_type=booking.room_type.code,
        room_type_name=booking.room_type.name,
        assigned_room_number=number,
        has_room_assigned=number is not None,
        can_check_in=not reasons_against("check_in", standing),
        guest_name=booking.guest.name,
        guest_email=booking.guest.email,
        guest_phone=booking.guest.phone,
        check_in=booking.check_in,
        check_out=booking.check_out,
        nights=booking.nights,
        adults=booking.adults,
        children=booking.children,
        total_amount=decimal_string(booking.total_minor, booking.currency),
        currency=booking.currency,
        status=booking.status,
        source=booking.source,
        group=booking.group.name if booking.group else None,
        priority=booking.priority,
        locked=booking.locked or any(place.occupancy.locked for place in places),
        created_at=booking.created_at,
        paid_at=booking.paid_at,
        version=booking.version,
        actions=actions_on(actor, standing),
    )
