"""Everything the tape chart shows of a hotel, between two days, read at one moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from api.services.errors import InvalidInput
from api.services.periods import MIDNIGHT
from models import Hotel

MAX_NIGHTS: Final = 92


@dataclass(slots=True)
class ChartBooking:
    """A booking with its places in the days asked for; one without any has no room at all."""

    facts: Mapping[str, Any]
    places: list[Mapping[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TapeChart:
    """What the screen shows; ``version`` is the hotel's allocation version that all of it was read at."""

    first: date
    last: date
    version: int
    room_types: Sequence[Mapping[str, Any]]
    rooms: Sequence[Mapping[str, Any]]
    bookings: Sequence[ChartBooking]
    closures: Sequence[Mapping[str, Any]]


TYPES: Final = text(
    "SELECT code, name, rank, sleeps FROM room_type WHERE hotel_id = :hotel ORDER BY rank, code",
)

# A room out of use is shown while somebody is in it.
ROOMS: Final = text("""
    SELECT r.number AS room_number, t.code AS room_type, r.building, r.floor, r.position, r.sleeps, r.beds,
           r.features, r.gender, r.housekeeping_status, r.active, coalesce(l.parts, '{}') AS parts
    FROM room r
    JOIN room_type t ON t.hotel_id = r.hotel_id AND t.id = r.room_type_id
    LEFT JOIN LATERAL (
        SELECT array_agg(p.number ORDER BY p.number) AS parts
        FROM room_link k
        JOIN room p ON p.hotel_id = k.hotel_id AND p.id = k.other_room_id
        WHERE k.hotel_id = r.hotel_id AND k.room_id = r.id AND k.kind = 'component'
    ) AS l ON true
    WHERE r.hotel_id = :hotel AND (r.active OR EXISTS (
        SELECT FROM occupancy o
        WHERE o.hotel_id = r.hotel_id AND o.room_id = r.id AND o.released_at IS NULL
            AND o.starts_at < :ends AND o.ends_at > :starts))
    ORDER BY t.rank, t.code, r.building, r.floor, r.position, r.number""")

BOOKING: Final = """
    b.id, b.booking_id, b.version, b.status, b.source, b.check_in, b.check_out, b.adults, b.children, b.priority,
    b.locked, b.lock_reason, b.needs, b.gender, b.allowed_rooms, b.arrival_time, b.departure_time,
    btrim(g.first_name || ' ' || g.last_name) AS guest_name, t.code AS room_type, gr.name AS group_name"""

BEHIND: Final = """
    JOIN guest g ON g.hotel_id = b.hotel_id AND g.id = b.guest_id
    JOIN room_type t ON t.hotel_id = b.hotel_id AND t.id = b.room_type_id
    LEFT JOIN booking_group gr ON gr.hotel_id = b.hotel_id AND gr.id = b.group_id"""

PLACES: Final = text(f"""
    SELECT r.number AS room_number, o.bed, o.starts_at, o.ends_at, o.origin,
           pr.number AS part_of, {BOOKING}
    FROM occupancy o
    JOIN room r ON r.hotel_id = o.hotel_id AND r.id = o.room_id
    JOIN booking b ON b.hotel_id = o.hotel_id AND b.id = o.booking_pk
    LEFT JOIN occupancy p ON p.hotel_id = o.hotel_id AND p.id = o.parent_id
    LEFT JOIN room pr ON pr.hotel_id = p.hotel_id AND pr.id = p.room_id
    {BEHIND}
    WHERE o.hotel_id = :hotel AND o.released_at IS NULL AND o.starts_at < :ends AND o.ends_at > :starts
    ORDER BY o.starts_at, o.id""")

