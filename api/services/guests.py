"""A guest's data: found, handed out, and erased. All of a person is in the guest's row; what people wrote is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from api.services.actor import Actor
from api.services.bookingdata import GUEST_FIELDS
from api.services.clock import SYSTEM_CLOCK, Clock
from api.services.errors import Conflict, NotFound
from api.services.money import decimal_string
from models import EXPECTED, Booking, Communication, Guest, Hotel, RoomType, emit
from models.auditing import record


class StillExpected(Conflict):
    """The guest is in house or to come: nothing was erased."""

    code = "still_expected"


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
    return _shown(session, hotel, [_guest(session, hotel, guest_id)])[0]


def export_guest(
    session: Session, hotel: Hotel, guest_id: int, *, actor: Actor, clock: Clock = SYSTEM_CLOCK
) -> dict[str, Any]:
    """Return everything that is kept of a guest, as plain JSON; that it was handed out is in the audit.

    Raises
    ------
    NotFound
    """
    guest = _guest(session, hotel, guest_id)
    bookings = session.execute(
        select(Booking, RoomType.name)
        .join(RoomType, (RoomType.hotel_id == Booking.hotel_id) & (RoomType.id == Booking.room_type_id))
        .where(Booking.hotel_id == hotel.id, Booking.guest_id == guest.id)
        .order_by(Booking.check_in, Booking.id)
    ).all()
    told = session.scalars(
        select(Communication)
        .where(Communication.hotel_id == hotel.id, Communication.booking_pk.in_([b.id for b, _ in bookings]))
        .order_by(Communication.created_at, Communication.id)
    ).all()
    names = {booking.id: booking.booking_id for booking, _ in bookings}
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
        "guest": {name: getattr(guest, name) for name in (*GUEST_FIELDS, "notes")} | {"id": guest.id},
        "bookings": [
            {
                "booking_id": booking.booking_id,
                "confirmation_number": booking.confirmation_number,
                "status": booking.status.value,
                "source": booking.source.value,
                "room_type": type_name,
                "check_in": booking.check_in.isoformat(),
                "check_out": booking.check_out.isoformat(),
                "adults": booking.adults,
                "children": booking.children,
                "total_amount": decimal_string(booking.total_minor, booking.currency),
                "currency": booking.currency,
                "payment_provider": booking.payment_provider,
                "payment_reference": booking.payment_reference,
                "special_requests": booking.special_requests,
                "internal_notes": booking.internal_notes,
                "created_at": booking.created_at.isoformat(),
            }
            for booking, type_name in bookings
        ],
        "communications": [
            {
                "booking_id": names[row.booking_pk],
                "type": row.communication_type.value,
                "subject": row.subject,
                "message": row.message,
                "recipient": row.recipient,
                "sent_at": None if row.sent_at is None else row.sent_at.isoformat(),
                "delivery_status": row.delivery_status.value,
            }
            for row in told
        ],
    }


def erase_guest(
    session: Session, hotel: Hotel, guest_id: int, *, actor: Actor, clock: Clock = SYSTEM_CLOCK
) -> GuestShown:
    """Erase a guest: the row's personal columns, and all free text, messages, stored answers and payment payloads
    of their bookings. What stays names nobody: dates, rooms, prices, and the audit, whose chain still holds.

    Nothing happens if they are erased already.

    Parameters
    ----------
    session
        Under the hotel lock (`change_hotel`).

    Raises
    ------
    StillExpected
        If the guest is in house or to come, with the bookings.
    NotFound
    """
    guest = _guest(session, hotel, guest_id)
    if guest.erased_at is not None:
        return _shown(session, hotel, [guest])[0]
    bookings = session.execute(
        select(Booking.id, Booking.booking_id, Booking.status).where(
            Booking.hotel_id == hotel.id, Booking.guest_id == guest.id
        )
    ).all()
    expected = [row.booking_id for row in bookings if row.status in EXPECTED]
    if expected:
        raise StillExpected(
            errors=[{"message": f"{name} is to come or in house", "booking_id": name} for name in expected]
        )
    for name in (*GUEST_FIELDS, "notes"):
        setattr(guest, name, "")
    guest.erased_at, guest.updated_at, guest.version = clock.now(), clock.now(), guest.version + 1
    session.flush()
    values = {
        "hotel": hotel.id,
        "guest": guest.id,
        "bookings": [row.id for row in bookings],
        "names": [row.booking_id for row in bookings],
        "subjects": [f"{kind}:{row.booking_id}" for row in bookings for kind in ("booking", "pin")]
        + [f"guest:{guest.id}"],
    }
    for statement in WIPES:
        session.execute(text(statement), values)
    session.expire_all()
    record(
        session,
        hotel_id=hotel.id,
        actor=str(actor),
        action="guest.erased",
        subject=f"guest:{guest_id}",
        after={"bookings": len(bookings)},
        at=clock.now(),
    )
    emit(session, hotel.id, "guest.erased", {"guest_id": guest_id}, f"guest.erased:{guest_id}")
    return _shown(session, hotel, [_guest(session, hotel, guest_id)])[0]


WIPES: Final[Sequence[str]] = (
    """UPDATE booking
       SET special_requests = '', internal_notes = '', cancel_reason = '', lock_reason = '', gender = NULL
       WHERE hotel_id = :hotel AND id = ANY(CAST(:bookings AS bigint[]))""",
    """UPDATE occupancy SET notes = '', reason = '', release_reason = '',
           overrides = coalesce((SELECT jsonb_object_agg(rule, 'erased') FROM jsonb_object_keys(overrides) rule), '{}')
       WHERE hotel_id = :hotel AND booking_pk = ANY(CAST(:bookings AS bigint[]))""",
    """UPDATE communication SET subject = '', message = '', recipient = '', error = ''
       WHERE hotel_id = :hotel AND booking_pk = ANY(CAST(:bookings AS bigint[]))""",
    """UPDATE payment_event SET payload = NULL
       WHERE hotel_id = :hotel AND booking_pk = ANY(CAST(:bookings AS bigint[]))""",
    """DELETE FROM idempotency_key
       WHERE hotel_id = :hotel AND EXISTS (
           SELECT FROM unnest(CAST(:names AS text[])) AS name
           WHERE position(convert_to(name, 'UTF8') IN body) > 0 OR position(name IN scope) > 0)""",
    """UPDATE audit_entry SET reason = NULL, reason_salt = NULL
       WHERE hotel_id = :hotel AND subject = ANY(CAST(:subjects AS text[])) AND reason IS NOT NULL""",
)
"""Everywhere that somebody may have written of a guest. A table that is not here holds none: ids and times only."""


def _guest(session: Session, hotel: Hotel, guest_id: int) -> Guest:
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
