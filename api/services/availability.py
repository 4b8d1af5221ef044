"""Which rooms are free for a period, and what stands in the others.

The occupancies of a bed cannot overlap, so the last one that starts before the wanted end tells: either it ends after
the wanted start, or the bed is free. That is one index row a bed, however long the hotel's history.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from allocator.period import peak
from api.services.errors import InvalidInput, NotFound
from api.services.periods import DAY, MIDNIGHT, Axis, HouseTimes
from models import Hotel


@dataclass(frozen=True, slots=True)
class AvailableRoom:
    """A room that is free for the whole period.

    Attributes
    ----------
    room_type
        Name of its type; ``type_code`` its code.
    free_beds
        1 for a private room.
    is_occupied, current_guest
        Whether a guest is in house in it on the business date, and who.
    next_booking
        Date of the first arrival (or closure) after the period.
    """

    room_number: str
    room_type: str
    type_code: str
    floor: int
    features: tuple[str, ...]
    free_beds: int
    is_occupied: bool
    current_guest: str | None
    next_booking: date | None


@dataclass(frozen=True, slots=True)
class UnavailableRoom:
    """A room that is not, and why; ``available_from`` is the date on which what stands in it last ends."""

    room_number: str
    room_type: str
    type_code: str
    conflict_reason: str
    conflict_booking_id: str | None
    conflict_closure_id: str | None
    available_from: date | None


@dataclass(frozen=True, slots=True)
class Availability:
    """The active rooms asked for, by number."""

    available: tuple[AvailableRoom, ...]
    unavailable: tuple[UnavailableRoom, ...]


LAST_STARTS = text("""
    SELECT r.id, r.number, r.beds, r.floor, r.features, t.code, t.name, bed.n AS bed,
           last.id AS occupancy_id, last.kind, last.starts_at, last.ends_at, last.booking_pk, last.parent_id,
           last.closure_kind, next.starts_at AS next_starts_at,
           (t.code = :type OR :type IS NULL) AND (r.beds > 1 OR r.sleeps >= :party)
               AND r.features @> CAST(:features AS text[]) AND r.active AS wanted
    FROM room r
    JOIN room_type t ON t.hotel_id = r.hotel_id AND t.id = r.room_type_id
    CROSS JOIN LATERAL generate_series(1, r.beds) AS bed(n)
    LEFT JOIN LATERAL (
        SELECT o.id, o.kind, o.starts_at, o.ends_at, o.booking_pk, o.parent_id, o.closure_kind
        FROM occupancy o
        WHERE o.hotel_id = r.hotel_id AND o.room_id = r.id AND o.bed = bed.n AND o.released_at IS NULL
            AND o.starts_at < :ends AND o.booking_pk IS DISTINCT FROM :exclude
        ORDER BY o.starts_at DESC LIMIT 1
    ) AS last ON last.ends_at > :starts
    LEFT JOIN LATERAL (
        SELECT o.starts_at
        FROM occupancy o
        WHERE o.hotel_id = r.hotel_id AND o.room_id = r.id AND o.bed = bed.n AND o.released_at IS NULL
            AND o.starts_at >= :ends AND o.booking_pk IS DISTINCT FROM :exclude
        ORDER BY o.starts_at LIMIT 1
    ) AS next ON true
    WHERE r.hotel_id = :hotel
    ORDER BY r.number, bed.n""")

IN_HOUSE = text("""
    SELECT o.room_id, btrim(g.first_name || ' ' || g.last_name) AS guest
    FROM occupancy o
    JOIN booking b ON b.hotel_id = o.hotel_id AND b.id = o.booking_pk
    JOIN guest g ON g.hotel_id = b.hotel_id AND g.id = b.guest_id
    WHERE o.hotel_id = :hotel AND o.released_at IS NULL AND o.kind IN ('STAY', 'HOLD') AND b.status = 'CHECKED_IN'
        AND o.ends_at > :today AND o.starts_at < :tomorrow
    ORDER BY o.starts_at""")

IN_DORMS = text("""
    SELECT room_id, starts_at, ends_at FROM occupancy
    WHERE hotel_id = :hotel AND room_id = ANY(CAST(:rooms AS bigint[])) AND released_at IS NULL
        AND starts_at < :ends AND ends_at > :starts AND booking_pk IS DISTINCT FROM :exclude""")


def room_availability(
    session: Session,
    hotel: Hotel,
    *,
    check_in: date,
    check_out: date,
    room_type: str | None = None,
    exclude_booking: str | None = None,
    party: int = 1,
    features: Collection[str] = (),
) -> Availability:
    """Return the rooms of a hotel for a period at the house's own times, free ones and others.

    Parameters
    ----------
    room_type
        Only rooms of the type with this code.
    exclude_booking
        A booking that does not stand in the way of itself.
    party, features
        Only rooms that sleep so many, and have all of these.

    Raises
    ------
    InvalidInput
        If check-out is before check-in.
    NotFound
        If there is no such booking to exclude.
    """
    if check_out < check_in:
        fault = {"field": "check_out", "message": "must not be before check_in"}
        raise InvalidInput("Check-out is before check-in.", errors=[fault])
    starts, ends = HouseTimes.of(hotel).period(check_in, check_out)
    values = {"hotel": hotel.id, "starts": starts, "ends": ends, "exclude": _pk(session, hotel, exclude_booking)}
    beds = session.execute(LAST_STARTS, {**values, "type": room_type, "party": party, "features": list(features)}).all()
    today = datetime.combine(hotel.business_date, MIDNIGHT)
    in_house = {
        row.room_id: row.guest
        for row in session.execute(IN_HOUSE, {"hotel": hotel.id, "today": today, "tomorrow": today + DAY})
    }
    rooms: dict[int, list[Row[Any]]] = {}
    for row in beds:
        rooms.setdefault(row.id, []).append(row)
    parts = _parts(session, hotel.id)
    full = [pk for pk, rows in rooms.items() if len(rows) > 1 and all(row.occupancy_id is not None for row in rows)]
    recoloured = _free_after_recolouring(session, full, rooms, values)
    names = _booking_ids(session, hotel.id, [row for row in beds if row.occupancy_id is not None])

    available, unavailable = [], []
    for pk, rows in rooms.items():
        first = rows[0]
        if not first.wanted:
            continue
        free = sum(row.occupancy_id is None for row in rows) or recoloured.get(pk, 0)
        blocked = [row for part in parts.get(pk, ()) for row in rooms[part] if row.occupancy_id is not None]
        if free and not blocked:
            upcoming = [row.next_starts_at for row in rows if row.next_starts_at is not None]
            upcoming += [row.next_starts_at for p in parts.get(pk, ()) for row in rooms[p] if row.next_starts_at]
            available.append(
                AvailableRoom(
                    room_number=first.number,
                    room_type=first.name,
                    type_code=first.code,
                    floor=first.floor,
                    features=tuple(first.features),
                    free_beds=free,
                    is_occupied=pk in in_house,
                    current_guest=in_house.get(pk),
                    next_booking=min(upcoming).date() if upcoming else None,
                )
            )
        else:
            standing = [row for row in rows if row.occupancy_id is not None] if not free else blocked
            unavailable.append(_unavailable(first, standing, names))
    return Availability(tuple(available), tuple(unavailable))


def _unavailable(room: Row[Any], standing: Sequence[Row[Any]], names: Mapping[int, str]) -> UnavailableRoom:
    """Tell of the one of a room's occupants that leaves first."""
    row = min(standing, key=lambda r: (r.ends_at, r.occupancy_id))
    booking_id = names.get(row.booking_pk)
    if row.kind == "CLOSURE":
        kind = "Out of order" if row.closure_kind == "OOO" else "Out of service"
    elif row.kind == "HOLD":
        kind = "Held by its suite" if booking_id is not None else "Closed with its suite"
    elif row.number != room.number:
        kind = f"Room {row.number} of the suite is taken"
    else:
        kind = "Existing booking"
    closure = None if booking_id is not None else f"C{row.parent_id or row.occupancy_id}"
    return UnavailableRoom(room.number, room.name, room.code, kind, booking_id, closure, row.ends_at.date())


