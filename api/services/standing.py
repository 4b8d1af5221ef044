"""The hotel as it stands, made ready for questions: everybody who is promised a room is in one, as far as can be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from allocator.answers.fit import DoesNotFit, Exhausted, Fits, Fitting, TooMany
from allocator.answers.near import settled
from allocator.answers.witness import Capacity
from allocator.arrays import build, plan_of
from allocator.diff import diff
from allocator.period import overlap
from allocator.plan import Plan, in_force
from allocator.problem import Problem
from allocator.search.greedy import greedy
from api.services.house import House
from api.services.periods import MIDNIGHT
from api.services.policy import HousePolicy
from api.services.snapshot import Snapshot, take_snapshot
from models import Hotel

FOR_OTHERS: Final = 10_000
"""(stay, room) pairs to look at for each of those who wait as well: some 0.03 s."""

FOR_ALL: Final = 50_000
"""The same for all of them together; each gets its share."""

MARGIN: Final = timedelta(days=7)
"""How far around a stay others are looked at who might change rooms for it."""


@dataclass(frozen=True, slots=True)
class Move:
    """A booking that changes rooms."""

    booking_id: str
    from_room: str | None
    to_room: str | None


@dataclass(frozen=True, slots=True)
class Why:
    """Why something does not fit.

    Attributes
    ----------
    kind
        ``capacity`` (too few beds at a moment), ``too_many_moves`` (it would, with more) or ``exhausted`` (no moment
        shows it, but every way to move others was tried).
    stays, beds
        How many compete, for how many beds, with ``capacity``.
    booking_ids, room_numbers
        Who competes, and the rooms that are all they can have.
    verified
        Whether it has been confirmed in a second way.
    """

    kind: str
    message: str
    at: datetime | None
    stays: int
    beds: int
    room_types: tuple[str, ...]
    booking_ids: tuple[str, ...]
    room_numbers: tuple[str, ...]
    verified: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """A moment of the hotel.

    Attributes
    ----------
    problem
        Its stays; those who are in a room against a rule count as locked in it.
    held
        Who is in which room now.
    plan
        The same with those who have no room yet placed too, as far as can be: where nobody has to move, or else by
        moving others.
    missing
        Who has been promised a room and cannot be placed.
    """

    snapshot: Snapshot
    problem: Problem
    held: Plan
    plan: Plan
    missing: tuple[str, ...]

    @property
    def house(self) -> House:
        """The inventory."""
        return self.snapshot.house

    def moves(self, plan: Plan) -> tuple[Move, ...]:
        """Return who with a room now has another one in a plan, but for moves that those who wait need anyway."""
        moved = diff(self.plan, plan).moved
        held = self.held.rooms
        return tuple(Move(c.stay, held[c.stay], c.after) for c in moved if held.get(c.stay) not in (None, c.after))

    def settled(self) -> tuple[Problem, Plan]:
        """Return problem and plan without those who cannot be placed, so that no answer is about placing them."""
        missing = {*self.missing}
        stays = tuple(stay for stay in self.problem.stays if stay.id not in missing)
        rooms = {name: room for name, room in self.plan.rooms.items() if name not in missing}
        return replace(self.problem, stays=stays), Plan(rooms)

    def why(self, found: DoesNotFit) -> Why:
        """Tell a reason in the hotel's words."""
        return why(self.problem, self.house, found)


def around(
    session: Session, hotel: Hotel, check_in: date, check_out: date, changes: Mapping[str, Any] | None = None
) -> Snapshot:
    """Read who is near a stay, pending bookings included.

    Parameters
    ----------
    session
        REPEATABLE READ, or under the hotel lock.
    """
    nights = (check_out - hotel.business_date).days + 2 * MARGIN.days
    longer = {"horizon_nights": max(nights, HousePolicy.of(hotel).horizon_nights)}
    window = (datetime.combine(check_in, MIDNIGHT) - MARGIN, datetime.combine(check_out, MIDNIGHT) + MARGIN)
    return take_snapshot(session, hotel, changes={**longer, **(changes or {})}, window=window, pending=True)


def stand(
    snapshot: Snapshot, without: str | None = None, *, moving: bool = True, during: tuple[int, int] | None = None
) -> Standing:
    """Place everybody who has no room yet, but for one booking.

    Parameters
    ----------
    moving
        Whether others may be thought elsewhere for that; without, those stay unplaced for whom no room is free.
    during
        Slots; others are thought elsewhere only for those who are there at some time of them. Who waits for a room at
        another time stays unplaced, and is not in anybody's way.
    """
    held = in_force(snapshot.problem)
    problem = settled(snapshot.problem, held)
    plan = everybody(problem, without, moving=moving, during=during)
    missing = tuple(name for name in plan.unplaced if name != without)
    return Standing(snapshot, problem, held, plan, missing)


def everybody(
    problem: Problem, without: str | None = None, *, moving: bool = True, during: tuple[int, int] | None = None
) -> Plan:
    """Return a plan that places who has no room yet as well, as far as can be, but for one booking."""
    plan = plan_of(problem, greedy(build(problem)))
    if without in problem.stay_by_id and problem.stay_by_id[without].room is None:
        plan = Plan({**plan.rooms, without: None})
    asking = [problem.stay_by_id[name] for name in plan.unplaced if name != without] if moving else []
    waiting = [s for s in asking if during is None or overlap(s.start, s.end, *during)]
    fitting: Fitting | None = None
    for stay in waiting:
        fitting = fitting or Fitting(problem, plan)  # good for all questions until one changes the plan
        found = fitting.fit([stay], prove=False, quick=min(FOR_OTHERS, FOR_ALL // len(waiting)), effort=0)
        if isinstance(found, Fits):
            plan, fitting = found.plan, None
    return plan


def why(problem: Problem, house: House, found: DoesNotFit) -> Why:
    """Tell why something does not fit in the hotel's words."""
    witness = found.witness
    if isinstance(witness, TooMany):
        return Why("too_many_moves", str(witness).capitalize() + ".", None, 0, 0, (), (), (), True)
    if isinstance(witness, Exhausted):
        message = str(witness).capitalize() + "."
        return Why("exhausted", message, None, witness.stays, 0, (), (), (), witness.verified)
    assert isinstance(witness, Capacity)
    at = house.axis.moment(witness.slot)
    kinds = tuple(dict.fromkeys(problem.room_by_id[room].type for room in witness.rooms))
    what = "stay competes" if len(witness.stays) == 1 else "stays compete"
    beds = "bed" if any(problem.room_by_id[room].beds > 1 for room in witness.rooms) else "room"
    beds += "" if witness.beds == 1 else "s"
    of = f" of {', '.join(kinds)}" if kinds else ""
    message = f"{len(witness.stays)} {what} for {witness.beds} free {beds}{of} on {at:%Y-%m-%d}."
    stays = len(witness.stays)
    return Why("capacity", message, at, stays, witness.beds, kinds, witness.stays, witness.rooms, True)
