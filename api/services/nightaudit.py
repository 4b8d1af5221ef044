"""The night audit: closes a hotel's day, once, and begins the next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from api.services.actor import Actor
from api.services.clock import SYSTEM_CLOCK, Clock, local_now
from api.services.errors import WrongState
from api.services.periods import DAY, MIDNIGHT
from api.services.runs import nightly_of, request_run
from api.services.writing import live_rows, release_rows
from models import (
    AllocationRun,
    Booking,
    BookingStatus,
    Hotel,
    OccupancyKind,
    Room,
    RunKind,
    bump_version,
    emit,
    emit_many,
)
from models.auditing import Change, record, record_many

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
    missing = _mark_no_shows(session, hotel, day, actor, clock)
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
    return Closed(day, hotel.business_date, missing, tuple(overdue), len(used), run)


def _mark_no_shows(session: Session, hotel: Hotel, day: date, actor: Actor, clock: Clock) -> tuple[str, ...]:
    """Do to everybody who did not come what `mark_no_show` does to one, in a few statements: the hotel waits."""
    found = session.execute(
        select(Booking.id, Booking.booking_id, Booking.version)
        .where(Booking.hotel_id == hotel.id, Booking.status == BookingStatus.CONFIRMED, Booking.check_in <= day)
        .order_by(Booking.booking_id)
    ).all()
    if not found:
        return ()
    ids, now = [row.id for row in found], clock.now()
    held = live_rows(session, hotel.id, "booking_pk = ANY(CAST(:bookings AS bigint[]))", bookings=ids)
    numbers: dict[int, str] = dict(session.execute(select(Room.id, Room.number).where(Room.hotel_id == hotel.id)).all())
    rooms = {row.booking_pk: numbers[row.room_id] for row in held if row.kind == OccupancyKind.STAY}
    release_rows(session, hotel.id, held, now, reason="booking.no_show", staff_id=actor.staff_id)
    session.execute(
        update(Booking)
        .where(Booking.hotel_id == hotel.id, Booking.id.in_(ids))
        .values(
            status=BookingStatus.NO_SHOW,
            version=Booking.version + 1,
            updated_at=now,
            no_show_at=now,
            no_show_by=actor.staff_id,
        )
        .execution_options(synchronize_session=False)
    )
    changes: list[Change] = []
    events: list[tuple[str, dict[str, Any], str]] = []
    for row in found:
        room = rooms.get(row.id)
        before: dict[str, Any] = {"status": "CONFIRMED"}
        after: dict[str, Any] = {"status": "NO_SHOW"}
        payload = {"booking_id": row.booking_id}
        told = f"{row.booking_id}:{row.version + 1}"
        if room is not None:
            before, after, payload = before | {"room": room}, after | {"room": None}, payload | {"room": room}
            events.append(("room.unassigned", payload, f"room.unassigned:{told}"))
        events.append(("booking.no_show", payload, f"booking.no_show:{told}"))
        subject = f"booking:{row.booking_id}"
        changes.append(Change(str(actor), "booking.no_show", subject, before, after, reason="night audit"))
    record_many(session, hotel.id, changes, at=now)
    emit_many(session, hotel.id, events)
    return tuple(row.booking_id for row in found)