ROOMLESS: Final = text(f"""
    SELECT {BOOKING}
    FROM booking b
    {BEHIND}
    WHERE b.hotel_id = :hotel AND b.status IN ('PENDING_PAYMENT', 'CONFIRMED', 'CHECKED_IN')
        AND b.check_in < :to AND b.check_out >= :from AND NOT EXISTS (
            SELECT FROM occupancy o
            WHERE o.hotel_id = b.hotel_id AND o.booking_pk = b.id AND o.kind = 'STAY' AND o.released_at IS NULL)
    ORDER BY b.check_in, b.id""")

# A dorm's closure is a row for each bed, a suite's one for each part: shown once in each room.
CLOSURES: Final = text("""
    SELECT 'C' || coalesce(c.id, o.id) AS id, r.number AS room_number, coalesce(o.closure_kind, c.closure_kind) AS kind,
           o.starts_at, o.ends_at, coalesce(nullif(o.reason, ''), c.reason, '') AS reason,
           nullif(cr.number, r.number) AS part_of
    FROM occupancy o
    JOIN room r ON r.hotel_id = o.hotel_id AND r.id = o.room_id
    LEFT JOIN occupancy c ON c.hotel_id = o.hotel_id AND c.id = o.parent_id
    LEFT JOIN room cr ON cr.hotel_id = c.hotel_id AND cr.id = c.room_id
    WHERE o.hotel_id = :hotel AND o.released_at IS NULL AND o.booking_pk IS NULL AND o.bed = 1
        AND o.starts_at < :ends AND o.ends_at > :starts
    ORDER BY o.starts_at, o.id""")

NUMBERS: Final = text("SELECT id, number FROM room WHERE hotel_id = :hotel AND id = ANY(CAST(:rooms AS bigint[]))")


def tape_chart(session: Session, hotel: Hotel, first: date, last: date) -> TapeChart:
    """Return what the chart shows of the days from ``first`` up to, not including, ``last``.

    Parameters
    ----------
    session
        In one snapshot (REPEATABLE READ), so that all of it fits together.

    Raises
    ------
    InvalidInput
        If there is no day between them, or more than `MAX_NIGHTS`.
    """
    if not 1 <= (last - first).days <= MAX_NIGHTS:
        message = f"must be 1 to {MAX_NIGHTS} days after from"
        raise InvalidInput("The days have a fault.", errors=[{"in": "query", "field": "to", "message": message}])
    values = {
        "hotel": hotel.id,
        "from": first,
        "to": last,
        "starts": datetime.combine(first, MIDNIGHT),
        "ends": datetime.combine(last, MIDNIGHT),
    }
    bookings: dict[int, ChartBooking] = {}
    for place in _rows(session, PLACES, values):
        bookings.setdefault(place["id"], ChartBooking(place)).places.append(place)
    found = [*bookings.values(), *map(ChartBooking, _rows(session, ROOMLESS, values))]
    return TapeChart(
        first=first,
        last=last,
        version=hotel.allocation_version,
        room_types=_rows(session, TYPES, values),
        rooms=_rows(session, ROOMS, values),
        bookings=_with_numbers(session, hotel, found),
        closures=_rows(session, CLOSURES, values),
    )


def _rows(session: Session, query: TextClause, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = session.execute(query, values)
    names = list(found.keys())
    return [dict(zip(names, row, strict=True)) for row in found]


def _with_numbers(session: Session, hotel: Hotel, bookings: list[ChartBooking]) -> list[ChartBooking]:
    """Name the rooms of those few bookings that may have certain rooms only."""
    restricted = [booking for booking in bookings if booking.facts["allowed_rooms"] is not None]
    wanted = sorted({room for booking in restricted for room in booking.facts["allowed_rooms"]})
    found = _rows(session, NUMBERS, {"hotel": hotel.id, "rooms": wanted}) if wanted else []
    number_of = {row["id"]: row["number"] for row in found}
    for booking in restricted:
        numbers = sorted(number_of[room] for room in booking.facts["allowed_rooms"] if room in number_of)
        booking.facts = {**booking.facts, "allowed_rooms": numbers}
    return bookings
