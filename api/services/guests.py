"""A guest's data: found, and handed out. All of a person is in the guest's row; what people wrote is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.services.actor import Actor
from api.services.bookingdata import GUEST_FIELDS
from api.services.clock import SYSTEM_CLOCK, Clock
from api.services.errors import NotFound
from api.services.money import decimal_string
from api.services.personal import Person, told
from models import (
    AuditEntry,
    Booking,
    Communication,
    Group,
    Guest,
    Hotel,
    Occupancy,
    PaymentEvent,
    Room,
    RoomType,
)
from models.auditing import record


@dataclass(frozen=True, slots=True)
class GuestShown:
    """A guest, with how often and when last they stayed or are to stay."""

    id: int
    first_name: str
    last_name: str
    email: str
    phone: str
    country: str
    language: str
    erased_at: datetime | None
    bookings: int
    last_check_out: date | None
    version: int


def list_guests(
    session: Session, hotel: Hotel, search: str = "", *, page: int = 1, page_size: int = 50
) -> tuple[int, list[GuestShown]]:
    """Return how many guests match, and a page of them by name.

    Parameters
    ----------
    search
        Part of the name or the e-mail; case does not matter.
    """
    found = select(Guest).where(Guest.hotel_id == hotel.id)
    if search.strip():
        found = found.where(Guest.says(search))
    count = session.scalar(select(func.count()).select_from(found.subquery())) or 0
    order = found.order_by(func.lower(Guest.last_name), func.lower(Guest.first_name), Guest.id)
    rows = session.scalars(order.limit(page_size).offset((page - 1) * page_size)).all()
    return count, _shown(session, hotel, rows)


def show_guest(session: Session, hotel: Hotel, guest_id: int) -> GuestShown:
    """Return a guest.

    Raises
    ------
    NotFound
    """
    return _shown(session, hotel, [find_guest(session, hotel, guest_id)])[0]


def export_guest(
    session: Session, hotel: Hotel, guest_id: int, *, actor: Actor, clock: Clock = SYSTEM_CLOCK
) -> dict[str, Any]:
    """Return everything that is kept of a guest, as plain JSON; that it was handed out is in the audit.

    Answers to named requests, which are kept for a day, repeat what is in here.

    Raises
    ------
    NotFound
    """
    guest = find_guest(session, hotel, guest_id)
    person = Person.of(session, hotel, guest_id)
    numbers = dict(session.execute(select(Room.id, Room.number).where(Room.hotel_id == hotel.id)).all())
    rows = session.execute(
        select(Booking, RoomType.name, Group.name)
        .join(RoomType, (RoomType.hotel_id == Booking.hotel_id) & (RoomType.id == Booking.room_type_id))
        .outerjoin(Group, (Group.hotel_id == Booking.hotel_id) & (Group.id == Booking.group_id))
        .where(person.has(Booking))
        .order_by(Booking.check_in, Booking.id)
    ).all()
    bookings = {booking.id: _booking_told(booking, kind, group, numbers) for booking, kind, group in rows}
    for stay in session.scalars(select(Occupancy).where(person.has(Occupancy)).order_by(Occupancy.id)):
        room = {"room_number": numbers[stay.room_id]}
        bookings[stay.booking_pk or 0]["occupancies"].append(room | told(stay, *OF_OCCUPANCY))
    for payment in session.scalars(select(PaymentEvent).where(person.has(PaymentEvent)).order_by(PaymentEvent.id)):
        amount = decimal_string(payment.amount_minor or 0, payment.currency or hotel.currency)
        bookings[payment.booking_pk or 0]["payments"].append({"amount": amount} | told(payment, *OF_PAYMENT))
    said = session.scalars(select(Communication).where(person.has(Communication)).order_by(Communication.id)).all()
    reasons = session.scalars(select(AuditEntry).where(person.has(AuditEntry)).order_by(AuditEntry.sequence)).all()
    record(
        session,
        hotel_id=hotel.id,
        actor=str(actor),
        action="guest.exported",
        subject=f"guest:{guest_id}",
        at=clock.now(),
    )
    return {
        "hotel": hotel.name,
        "exported_at": clock.now().isoformat(),
        "guest": told(guest, "id", "created_at", "updated_at", "erased_at"),
        "bookings": list(bookings.values()),
        "communications": [
            {"booking_id": person.bookings[row.booking_pk], "type": row.communication_type.value}
            | told(row, *OF_COMMUNICATION)
            for row in said
        ],
        "reasons": [told(row, *OF_REASON) for row in reasons],
    }


OF_BOOKING: Final = (
    *("booking_id", "confirmation_number", "status", "source", "check_in", "check_out", "arrival_time"),
    *("departure_time", "adults", "children", "currency", "payment_provider", "paid_at", "expires_at", "priority"),
    *("locked", "locked_at", "created_at", "confirmed_at", "checked_in_at", "checked_out_at", "cancelled_at"),
    *("no_show_at", "reinstated_at", "updated_at"),
)
OF_OCCUPANCY: Final = ("bed", "starts_at", "ends_at", "kind", "origin", "locked", "created_at", "released_at")
OF_PAYMENT: Final = ("provider", "event_id", "event_type", "currency", "effect", "created_at")
OF_COMMUNICATION: Final = ("template", "delivery_status", "attempts", "created_at", "sent_at")
OF_REASON: Final = ("at", "action", "subject")
"""What an export says of a row beside what is personal in it."""


def _booking_told(booking: Booking, kind: str, group: str | None, numbers: Mapping[int, str]) -> dict[str, Any]:
    rooms = [{**wish, "room": numbers.get(wish["room"])} if "room" in wish else wish for wish in booking.wishes]
    return told(booking, *OF_BOOKING) | {
        "room_type": kind,
        "group": group,
        "wishes": rooms,
        "allowed_rooms": None if booking.allowed_rooms is None else [numbers.get(r) for r in booking.allowed_rooms],
        "total_amount": decimal_string(booking.total_minor, booking.currency),
        "occupancies": [],
        "payments": [],
    }


def find_guest(session: Session, hotel: Hotel, guest_id: int) -> Guest:
    """Return a guest's row as it is now.

    Raises
    ------
    NotFound
    """
    found = session.scalars(
        select(Guest).where(Guest.hotel_id == hotel.id, Guest.id == guest_id).execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def _shown(session: Session, hotel: Hotel, guests: Sequence[Guest]) -> list[GuestShown]:
    counted = {
        row.guest_id: row
        for row in session.execute(
            select(
                Booking.guest_id,
                func.count().label("bookings"),
                func.max(Booking.check_out).label("last"),
            )
            .where(Booking.hotel_id == hotel.id, Booking.guest_id.in_([guest.id for guest in guests]))
            .group_by(Booking.guest_id)
        )
    }
    return [
        GuestShown(
            id=guest.id,
            **{name: getattr(guest, name) for name in GUEST_FIELDS},
            erased_at=guest.erased_at,
            bookings=counted[guest.id].bookings if guest.id in counted else 0,
            last_check_out=counted[guest.id].last if guest.id in counted else None,
            version=guest.version,
        )
        for guest in guests
    ]
