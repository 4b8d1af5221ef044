"""Messages to guests: made from the booking as it is at the moment of sending, never for a state that has passed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from api.services.clock import Clock
from api.services.money import decimal_string
from api.services.post.carriers import Carrier, Letter, NotSent
from api.services.post.templates import BUILT_IN, Words, render
from models import (
    Booking,
    BookingStatus,
    Communication,
    CommunicationType,
    DeliveryStatus,
    Guest,
    Hotel,
    MessageTemplate,
    Occupancy,
    OccupancyKind,
    Room,
    RoomType,
    hotel_session,
)

TEMPLATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "booking.confirmed": "confirmation",
        "booking.checked_in": "welcome",
        "booking.cancelled": "cancellation",
        "booking.checked_out": "checkout",
    }
)
"""Which event is told to the guest, in which words."""

STATES: Final[Mapping[str, BookingStatus]] = MappingProxyType(
    {
        "confirmation": BookingStatus.CONFIRMED,
        "welcome": BookingStatus.CHECKED_IN,
        "cancellation": BookingStatus.CANCELLED,
        "checkout": BookingStatus.COMPLETED,
    }
)
"""What a message says; once it is no longer so, it is not sent."""

WITH_ROOM: Final = frozenset({"welcome"})

BACKOFF: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720))
"""Waits between the tries of one message; after the last it has FAILED."""

ERASED: Final = "the guest was erased"
"""Error of a message to somebody who is nobody any more."""

Later = Callable[[Session, int, timedelta], None]


@dataclass(frozen=True, slots=True)
class Carriers:
    """By which way each kind of message goes."""

    mail: Carrier
    sms: Carrier


def send(engine: Engine, hotel_id: int, communication_id: int, carriers: Carriers, clock: Clock, later: Later) -> None:
    """Send a message that waits, and write down what became of it; done again, it is not sent again.

    Nothing is held while a server is spoken to. If the process dies between the server's yes and our note of it, the
    message goes out once more, under the same ``Message-ID``.

    Parameters
    ----------
    later
        Has this called again, in the given session's transaction, after a while.
    """
    with hotel_session(engine, hotel_id) as session:
        hotel = session.get_one(Hotel, hotel_id)
        row = _waiting(session, hotel_id, communication_id)
        if row is None:
            return
        try:
            letter = _letter(session, hotel, row)
        except NotSent as error:
            _failed(row, error, later, session)
            session.commit()
            return
    carrier = carriers.sms if row.communication_type == CommunicationType.SMS else carriers.mail
    problem: NotSent | None = None
    try:
        carrier.carry(letter)
    except NotSent as error:
        problem = error
    with hotel_session(engine, hotel_id) as session:
        gone = _is_erased(session, hotel_id, row.booking_pk)
        row = _waiting(session, hotel_id, communication_id)
        if row is None:  # erased, or sent by somebody else in the meantime
            return
        if gone:
            problem = NotSent(ERASED, again=False)
        else:
            row.recipient, row.subject, row.message = letter.recipient, letter.subject, letter.text
        if problem is not None:
            _failed(row, problem, later, session)
        else:
            row.attempts += 1
            row.delivery_status, row.sent_at, row.error = DeliveryStatus.SENT, clock.now(), ""
        session.commit()


def _waiting(session: Session, hotel_id: int, communication_id: int) -> Communication | None:
    return session.scalars(
        select(Communication)
        .where(
            Communication.hotel_id == hotel_id,
            Communication.id == communication_id,
            Communication.delivery_status == DeliveryStatus.PENDING,
        )
        .with_for_update()
    ).one_or_none()


def _is_erased(session: Session, hotel_id: int, booking_pk: int) -> bool:
    """Tell whether a booking's guest was erased; who was not is not until the transaction ends."""
    guest = (
        select(Guest.erased_at)
        .join(Booking, (Booking.hotel_id == Guest.hotel_id) & (Booking.guest_id == Guest.id))
        .where(Booking.hotel_id == hotel_id, Booking.id == booking_pk)
    )
    return session.scalars(guest.with_for_update(read=True, of=Guest)).one() is not None


