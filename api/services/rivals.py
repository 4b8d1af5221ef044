"""Who or what stands in a room: by plan in a period, and in person at this moment."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from api.services.errors import RoomClosed, RoomTaken, RuleBroken
from models import Occupancy


def rival_in(
    session: Session,
    hotel_id: int,
    rooms: Collection[int],
    starts_at: datetime,
    ends_at: datetime,
    *,
    leaving: Collection[int] = (),
    bed: int | None = None,
) -> RuleBroken | None:
    """Return the refusal that names what stands first in one of the rooms in a hotel-local period; None if nothing.

    Parameters
    ----------
    rooms
        Ids: a room and, of a suite, its parts.
    leaving
        Occupancies that do not count, nor what is held for them.
    bed
        In a dorm, the only bed that counts.
    """
    session.flush()
    row = session.execute(
        text("""
            SELECT o.id, o.kind, o.parent_id, b.booking_id, o.starts_at, o.ends_at, r.number
            FROM occupancy o
            JOIN room r ON r.hotel_id = o.hotel_id AND r.id = o.room_id
            LEFT JOIN booking b ON b.hotel_id = o.hotel_id AND b.id = o.booking_pk
            WHERE o.hotel_id = :hotel AND o.room_id = ANY(CAST(:rooms AS bigint[])) AND o.released_at IS NULL
                AND o.starts_at < :ends AND o.ends_at > :starts
                AND o.id <> ALL(CAST(:leaving AS bigint[]))
                AND (o.parent_id IS NULL OR o.parent_id <> ALL(CAST(:leaving AS bigint[])))
                AND (CAST(:bed AS int) IS NULL OR r.beds = 1 OR o.bed = :bed)
            ORDER BY o.starts_at, o.id LIMIT 1"""),
        {
            "hotel": hotel_id,
            "rooms": list(rooms),
            "starts": starts_at,
            "ends": ends_at,
            "leaving": list(leaving),
            "bed": bed,
        },
    ).one_or_none()
    if row is None:
        return None
    period = f"from {row.starts_at:%Y-%m-%d %H:%M} to {row.ends_at:%Y-%m-%d %H:%M}"
    if row.booking_id is not None:
        return RoomTaken(
            f"{row.number} is taken by {row.booking_id} {period}",
            room=row.number,
            booking_id=row.booking_id,
            remedy=f"move {row.booking_id} to another room first",
        )
    closure = f"C{row.parent_id or row.id}"
    return RoomClosed(
        f"{row.number} is closed {period}", room=row.number, closure_id=closure, remedy=f"end closure {closure} first"
    )


PRESENT = """
    WITH present AS (
        SELECT b.id, b.booking_id, b.guest_id, r.number, r.beds, o.room_id, o.bed, o.starts_at
        FROM booking b
        JOIN occupancy o ON o.hotel_id = b.hotel_id AND o.booking_pk = b.id
        JOIN room r ON r.hotel_id = o.hotel_id AND r.id = o.room_id
        WHERE b.hotel_id = :hotel AND b.status = 'CHECKED_IN' AND o.released_at IS NULL
            AND NOT EXISTS (SELECT FROM occupancy later
                            WHERE later.hotel_id = o.hotel_id AND later.booking_pk = o.booking_pk
                                AND later.kind = 'STAY' AND later.released_at IS NULL
                                AND later.starts_at > o.starts_at))"""
"""Who is in which room in person, whatever plan and clock say: of a guest who has moved, where the last move led."""


def guest_in(session: Session, row: Occupancy, rooms: Collection[int]) -> RoomTaken | None:
    """Return the refusal that names a guest who is in one of the rooms, whatever plan and clock say; None if none.

    Parameters
    ----------
    row
        The occupancy of whoever wants the room; in a dorm its bed is the only one that counts.
    """
    session.flush()
    found = session.execute(
        text(f"""{PRESENT}
            SELECT booking_id, number FROM present
            WHERE id <> :booking AND room_id = ANY(CAST(:rooms AS bigint[])) AND (beds = 1 OR bed = :bed)
            ORDER BY starts_at, booking_id LIMIT 1"""),
        {"hotel": row.hotel_id, "booking": row.booking_pk, "rooms": list(rooms), "bed": row.bed},
    ).one_or_none()
    if found is None:
        return None
    return RoomTaken(
        f"{found.booking_id} is still in {found.number}",
        room=found.number,
        booking_id=found.booking_id,
        remedy=f"check out {found.booking_id} first, or take another room",
    )


def occupied(session: Session, hotel_id: int, rows: Collection[int]) -> frozenset[int]:
    """Return those occupancies (ids; of a suite with its parts) in whose rooms somebody else is: see `guest_in`."""
    if not rows:
        return frozenset()
    found = session.execute(
        text(f"""{PRESENT}
            SELECT DISTINCT coalesce(o.parent_id, o.id)
            FROM occupancy o JOIN present ON present.room_id = o.room_id AND present.id <> o.booking_pk
            WHERE o.hotel_id = :hotel AND o.released_at IS NULL
                AND (o.id = ANY(CAST(:rows AS bigint[])) OR o.parent_id = ANY(CAST(:rows AS bigint[])))
                AND (present.beds = 1 OR present.bed = o.bed)"""),
        {"hotel": hotel_id, "rows": list(rows)},
    )
    return frozenset(found.scalars())
