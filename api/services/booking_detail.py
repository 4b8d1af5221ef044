"""One booking with everything about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.services.actor import Actor
from api.services.bookings import BookingRow, booking_row, loaded
from api.services.errors import NotFound
from api.services.members import names_of
from api.services.places import Place, places_of
from models import Booking, BookingStatus, Hotel, Origin, PartyGender, Room


@dataclass(frozen=True, slots=True)
class RoomPeriod:
    """A live occupancy of the booking; hotel-local times."""

    room_number: str
    bed: int
    starts_at: datetime
    ends_at: datetime
    origin: Origin
    locked: bool
    notes: str
    overrides: Mapping[str, Any]
    overridden_by: str | None
    overridden_at: datetime | None


@dataclass(frozen=True, slots=True)
class Milestone:
    """Something that happened to the booking: when, and which member of staff did it (None: nobody of the staff)."""

    what: str
    at: datetime
    by: str | None


@dataclass(frozen=True, slots=True)
class BookingDetail:
    """A booking with everything about it."""

    row: BookingRow
    reference: str | None
    guest_first_name: str
    guest_last_name: str
    guest_country: str
    guest_language: str
    arrival_time: time | None
    departure_time: time | None
    gender: PartyGender | None
    needs: tuple[str, ...]
    wishes: tuple[Mapping[str, Any], ...]
    allowed_rooms: tuple[str, ...] | None
    lock_reason: str
    special_requests: str
    internal_notes: str
    promo_code: str
    payment_provider: str
    payment_reference: str
    cancel_reason: str
    pay_until: datetime | None
    updated_at: datetime
    rooms: tuple[RoomPeriod, ...]
    history: tuple[Milestone, ...]


def booking_detail(session: Session, hotel: Hotel, actor: Actor, booking_id: str) -> BookingDetail:
    """Return a booking with everything about it.

    Raises
    ------
    NotFound
    """
    found = loaded(hotel.id).where(Booking.booking_id == booking_id)
    # Statements of our own may have changed the rows behind what the session has read.
    booking = session.scalars(found.execution_options(populate_existing=True)).one_or_none()
    if booking is None:
        raise NotFound
    places = places_of(session, hotel, [booking.id]).get(booking.id, ())
    names = _staff_names(session, booking, places)
    numbers = _numbers(session, hotel.id, booking)
    guest = booking.guest
    return BookingDetail(
        row=booking_row(hotel, actor, booking, places),
        reference=booking.reference,
        guest_first_name=guest.first_name,
        guest_last_name=guest.last_name,
        guest_country=guest.country,
        guest_language=guest.language,
        arrival_time=booking.arrival_time,
        departure_time=booking.departure_time,
        gender=booking.gender,
        needs=tuple(booking.needs),
        wishes=tuple(_wish(wish, numbers) for wish in booking.wishes),
        allowed_rooms=None
        if booking.allowed_rooms is None
        else tuple(sorted(numbers[room] for room in booking.allowed_rooms if room in numbers)),
        lock_reason=booking.lock_reason,
        special_requests=booking.special_requests,
        internal_notes=booking.internal_notes,
        promo_code=booking.promo_code,
        payment_provider=booking.payment_provider,
        payment_reference=booking.payment_reference,
        cancel_reason=booking.cancel_reason,
        pay_until=booking.expires_at if booking.status == BookingStatus.PENDING_PAYMENT else None,
        updated_at=booking.updated_at,
        rooms=tuple(_period(place, names) for place in places),
        history=_history(booking, names),
    )


def _staff_names(session: Session, booking: Booking, places: Sequence[Place]) -> Mapping[int, str]:
    columns = [getattr(booking, f"{what}_by") for what in _MILESTONES]
    wanted = {staff for staff in [*columns, *(place.occupancy.overridden_by for place in places)] if staff is not None}
    return names_of(session, booking.hotel_id, wanted)


def _numbers(session: Session, hotel_id: int, booking: Booking) -> Mapping[int, str]:
    wanted = {wish["room"] for wish in booking.wishes if "room" in wish} | set(booking.allowed_rooms or ())
    if not wanted:
        return {}
    rooms = select(Room.id, Room.number).where(Room.hotel_id == hotel_id, Room.id.in_(wanted))
    return dict(session.execute(rooms).all())


def _wish(wish: Mapping[str, Any], numbers: Mapping[int, str]) -> Mapping[str, Any]:
    return {**wish, "room": numbers.get(wish["room"])} if "room" in wish else wish


def _period(place: Place, names: Mapping[int, str]) -> RoomPeriod:
    row = place.occupancy
    return RoomPeriod(
        room_number=place.number,
        bed=row.bed,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        origin=row.origin,
        locked=row.locked,
        notes=row.notes,
        overrides=row.overrides,
        overridden_by=names.get(row.overridden_by) if row.overridden_by else None,
        overridden_at=row.overridden_at,
    )


_MILESTONES: Final = (
    "created",
    "confirmed",
    "locked",
    "checked_in",
    "checked_out",
    "cancelled",
    "no_show",
    "reinstated",
)


def _history(booking: Booking, names: Mapping[int, str]) -> tuple[Milestone, ...]:
    found = []
    for what in _MILESTONES:
        at, by = getattr(booking, f"{what}_at"), getattr(booking, f"{what}_by")
        if at is not None:
            found.append(Milestone(what, at, names.get(by) if by else None))
    return tuple(sorted(found, key=lambda milestone: milestone.at))
