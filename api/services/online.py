"""Bookings that guests make themselves: priced, and held until they are paid. Ending what is not paid in time."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from sqlalchemy.orm import Session

from api.services.actor import Actor
from api.services.bookingdata import Faults, fault, resolve
from api.services.clock import Clock, local_now
from api.services.expiry import Later, end_in_time, hotels_limit
from api.services.fitting import FURTHEST, Wanted
from api.services.holding import require_held
from api.services.hotel_settings import promo_code
from api.services.lifecycle import cancel_booking
from api.services.money import decimal_string
from api.services.naming import find_type
from api.services.newbooking import create_booking
from api.services.periods import nights_charged
from models import Booking, BookingSource, BookingStatus, Hotel, RoomType

GUEST: Final = Actor("guest", "online")
EXPIRY: Final = Actor.system("expiry")
EXPIRED: Final = "expired"
"""Reason of a booking that ended because it was not paid in time."""

MAX_NIGHTS: Final = 90


def book(
    session: Session,
    hotel: Hotel,
    guest: Mapping[str, str],
    values: Mapping[str, Any],
    *,
    code: str = "",
    clock: Clock,
    later: Later,
) -> tuple[Booking, RoomType]:
    """Make a booking that waits for its payment, if the hotel can hold it; its price is settled now.

    Parameters
    ----------
    session
        Under the hotel lock (`change_hotel`).
    values
        ``room_type``, ``check_in``, ``check_out``, ``adults``, ``children`` and what else `bookingdata.resolve` knows.
    code
        A promo code, or none.

    Raises
    ------
    InvalidInput
        With every fault.
    NoRoom, FitUnknown
    """
    promo = promo_code(hotel, code) if code.strip() else None
    faults = _faults(hotel, values, find_type(session, hotel.id, values["room_type"]), clock)
    if code.strip() and (promo is None or not promo.holds(values["check_in"])):
        faults.append(fault("promo_code", "unknown", "is not valid for this stay"))
    kind = resolve(session, hotel, values, also=faults).room_type
    nights = nights_charged(values["check_in"], values["check_out"])
    total = price(kind.rate_minor, nights, promo.percent if promo else 0)
    wanted = Wanted(
        room_type_id=kind.id,
        **{name: values[name] for name in ("check_in", "check_out", "adults", "children")},
        needs=values.get("needs", ()),
    )
    require_held(session, hotel, wanted)
    amount = Decimal(decimal_string(total, hotel.currency))
    booking = create_booking(
        session,
        hotel,
        guest,
        {**values, "total_amount": amount, "promo_code": promo.code if promo else ""},
        status=BookingStatus.PENDING_PAYMENT,
        source=BookingSource.ONLINE,
        pay_until=hotels_limit(hotel, clock),
        actor=GUEST,
        clock=clock,
    )
    end_in_time(session, booking, clock=clock, later=later)
    return booking, kind


def price(rate_minor: int, nights: int, percent_off: int) -> int:
    """Return rate x nights, less the per cent, rounded once, half up, to the minor unit."""
    exact = Decimal(rate_minor * nights * (100 - percent_off)) / 100
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def expire(session: Session, hotel: Hotel, booking_pk: int, *, clock: Clock, later: Later) -> bool:
    """End a booking that has not been paid in time, and tell whether it was.

    Parameters
    ----------
    session
        Under the hotel lock (`change_hotel`).
    """
    booking = session.get(Booking, (hotel.id, booking_pk), populate_existing=True)
    if booking is None or booking.status != BookingStatus.PENDING_PAYMENT or booking.expires_at is None:
        return False
    # It has been given more time since, or this machine's clock is behind that of the one that took the booking.
    if booking.expires_at > clock.now():
        end_in_time(session, booking, clock=clock, later=later)
        return False
    cancel_booking(session, hotel, booking.booking_id, actor=EXPIRY, reason=EXPIRED, clock=clock)
    return True


def _faults(hotel: Hotel, values: Mapping[str, Any], kind: RoomType | None, clock: Clock) -> Faults:
    """Return what is wrong with a guest's own booking, beside what is wrong with any: that `resolve` finds."""
    faults = []
    if kind is not None and values["adults"] + values["children"] > kind.sleeps:
        faults.append(fault("adults", "too_many", f"a {kind.name} sleeps {kind.sleeps}"))
    check_in, check_out = values["check_in"], values["check_out"]
    today = local_now(clock, hotel).date()
    if hotel.business_date <= check_in < today:
        faults.append(fault("check_in", "past", f"is before {today}"))
    if check_out == check_in or (check_out - check_in).days > MAX_NIGHTS:
        faults.append(fault("check_out", "nights", f"must be 1 to {MAX_NIGHTS} nights after check_in"))
    if (check_out - hotel.business_date).days > FURTHEST:
        faults.append(fault("check_out", "too_far", f"is more than {FURTHEST} nights ahead"))
    return faults
