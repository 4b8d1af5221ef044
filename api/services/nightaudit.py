"""The night audit: closes a hotel's day, once, and begins the next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from api.services.actor import Actor
from api.services.clock import SYSTEM_CLOCK, Clock, local_now
from api.services.errors import WrongState
from api.services.lifecycle import mark_no_show
from api.services.periods import DAY, MIDNIGHT
from api.services.runs import nightly_of, request_run
from models import AllocationRun, Booking, BookingStatus, Hotel, RunKind, bump_version, emit
from models.auditing import record

EARLIEST: Final = time(18)
"""A day is not closed before its evening: whoever is to come in the afternoon would be a no-show."""


@dataclass(frozen=True, slots=True)
class Closed:
    """What closing a day came to.

    Attributes
    ----------
    closed, business_date
        The day that is over, and the one that has begun.
    no_shows, overdue
        Bookings that did not come; guests in house who should have left, whom the desk has to ask.
    rooms_used
        Rooms that somebody sleeps in in this night.
    run
        The nightly run that waits for its worker, of the new day.
    """

    closed: date
    business_date: date
    no_shows: tuple[str, ...]
    overdue: tuple[str, ...]
    rooms_used: int
    run: AllocationRun


def close_day(session: Session, hotel: Hotel, day: date, *, actor: Actor, clock: Clock = SYSTEM_CLOCK) -> Closed:
    """Close a hotel's day: mark who did not come, count the nights of rooms, roll the business date, ask for a run.

    The day is named, so that of two who close it one finds it closed; whoever asks for the run's solving does so in
    the same transaction.

    Parameters
    ----------
    session
        Under the hotel lock (`change_hotel`).
    day
        The day to close: the hotel's business date.

    Raises
    ------
    WrongState
        If that is not the hotel's day, or its evening is still to come on the hotel's own clock.
    """
    if day != hotel.business_date:
        raise WrongState(
            f"The hotel's day is {hotel.business_date}.", state=str(hotel.business_date), reasons=["another_day"]
        )
    if local_now(clock, hotel) < datetime.combine(day, EARLIEST):
        raise WrongState(f"{day} is not over yet.", state=str(day), reasons=["too_early"])
    missing = session.scalars(
        select(Booking.booking_id)
        .where(Booking.hotel_id == hotel.id, Booking.status == BookingStatus.CONFIRMED, Booking.check_in <= day)
        .order_by(Booking.booking_id)
    ).all()
    for booking_id in missing:
        mark_no_show(session, hotel, booking_id, actor=actor, reason="night audit", clock=clock)
    overdue = session.scalars(
        select(Booking.booking_id)
        .where(Booking.hotel_id == hotel.id, Booking.status == BookingStatus.CHECKED_IN, Booking.check_out <= day)
        .order_by(Booking.booking_id)
    ).all()
    used = session.execute(
        text("""
            UPDATE room SET nights_used = nights_used + 1
            WHERE hotel_id = :hotel AND id IN (
                SELECT o.room_id FROM occupancy o
                JOIN booking b ON b.hotel_id = o.hotel_id AND b.id = o.booking_pk
                WHERE o.hotel_id = :hotel AND o.released_at IS NULL AND b.status = 'CHECKED_IN'
                    AND o.starts_at < :midnight AND o.ends_at > :midnight)
            RETURNING id"""),
        {"hotel": hotel.id, "midnight": datetime.combine(day, MIDNIGHT) + DAY},
    ).all()
    hotel.business_date = day + DAY
    hotel.version += 1
    session.flush()
    bump_version(session, hotel.id)
    told = {"no_shows": len(missing), "overdue": len(overdue), "rooms_used": len(used)}
    record(
        session,
        hotel_id=hotel.id,
        actor=str(actor),
        action="night_audit.completed",
        subject=f"hotel:{hotel.slug}",
        before={"business_date": day.isoformat()},
        after={"business_date": hotel.business_date.isoformat(), **told},
        at=clock.now(),
    )
    payload = {"closed": day.isoformat(), "business_date": hotel.business_date.isoformat()}
    emit(session, hotel.id, "night_audit.completed", payload, f"night_audit.completed:{day}")
    run = nightly_of(session, hotel) or request_run(session, hotel, kind=RunKind.NIGHTLY, actor=actor, clock=clock)
    return Closed(day, hotel.business_date, tuple(missing), tuple(overdue), len(used), run)
