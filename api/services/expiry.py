"""Until when a booking waits for its payment. What is over is ended by `online.expire`.

A guest's own booking has the hotel's limit. One that staff make ends by itself only if they say when.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from api.services.bookingdata import Faults, fault
from api.services.clock import Clock
from api.services.hotel_settings import payment_minutes
from models import Booking, BookingStatus, Hotel

LONGEST: Final = timedelta(days=366)

Later = Callable[[Session, Booking, timedelta], None]
"""Have `online.expire` called for a booking after a while, in the session's transaction."""


def hotels_limit(hotel: Hotel, clock: Clock) -> datetime:
    """Return until when a booking made now may be unpaid."""
    return clock.now() + timedelta(minutes=payment_minutes(hotel))


def limit_faults(pay_until: datetime | None, clock: Clock) -> Faults:
    """Return what is wrong with the moment that somebody gives a booking to be paid; None gives none."""
    now = clock.now()
    if pay_until is None or now < pay_until <= now + LONGEST:
        return []
    return [fault("pay_until", "out_of_range", f"must be after now, and within {LONGEST.days} days")]


def no_limit_needed() -> Faults:
    """Return the fault of giving a moment to a booking that waits for no payment."""
    return [fault("pay_until", "not_waiting", "only a booking that waits for its payment ends if it is unpaid")]


def end_in_time(session: Session, booking: Booking, *, clock: Clock, later: Later) -> None:
    """Have a booking looked at when its time to be paid is over; nothing if it does not wait, or has no limit."""
    if booking.status == BookingStatus.PENDING_PAYMENT and booking.expires_at is not None:
        later(session, booking, booking.expires_at - clock.now() + timedelta(seconds=1))
