"""Which rooms are free for a period, and what stands in the others.

The occupancies of a bed cannot overlap, so the last one that starts before the wanted end tells: either it ends after
the wanted start, or the bed is free. That is one index row a bed, however long the hotel's history.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from allocator.period import peak
from api.services.errors import InvalidInput, NotFound
from api.services.naming import find_type, unknown_type
from api.services.periods import DAY, MIDNIGHT, Axis, HouseTimes
from models import Hotel
from models.prepared import PREPARED


class AvailableRoom(NamedTuple):
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


class UnavailableRoom(NamedTuple):
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


class _Bed(NamedTuple):
    """A bed, what is in it in the period (``occupancy_id`` and on, null where it is free), and the parts of a suite."""

    room_id: int
    number: str
    floor: int
    features: Sequence[str]
    type_code: str
    type_name: str
    wanted: bool
    occupancy_id: int | None
    kind: str
    ends_at: datetime
    parent_id: int | None
    closure_kind: str
    booking_id: str | None
    next_starts_at: datetime | None
    parts: Sequence[int] | None


# What comes next is shown of rooms that can be had; a private room that is taken is none. A booking is looked up, not
# joined: a join may read all of the hotel's.
LAST_STARTS: Final = text("""
    WITH suite AS MATERIALIZED (
        SELECT room_id, other_room_id FROM room_link WHERE hotel_id = :hotel AND kind = 'component'
    )
    SELECT r.id, r.number, r.floor, r.features, t.code, t.name,
           (t.code = :type OR CAST(:type AS text) IS NULL) AND (r.beds > 1 OR r.sleeps >= :party)
               AND r.features @> CAST(:features AS text[]) AND r.active AS wanted,
           last.id, last.kind, last.ends_at, last.parent_id, last.closure_kind,
           (SELECT b.booking_id FROM booking b WHERE b.hotel_id = r.hotel_id AND b.id = last.booking_pk),
           CASE WHEN last.id IS NULL OR r.beds > 1 THEN (
               SELECT o.starts_at
               FROM occupancy o
               WHERE o.hotel_id = r.hotel_id AND o.room_id = r.id AND o.bed = bed.n AND o.released_at IS NULL
                   AND o.starts_at >= :ends AND o.booking_pk IS DISTINCT FROM :exclude
               ORDER BY o.starts_at LIMIT 1
           ) END,
           CASE WHEN r.id = ANY(CAST((SELECT array_agg(room_id) FROM suite) AS bigint[])) THEN (
               SELECT array_agg(suite.other_room_id) FROM suite WHERE suite.room_id = r.id
           ) END
    FROM room r
    JOIN room_type t ON t.hotel_id = r.hotel_id AND t.id = r.room_type_id
    CROSS JOIN LATERAL generate_series(1, r.beds) AS bed(n)
    LEFT JOIN LATERAL (
        SELECT o.id, o.kind, o.ends_at, o.booking_pk, o.parent_id, o.closure_kind
        FROM occupancy o
        WHERE o.hotel_id = r.hotel_id AND o.room_id = r.id AND o.bed = bed.n AND o.released_at IS NULL
            AND o.starts_at < :ends AND o.booking_pk IS DISTINCT FROM :exclude
        ORDER BY o.starts_at DESC LIMIT 1
    ) AS last ON last.ends_at > :starts
    WHERE r.hotel_id = :hotel
    ORDER BY r.number, bed.n""").execution_options(**PREPARED)

# Materialised, so that nobody looks the rooms up first: with all that ever was in them.
IN_HOUSE: Final = text("""
    WITH inside AS MATERIALIZED (
        SELECT o.room_id, o.starts_at, b.guest_id
        FROM occupancy o
        JOIN booking b ON b.hotel_id = o.hotel_id AND b.id = o.booking_pk
        WHERE o.hotel_id = :hotel AND o.released_at IS NULL AND o.kind IN ('STAY', 'HOLD') AND b.status = 'CHECKED_IN'
            AND o.ends_at > :today AND o.starts_at < :tomorrow
    )
    SELECT room_id, (SELECT btrim(g.first_name || ' ' || g.last_name) FROM guest g
                     WHERE g.hotel_id = :hotel AND g.id = inside.guest_id)
    FROM inside WHERE room_id = ANY(CAST(:rooms AS bigint[])) ORDER BY starts_at""").execution_options(**PREPARED)

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
        Only rooms of the type with this code or name.
    exclude_booking
        A booking that does not stand in the way of itself.
    party, features
        Only rooms that sleep so many, and have all of these.

    Raises
    ------
    InvalidInput
        If check-out is before check-in, or there is no such type.
    NotFound
        If there is no such booking to exclude.
    """
    kind = None if room_type is None else find_type(session, hotel.id, room_type)
    faults = []
    if check_out < check_in:
        message = "must not be before check_in"
        faults.append({"in": "query", "field": "check_out", "code": "impossible", "message": message})
    if room_type is not None and kind is None:
        faults.append(unknown_type("query"))
    if faults:
        raise InvalidInput(errors=faults)
    starts, ends = HouseTimes.of(hotel).period(check_in, check_out)
    values = {"hotel": hotel.id, "starts": starts, "ends": ends, "exclude": _pk(session, hotel, exclude_booking)}
    asked = {**values, "type": None if kind is None else kind.code, "party": party, "features": list(features)}
    rooms: dict[int, list[_Bed]] = {}
    for bed in map(_Bed._make, session.execute(LAST_STARTS, asked).all()):
        rooms.setdefault(bed.room_id, []).append(bed)
    full = [pk for pk, beds in rooms.items() if len(beds) > 1 and all(bed.occupancy_id is not None for bed in beds)]
    recoloured = _free_after_recolouring(session, full, rooms, values)

    having: dict[int, tuple[int, date | None]] = {}
    unavailable = []
    for pk, beds in rooms.items():
        first = beds[0]
        if not first.wanted:
            continue
        standing = [bed for bed in beds if bed.occupancy_id is not None]
        free = len(beds) - len(standing) or recoloured.get(pk, 0)
        inside = [bed for part in first.parts or () for bed in rooms[part]]
        blocked = [bed for bed in inside if bed.occupancy_id is not None]
        if free and not blocked:
            upcoming = [bed.next_starts_at for bed in beds + inside if bed.next_starts_at is not None]
            having[pk] = (free, min(upcoming).date() if upcoming else None)
        else:
            unavailable.append(_unavailable(first, blocked if free else standing))
    in_house = _in_house(session, hotel, [*having])
    available = (
        AvailableRoom(
            room_number=room.number,
            room_type=room.type_name,
            type_code=room.type_code,
            floor=room.floor,
            features=tuple(room.features),
            free_beds=free,
            is_occupied=pk in in_house,
            current_guest=in_house.get(pk),
            next_booking=upcoming,
        )
        for pk, (free, upcoming) in having.items()
        for room in rooms[pk][:1]
    )
    return Availability(tuple(available), tuple(unavailable))


