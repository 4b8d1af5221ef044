"""The problem as one booking sees it: itself free, everybody else standing where they are.

Of a private room only what comes just before and just after the stay is read, or what is in its way: nothing else in it
can matter to one more stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from allocator.problem import Closure, Problem, Stay
from api.services.house import House, read_house
from api.services.snapshot import blocker_of, live_occupancies, problem_of
from models import Booking, Hotel, Occupancy, OccupancyKind
from models.prepared import PREPARED

# Two rows of an index for each room, one where it is taken, however long its history.
_NEIGHBOURS: Final = text("""
    SELECT r.id, last.id, last.starts_at, last.ends_at, next.id, next.starts_at, next.ends_at
    FROM room r
    LEFT JOIN LATERAL (
        SELECT o.id, o.starts_at, o.ends_at
        FROM occupancy o
        WHERE o.hotel_id = r.hotel_id AND o.room_id = r.id AND o.bed = 1 AND o.released_at IS NULL AND o.kind <> 'HOLD'
            AND o.starts_at < :ends AND o.booking_pk IS DISTINCT FROM :booking
        ORDER BY o.starts_at DESC LIMIT 1
    ) AS last ON last.ends_at > :begin
    LEFT JOIN LATERAL (
        SELECT o.id, o.starts_at, o.ends_at
        FROM occupancy o
        WHERE o.hotel_id = r.hotel_id AND o.room_id = r.id AND o.bed = 1 AND o.released_at IS NULL AND o.kind <> 'HOLD'
            AND o.starts_at >= :ends AND o.starts_at < :end AND o.booking_pk IS DISTINCT FROM :booking
            AND (last.id IS NULL OR last.ends_at <= :starts)
        ORDER BY o.starts_at LIMIT 1
    ) AS next ON true
    WHERE r.hotel_id = :hotel AND r.beds = 1 AND (last.id IS NOT NULL OR next.id IS NOT NULL)
""").execution_options(**PREPARED)


def take_view(
    session: Session,
    hotel: Hotel,
    booking: Booking,
    place: tuple[int, datetime, datetime] | None,
    *,
    changes: Mapping[str, Any] | None = None,
) -> Problem:
    """Read the problem as one booking sees it.

    What the booking cannot share with is a closure there, whoever it is: only guests of dorms, who may share, and the
    members of its group, near whom it wants to be, are stays.

    Parameters
    ----------
    session
        REPEATABLE READ, or under the hotel lock: several statements must see one moment.
    place
        Room id and period of the live occupancy that it holds, if any.
    changes
        Keys of the allocation policy that hold for this problem only.
    """
    house = read_house(session, hotel, changes=changes)
    stay = house.stay_of(booking, None if place is None else house.place(*place))
    company = _company(session, hotel, house, booking, stay)
    stays, closures = [stay], []
    last = {row.booking_pk: row.id for row in company}  # sorted by start: where a guest who has moved is in the end
    for row in company:
        if row.kind == OccupancyKind.STAY:
            blocker = blocker_of(house, row, first=last[row.booking_pk] == row.id)
            near = row.group_id is not None and row.group_id == booking.group_id and last[row.booking_pk] == row.id
            stays.append(replace(blocker, group=stay.group) if near else blocker)
        elif row.parent_id is None:
            closures.append(_closure(house, row.id, row.room_id, row.starts_at, row.ends_at))
    known = {row.id for row in company}
    asked = _around(house, stay) | {"hotel": hotel.id, "booking": booking.id}
    for room, before, begun, ended, after, begins, ends in session.execute(_NEIGHBOURS, asked).all():
        if before is not None and before not in known:
            closures.append(_closure(house, before, room, begun, ended))
        if after is not None and after not in known:
            closures.append(_closure(house, after, room, begins, ends))
    return problem_of(session, hotel, house, stays, tuple(closures))


def _around(house: House, stay: Stay) -> dict[str, datetime]:
    """Return the stay's period, and from and until when its neighbours matter: idle runs that have a price, or none."""
    starts, ends = house.axis.moment(stay.start), house.axis.moment(stay.end)
    priced = timedelta(days=len(house.policy.weights.gap) + 2)
    return {"starts": starts, "ends": ends, "begin": starts - priced, "end": ends + priced}


def _company(session: Session, hotel: Hotel, house: House, booking: Booking, stay: Stay) -> list[Row[Any]]:
    """Return what is in dorms during the stay, and where the others of the booking's group are, whenever."""
    found: list[Row[Any]] = []
    starts, ends = house.axis.moment(stay.start), house.axis.moment(stay.end)
    dorms = [facts.id for facts in house.facts.values() if facts.beds > 1]
    if dorms:
        found += session.execute(live_occupancies(hotel.id, starts, ends).where(Occupancy.room_id.in_(dorms))).all()
    if booking.group_id is not None:
        begin, end = house.horizon
        members = live_occupancies(hotel.id, min(begin, starts), max(end, ends))
        known = {row.id for row in found}
        found += [
            row
            for row in session.execute(members.where(Booking.group_id == booking.group_id)).all()
            if row.id not in known
        ]
    found.sort(key=lambda row: (row.starts_at, row.id))
    return [row for row in found if row.booking_pk != booking.id]


def _closure(house: House, occupancy: int, room: int, starts_at: datetime, ends_at: datetime) -> Closure:
    place = house.place(room, starts_at, ends_at)
    return Closure(f"C{occupancy}", place.room, place.start, place.end)