def _free_after_recolouring(
    session: Session, dorms: Sequence[int], rooms: Mapping[int, Sequence[Row[Any]]], values: Mapping[str, Any]
) -> dict[int, int]:
    """Return how many beds dorms have left where no bed is free throughout, but guests may take other beds."""
    if not dorms:
        return {}
    axis = Axis(values["starts"].date())
    loads: dict[int, list[tuple[int, int, int]]] = {pk: [] for pk in dorms}
    for row in session.execute(IN_DORMS, {**values, "rooms": list(dorms)}):
        starts, ends = max(row.starts_at, values["starts"]), min(row.ends_at, values["ends"])
        loads[row.room_id].append((axis.slot(starts), axis.slot(ends), 1))
    return {pk: len(rooms[pk]) - max(load for _, load in peak(loads[pk])) for pk in dorms}


def _parts(session: Session, hotel_id: int) -> dict[int, list[int]]:
    parts: dict[int, list[int]] = {}
    for suite, part in session.execute(
        text("SELECT room_id, other_room_id FROM room_link WHERE hotel_id = :hotel AND kind = 'component'"),
        {"hotel": hotel_id},
    ):
        parts.setdefault(suite, []).append(part)
    return parts


def _booking_ids(session: Session, hotel_id: int, rows: Sequence[Row[Any]]) -> dict[int, str]:
    wanted = sorted({row.booking_pk for row in rows if row.booking_pk is not None})
    found = session.execute(
        text("SELECT id, booking_id FROM booking WHERE hotel_id = :hotel AND id = ANY(CAST(:ids AS bigint[]))"),
        {"hotel": hotel_id, "ids": wanted},
    )
    return {row.id: row.booking_id for row in found}


def _pk(session: Session, hotel: Hotel, booking_id: str | None) -> int:
    """Return the row id of a booking; 0, which none has, where none is asked for (null would be every closure)."""
    if booking_id is None:
        return 0
    found = session.execute(
        text("SELECT id FROM booking WHERE hotel_id = :hotel AND booking_id = :booking"),
        {"hotel": hotel.id, "booking": booking_id},
    ).scalar_one_or_none()
    if found is None:
        raise NotFound
    return int(found)