def _in_house(session: Session, hotel: Hotel, rooms: Sequence[int]) -> dict[int, str]:
    """Return who sleeps in these rooms on the business date."""
    if not rooms:
        return {}
    today = datetime.combine(hotel.business_date, MIDNIGHT)
    values = {"hotel": hotel.id, "today": today, "tomorrow": today + DAY, "rooms": rooms}
    return {room: guest for room, guest in session.execute(IN_HOUSE, values)}  # noqa: C416 - rows are no pairs to mypy


def _unavailable(room: _Bed, standing: Sequence[_Bed]) -> UnavailableRoom:
    """Tell of the one of a room's occupants that leaves first."""
    bed = standing[0] if len(standing) == 1 else min(standing, key=lambda b: (b.ends_at, b.occupancy_id))
    if bed.kind == "CLOSURE":
        kind = "Out of order" if bed.closure_kind == "OOO" else "Out of service"
    elif bed.kind == "HOLD":
        kind = "Held by its suite" if bed.booking_id is not None else "Closed with its suite"
    elif bed.number != room.number:
        kind = f"Room {bed.number} of the suite is taken"
    else:
        kind = "Existing booking"
    closure = None if bed.booking_id is not None else f"C{bed.parent_id or bed.occupancy_id}"
    return UnavailableRoom(
        room.number, room.type_name, room.type_code, kind, bed.booking_id, closure, bed.ends_at.date()
    )


def _free_after_recolouring(
    session: Session, dorms: Sequence[int], rooms: Mapping[int, Sequence[_Bed]], values: Mapping[str, Any]
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
