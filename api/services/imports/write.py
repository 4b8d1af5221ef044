"""Writes checked bookings, many at once: guests, groups, bookings, occupancies, and what to record of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy.orm import Session

from api.services.actor import Actor
from api.services.booking_ids import draw_booking_id, draw_confirmation_number
from api.services.imports.bookings import NewBooking
from api.services.imports.bulk import insert_rows
from api.services.imports.known import Known
from models import (
    Booking,
    BookingStatus,
    Change,
    Group,
    Guest,
    Hotel,
    Occupancy,
    OccupancyKind,
    Origin,
    confirmation_hash,
    emit_many,
)


def write_bookings(
    session: Session,
    hotel: Hotel,
    new: Sequence[NewBooking],
    known: Known,
    actor: Actor,
    now: datetime,
    random: Random | None = None,
) -> list[Change]:
    """Insert bookings with all that belongs to them, and their events; return what to record.

    Parameters
    ----------
    random
        Where booking ids are drawn from (see `draw_booking_id`); a seeded one makes an import repeatable.
    """
    if not new:
        return []
    _write_groups(session, hotel, new, known)
    guests = [_guest(hotel, booking, now) for booking in new]
    guest_ids = insert_rows(session, Guest, guests)
    rows = []
    for booking, guest_id in zip(new, guest_ids, strict=True):
        year = booking.check_in.year
        booking_id = draw_booking_id(year, known.booking_ids, random)
        known.booking_ids.add(booking_id)
        rows.append(_booking(hotel, booking, known, booking_id, guest_id, now))
    booking_pks = insert_rows(session, Booking, rows)
    _write_occupancies(session, hotel, new, booking_pks, known, actor, now)
    changes, events = [], []
    for booking, row in zip(new, rows, strict=True):
        booking_id = row["booking_id"]
        changes.append(Change(str(actor), "booking.imported", f"booking:{booking_id}", None, _recorded(booking)))
        events.append(("booking.imported", {"booking_id": booking_id}, f"booking.imported:{booking_id}"))
        if booking.placed is not None:
            payload = {"booking_id": booking_id, "room": booking.placed.room}
            events.append(("room.assigned", payload, f"room.assigned:{booking_id}:1"))
    emit_many(session, hotel.id, events)
    return changes


def _write_groups(session: Session, hotel: Hotel, new: Sequence[NewBooking], known: Known) -> None:
    names = dict.fromkeys(booking.group for booking in new if booking.group is not None)
    missing = [name for name in names if name not in known.groups]
    rows = [{"hotel_id": hotel.id, "name": name} for name in missing]
    known.groups |= dict(zip(missing, insert_rows(session, Group, rows), strict=True))


def _guest(hotel: Hotel, booking: NewBooking, now: datetime) -> dict[str, Any]:
    return {
        "hotel_id": hotel.id,
        "first_name": booking.first_name,
        "last_name": booking.last_name,
        "email": booking.email,
        "phone": booking.phone,
        "country": booking.country,
        "created_at": now,
    }


def _booking(
    hotel: Hotel, booking: NewBooking, known: Known, booking_id: str, guest_id: int, now: datetime
) -> dict[str, Any]:
    confirmation = draw_confirmation_number(booking.check_in.year)
    return {
        "hotel_id": hotel.id,
        "booking_id": booking_id,
        "confirmation_number": confirmation,
        "confirmation_hash": confirmation_hash(confirmation),
        "reference": booking.reference,
        "status": booking.status,
        "source": booking.source,
        "check_in": booking.check_in,
        "check_out": booking.check_out,
        "adults": booking.adults,
        "children": booking.children,
        "room_type_id": known.types[booking.type].id,
        "guest_id": guest_id,
        "group_id": known.groups[booking.group] if booking.group else None,
        "total_minor": booking.total,
        "currency": hotel.currency,
        "created_by": None,
        "created_at": booking.created_at or now,
    }


def _write_occupancies(
    session: Session,
    hotel: Hotel,
    new: Sequence[NewBooking],
    booking_pks: Sequence[int],
    known: Known,
    actor: Actor,
    now: datetime,
) -> None:
    """Write the rooms that the file gave, and a HOLD on each part of a suite."""
    stays = [
        _occupancy(hotel, booking, booking_pk, known, actor, now)
        for booking, booking_pk in zip(new, booking_pks, strict=True)
        if booking.placed is not None
    ]
    if not stays:
        return
    ids = insert_rows(session, Occupancy, stays)
    parts = {room.id: [known.rooms[part].id for part in room.parts] for room in known.rooms.values() if room.parts}
    holds = [
        {
            **stay,
            "room_id": part,
            "bed": 1,
            "kind": OccupancyKind.HOLD,
            "parent_id": id_,
            "overrides": {},
            "overridden_at": None,
        }
        for stay, id_ in zip(stays, ids, strict=True)
        for part in parts.get(stay["room_id"], ())
    ]
    if holds:
        insert_rows(session, Occupancy, holds)


def _occupancy(
    hotel: Hotel, booking: NewBooking, booking_pk: int, known: Known, actor: Actor, now: datetime
) -> dict[str, Any]:
    place = booking.placed
    assert place is not None
    return {
        "hotel_id": hotel.id,
        "room_id": known.rooms[place.room].id,
        "bed": place.bed,
        "starts_at": place.starts_at,
        "ends_at": place.ends_at,
        "kind": OccupancyKind.STAY,
        "booking_pk": booking_pk,
        "origin": Origin.IMPORT,
        "locked": booking.status == BookingStatus.CHECKED_IN,
        "overrides": {"room_fits": f"imported: {place.misfit}"} if place.misfit else {},
        "overridden_by": actor.staff_id if place.misfit else None,
        "overridden_at": now if place.misfit else None,
        "created_by": actor.staff_id,
        "created_at": now,
    }


def _recorded(booking: NewBooking) -> dict[str, Any]:
    """Return what the audit keeps of a booking: nothing of its guest."""
    return {
        "status": booking.status,
        "check_in": booking.check_in.isoformat(),
        "check_out": booking.check_out.isoformat(),
        "type": booking.type,
        "adults": booking.adults,
        "children": booking.children,
        "source": booking.source,
        "room": booking.placed.room if booking.placed else None,
    }
