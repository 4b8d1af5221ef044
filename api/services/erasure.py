"""Erasing guests: by hand, and those whom a hotel has kept for as long as it keeps guests."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import Engine, delete, exists, func, select, text, update
from sqlalchemy.orm import Session

from api.services.actor import Actor
from api.services.clock import SYSTEM_CLOCK, Clock
from api.services.errors import Conflict
from api.services.guests import GuestShown, find_guest, show_guest
from api.services.hotel_settings import keep_guests_days
from api.services.payments import FLAGGED
from api.services.personal import PERSONAL, Person
from api.services.post.messages import ERASED
from api.services.transaction import change_hotel, read_hotel
from models import (
    EXPECTED,
    Booking,
    Communication,
    DeliveryStatus,
    Group,
    Guest,
    Hotel,
    HotelSession,
    PaymentEvent,
    emit,
)
from models.auditing import record

RETENTION: Final = Actor.system("retention")

AT_ONCE: Final = 20
"""Guests erased in one transaction: the desk waits for the hotel lock meanwhile."""

AS_IT_IS: Final = {"synchronize_session": False}
"""Execution options: no object of the session is looked at; all are read anew afterwards."""

# A stored answer names the booking in its body, or in the path that is part of its scope.
ANSWERS: Final = text("""
DELETE FROM idempotency_key WHERE hotel_id = :hotel AND EXISTS (
    SELECT FROM unnest(CAST(:names AS text[])) AS name
    WHERE position(convert_to(name, 'UTF8') IN body) > 0 OR position(name IN scope) > 0)
""")


class StillExpected(Conflict):
    """The guest is in house or to come: nothing was erased."""

    code = "still_expected"


def erase_guest(
    session: Session, hotel: Hotel, guest_id: int, *, actor: Actor, clock: Clock = SYSTEM_CLOCK
) -> GuestShown:
    """Erase a guest: all that is personal in their row and in those of their bookings (`personal.PERSONAL`), stored
    answers, and groups in which nobody else is. What stays names nobody: dates, rooms, prices, and the audit, whose
    chain still holds.

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
    guest = find_guest(session, hotel, guest_id)
    if guest.erased_at is not None:
        return show_guest(session, hotel, guest_id)
    person = Person.of(session, hotel, guest_id)
    expected = session.scalars(
        select(Booking.booking_id).where(person.has(Booking), Booking.status.in_(EXPECTED)).order_by(Booking.id)
    ).all()
    if expected:
        raise StillExpected(
            errors=[{"message": f"{name} is to come or in house", "booking_id": name} for name in expected]
        )
    # The guest's row comes first: whoever writes down what was sent to them holds it too (`post.messages`).
    guest.erased_at, guest.updated_at, guest.version = clock.now(), clock.now(), guest.version + 1
    session.flush()
    _wipe(session, person)
    session.expire_all()
    record(
        session,
        hotel_id=hotel.id,
        actor=str(actor),
        action="guest.erased",
        subject=f"guest:{guest_id}",
        after={"bookings": len(person.bookings)},
        at=clock.now(),
    )
    emit(session, hotel.id, "guest.erased", {"guest_id": guest_id}, f"guest.erased:{guest_id}")
    return show_guest(session, hotel, guest_id)


def erase_past_guests(engine: Engine, hotel_id: int, clock: Clock) -> int:
    """Erase who left longer ago than the hotel keeps guests, and return how many there were.

    Nobody is erased who is to come or in house, or has a payment that still waits for a person.
    """

    def some(session: HotelSession, hotel: Hotel) -> int:
        days = keep_guests_days(hotel)
        if days is None:
            return 0
        last = func.max(Booking.check_out)
        flagged = exists().where(
            PaymentEvent.hotel_id == hotel.id,
            PaymentEvent.booking_pk == Booking.id,
            PaymentEvent.effect.in_([effect.value for effect in FLAGGED]),
        )
        past = session.scalars(
            select(Guest.id)
            .join(Booking, (Booking.hotel_id == Guest.hotel_id) & (Booking.guest_id == Guest.id))
            .where(Guest.hotel_id == hotel.id, Guest.erased_at.is_(None))
            .group_by(Guest.id)
            .having(
                last < hotel.business_date - timedelta(days=days),
                ~func.bool_or(Booking.status.in_(EXPECTED) | flagged),
            )
            .order_by(Guest.id)
            .limit(AT_ONCE)
        ).all()
        for guest_id in past:
            erase_guest(session, hotel, guest_id, actor=RETENTION, clock=clock)
        return len(past)

    if read_hotel(engine, hotel_id, lambda _, hotel: keep_guests_days(hotel)) is None:
        return 0  # most hotels, which need not wait for their lock
    erased = 0
    while number := change_hotel(engine, hotel_id, some):
        erased += number
    return erased


def _wipe(session: Session, person: Person) -> None:
    theirs = select(Booking.group_id).where(person.has(Booking), Booking.group_id.is_not(None))
    groups = session.scalars(theirs).all()
    for table, empty in PERSONAL.items():
        session.execute(update(table).where(person.has(table)).values(empty), execution_options=AS_IT_IS)
    session.execute(update(Booking).where(person.has(Booking)).values(group_id=None), execution_options=AS_IT_IS)
    in_it = exists().where(Booking.hotel_id == Group.hotel_id, Booking.group_id == Group.id)
    empty_ones = (Group.hotel_id == person.hotel_id, Group.id.in_(groups), ~in_it)
    session.execute(delete(Group).where(*empty_ones), execution_options=AS_IT_IS)
    waits = (person.has(Communication), Communication.delivery_status == DeliveryStatus.PENDING)
    cancelled = {"delivery_status": DeliveryStatus.FAILED, "error": ERASED}
    session.execute(update(Communication).where(*waits).values(cancelled), execution_options=AS_IT_IS)
    session.execute(ANSWERS, {"hotel": person.hotel_id, "names": list(person.bookings.values())})