def _failed(row: Communication, problem: NotSent, later: Later, session: Session) -> None:
    row.attempts += 1
    row.error = problem.reason
    if problem.again and row.attempts <= len(BACKOFF):
        later(session, row.id, BACKOFF[row.attempts - 1])
    else:
        row.delivery_status = DeliveryStatus.FAILED


def _letter(session: Session, hotel: Hotel, row: Communication) -> Letter:
    """Return what is to be sent, as things are now.

    Raises
    ------
    NotSent
        If what it says has passed, or there is nobody to send it to.
    """
    booking, guest = _booking(session, hotel, row)
    words, recipient = Words(row.subject, row.message), row.recipient
    if row.template:
        if booking.status != STATES[row.template]:
            raise NotSent("what it says is no longer so", again=False)
        values = values_of(session, hotel, booking, guest, with_room=row.template in WITH_ROOM)
        words = render(words_of(session, hotel, row.template), values)
        recipient = guest.phone if row.communication_type == CommunicationType.SMS else guest.email
    if not recipient:
        raise NotSent("the guest has no address for it", again=False)
    return Letter(
        name=f"keyrack-{hotel.id}-{row.id}",
        sender_name=hotel.name,
        reply_to=str(hotel.public_settings.get("email", "")),
        recipient=recipient,
        subject=words.subject,
        text=words.body,
    )


def _booking(session: Session, hotel: Hotel, row: Communication) -> tuple[Booking, Guest]:
    found = session.execute(
        select(Booking, Guest)
        .join(Guest, (Guest.hotel_id == Booking.hotel_id) & (Guest.id == Booking.guest_id))
        .where(Booking.hotel_id == hotel.id, Booking.id == row.booking_pk)
    ).one()
    return found[0], found[1]


def words_of(session: Session, hotel: Hotel, template: str) -> Words:
    """Return the hotel's own words for a kind of message, or the built-in ones."""
    own = session.scalars(
        select(MessageTemplate).where(MessageTemplate.hotel_id == hotel.id, MessageTemplate.name == template)
    ).one_or_none()
    return BUILT_IN[template] if own is None else Words(own.subject, own.body)


def values_of(
    session: Session, hotel: Hotel, booking: Booking, guest: Guest, *, with_room: bool
) -> dict[str, dict[str, str]]:
    """Return what a template may say of a booking, as text: `templates.FIELDS`."""
    public = hotel.public_settings
    room_type = session.scalar(
        select(RoomType.name).where(RoomType.hotel_id == hotel.id, RoomType.id == booking.room_type_id)
    )
    return {
        "hotel": {
            "name": hotel.name,
            **{name: str(public.get(name, "")) for name in ("email", "phone", "address")},
            "check_in_time": f"{hotel.check_in_time:%H:%M}",
            "check_out_time": f"{hotel.check_out_time:%H:%M}",
        },
        "guest": {"name": guest.name, "first_name": guest.first_name, "last_name": guest.last_name},
        "booking": {
            "booking_id": booking.booking_id,
            "confirmation_number": booking.confirmation_number,
            "check_in": booking.check_in.isoformat(),
            "check_out": booking.check_out.isoformat(),
            "nights": str(booking.nights),
            "adults": str(booking.adults),
            "children": str(booking.children),
            "room_type": room_type or "",
            "total_amount": decimal_string(booking.total_minor, booking.currency),
            "currency": booking.currency,
        },
        "room": {"number": _current_room(session, hotel, booking) if with_room else ""},
    }


def _current_room(session: Session, hotel: Hotel, booking: Booking) -> str:
    """Return the room that the guest has now: the last live one."""
    number = session.scalar(
        select(Room.number)
        .join(Occupancy, (Occupancy.hotel_id == Room.hotel_id) & (Occupancy.room_id == Room.id))
        .where(
            Occupancy.hotel_id == hotel.id,
            Occupancy.booking_pk == booking.id,
            Occupancy.kind == OccupancyKind.STAY,
            Occupancy.released_at.is_(None),
        )
        .order_by(Occupancy.starts_at.desc())
        .limit(1)
    )
    return number or ""
