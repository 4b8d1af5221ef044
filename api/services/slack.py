"""Time to spare before important arrivals: how long their rooms are ready, and which room would be ready sooner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from allocator.answers.slack import slack_before
from api.services.snapshot import Snapshot, take_snapshot
from api.services.standing import stand
from models import Booking, BookingStatus, Hotel


@dataclass(frozen=True, slots=True)
class ReadyRoom:
    """A free room; ``hours`` since it was last taken (None: not taken before), and what taking it adds to the score."""

    room_number: str
    hours: float | None
    cost: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """An important arrival; ``hours`` is how long its room stands empty before it (None: nobody was in it)."""

    booking_id: str
    priority: int
    arrives_at: datetime
    room_number: str
    hours: float | None
    locked: bool
    enough: bool
    others: tuple[ReadyRoom, ...]


@dataclass(frozen=True, slots=True)
class Arrivals:
    """The hotel as it was read, and its important arrivals by rank."""

    snapshot: Snapshot
    priority: dict[str, int]
    hours: float


def ask_slack(session: Session, hotel: Hotel, *, days: int = 7, hours: float = 24.0) -> Arrivals:
    """Read who of higher rank arrives within so many days.

    Parameters
    ----------
    hours
        Time that their rooms should be empty before them.
    """
    last: date = hotel.business_date + timedelta(days=days)
    query = select(Booking.booking_id, Booking.priority).where(
        Booking.hotel_id == hotel.id,
        Booking.priority > 0,
        Booking.status == BookingStatus.CONFIRMED,
        Booking.check_in >= hotel.business_date,
        Booking.check_in <= last,
    )
    return Arrivals(take_snapshot(session, hotel), {row[0]: row[1] for row in session.execute(query)}, hours)


def slack(asked: Arrivals, limit: int = 3) -> tuple[Arrival, ...]:
    """Return the important arrivals, the least time first, with so many rooms that would be ready in time."""
    standing = stand(asked.snapshot, moving=False)
    problem, plan = standing.settled()
    slots_per_hour = problem.slots_per_night / 24
    found = []
    for name, priority in asked.priority.items():
        if name not in problem.stay_by_id:
            continue
        told = slack_before(problem, plan, name, round(asked.hours * slots_per_hour))
        if told is None:
            continue
        stay = problem.stay_by_id[name]
        hours = None if told.idle is None else told.idle / slots_per_hour
        others = tuple(
            ReadyRoom(o.room, None if o.idle is None else o.idle / slots_per_hour, o.cost) for o in told.others[:limit]
        )
        found.append(
            Arrival(
                booking_id=name,
                priority=priority,
                arrives_at=standing.house.axis.moment(stay.start),
                room_number=told.room,
                hours=hours,
                locked=stay.locked,
                enough=hours is None or hours >= asked.hours,
                others=others,
            )
        )
    return tuple(sorted(found, key=lambda a: (a.hours is None, a.hours or 0.0, -a.priority, a.booking_id)))
