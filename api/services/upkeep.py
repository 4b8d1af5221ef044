"""The cheapest days for closing a room, and what locks and closures cost now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from allocator.answers.conflict import Element
from allocator.answers.maintenance import plan_maintenance
from allocator.answers.price import price_list
from allocator.answers.rack import takes
from allocator.problem import Problem, Room, Stay
from allocator.score import move_of, upgrade_of, wish_of
from api.services.errors import InvalidInput, NotFound
from api.services.explain import PriceView, price_view
from api.services.fees import FeeScale, fee_scale
from api.services.periods import MIDNIGHT
from api.services.snapshot import Snapshot, take_snapshot
from api.services.standing import Move, stand
from models import Hotel


@dataclass(frozen=True, slots=True)
class Days:
    """Days on which a room could be closed: what that costs, and who changes rooms for it."""

    starts_at: datetime
    ends_at: datetime
    cost: int
    moves: tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class Upkeep:
    """A room to be closed for so many nights within some dates."""

    snapshot: Snapshot
    room: str
    first: date
    last: date
    nights: int


def ask_upkeep(session: Session, hotel: Hotel, *, room: str, first: date, last: date, nights: int) -> Upkeep:
    """Read what the question is about.

    Raises
    ------
    InvalidInput
        If the dates are impossible.
    NotFound
        If there is no such room.
    """
    errors = []
    if first < hotel.business_date:
        errors.append({"field": "start_date", "message": f"is before the business date {hotel.business_date}"})
    if (last - first).days < nights:
        errors.append({"field": "end_date", "message": f"leaves less than {nights} nights"})
    if errors:
        raise InvalidInput(errors=errors)
    week = timedelta(days=7)
    changes = {"horizon_nights": (last - hotel.business_date).days + 14}
    window = (datetime.combine(first, MIDNIGHT) - week, datetime.combine(last, MIDNIGHT) + week)
    snapshot = take_snapshot(session, hotel, changes=changes, window=window, pending=True)
    if room not in snapshot.problem.room_by_id:
        raise NotFound
    return Upkeep(snapshot, room, first, last, nights)


def plan_upkeep(asked: Upkeep) -> tuple[Days, ...]:
    """Return the times at which the room can be closed, from noon to noon, cheapest first."""
    standing = stand(asked.snapshot, moving=False)
    axis = standing.house.axis
    noon = timedelta(hours=12)
    window = (
        axis.slot(datetime.combine(asked.first, MIDNIGHT) + noon),
        axis.slot(datetime.combine(asked.last, MIDNIGHT) + noon),
    )
    length = asked.nights * standing.problem.slots_per_night
    problem, plan = standing.settled()
    found = plan_maintenance(problem, plan, asked.room, window, length)
    return tuple(
        Days(axis.moment(days.start), axis.moment(days.end), days.cost, standing.moves(days.plan)) for days in found
    )


@dataclass(frozen=True, slots=True)
class Prices:
    """The hotel as it was read, and what a point is worth in it."""

    snapshot: Snapshot
    scale: FeeScale


@dataclass(frozen=True, slots=True)
class LockPrice:
    """What a lock or a closure costs; for a lock the fee that would make up for it, None where no rate says so."""

    price: PriceView
    fee: str | None


def ask_prices(session: Session, hotel: Hotel) -> Prices:
    """Read the hotel."""
    return Prices(take_snapshot(session, hotel), fee_scale(session, hotel))


def dear_locks(asked: Prices, limit: int = 10) -> tuple[LockPrice, ...]:
    """Return what locks and closures cost now, dearest first.

    Looked at closely are the locks of those who would be better off in another room of the hotel, were it empty, and
    the longest closures, as many of each as are asked for.
    """
    standing = stand(asked.snapshot, moving=False)
    problem, plan = standing.settled()
    locked = [s for s in problem.stays if s.locked and s.id in asked.snapshot.booking_pk]
    locked.sort(key=lambda s: (-_alone(problem, s), s.start - s.end, s.id))
    elements = [Element("lock", stay.id) for stay in locked[:limit]]
    closures = sorted(problem.closures, key=lambda c: (c.start - c.end, c.id))  # the longest hold most
    elements += [Element("closure", closure.id) for closure in closures[:limit]]
    prices = price_list(problem, plan, elements, effort=0.3)[:limit]
    return tuple(
        LockPrice(price_view(standing, price), asked.scale.fee(price.amount) if price.of.kind == "lock" else None)
        for price in prices
    )


def _alone(problem: Problem, stay: Stay) -> int:
    """Return how much better a stay could do in an empty hotel than in its room."""

    def cost(room: Room) -> int:
        own = upgrade_of(problem, stay, room) + wish_of(stay, room) + stay.room_costs.get(room.id, 0)
        return own + move_of(stay, room) + room.use_cost * stay.nights

    here = cost(problem.room_by_id[stay.room or ""])
    return here - min((cost(room) for room in problem.rooms if takes(room, stay)), default=here)
