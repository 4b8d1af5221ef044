"""What if: other weights, locks lifted, closures, a group; what each would change, and nothing is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from allocator.answers.near import settled
from allocator.errors import InvalidProblem
from allocator.plan import in_force
from allocator.problem import Closure, Problem, Stay
from allocator.result import SolveResult
from allocator.score import score
from api.services.errors import InvalidInput
from api.services.fitting import Wanted
from api.services.snapshot import Snapshot, take_snapshot
from api.services.solving import solve_from
from api.services.standing import everybody
from models import Hotel


@dataclass(frozen=True, slots=True)
class ClosureWish:
    """A room that might be closed; hotel-local."""

    room_number: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class GroupWish:
    """Stays that might be booked, all alike."""

    room_type: str
    check_in: date
    check_out: date
    rooms: int
    adults: int = 2


@dataclass(frozen=True, slots=True)
class Supposed:
    """Two problems: as things are, and as they might be.

    Attributes
    ----------
    group
        Ids of the stays that are only supposed.
    """

    snapshot: Snapshot
    now: Problem
    then: Problem
    group: tuple[str, ...]
    time_limit_s: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """The best plan found for a problem.

    Attributes
    ----------
    score, terms
        By the weights asked about.
    usual_score
        By the hotel's own weights, so that two outcomes compare.
    """

    score: int
    terms: Mapping[str, int]
    usual_score: int
    bound: int
    gap: float
    moved: int
    placed: int
    unplaced: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The difference; ``group_without_room`` are those of the group that would not fit."""

    now: Outcome
    then: Outcome
    score_difference: int
    moved_difference: int
    unplaced_difference: int
    group_without_room: int


def suppose(
    session: Session,
    hotel: Hotel,
    *,
    weights: Mapping[str, Any] | None = None,
    unlock: Sequence[str] = (),
    end_closures: Sequence[str] = (),
    closures: Sequence[ClosureWish] = (),
    group: GroupWish | None = None,
    horizon_nights: int | None = None,
    time_limit_s: float = 3.0,
) -> Supposed:
    """Read the hotel, and make the problem of what is supposed.

    Raises
    ------
    InvalidInput
        With every fault: an unknown room, type, lock or closure; or locks that would clash with a closure.
    """
    common = {} if horizon_nights is None else {"horizon_nights": horizon_nights}
    snapshot = take_snapshot(session, hotel, changes=common)
    house = snapshot.house
    now = settled(snapshot.problem, in_force(snapshot.problem))
    errors = [
        {"field": "unlock", "message": f"{name} holds no lock"}
        for name in unlock
        if name not in now.stay_by_id or not now.stay_by_id[name].locked
    ]
    known = {closure.id for closure in now.closures}
    errors += [{"field": "end_closures", "message": f"there is no closure {c}"} for c in end_closures if c not in known]
    for wish in closures:
        if wish.room_number not in now.room_by_id:
            errors.append({"field": "closures", "message": f"there is no room {wish.room_number}"})
        if wish.ends_at <= wish.starts_at:
            errors.append({"field": "closures", "message": "a closure must end after it starts"})
    pk_of = {code: pk for pk, code in house.code_of.items()}
    if group is not None and group.room_type not in pk_of:
        errors.append({"field": "group", "message": f"there is no room type {group.room_type}"})
    if group is not None and group.check_out < group.check_in:
        errors.append({"field": "group", "message": "check_out must not be before check_in"})
    if errors:
        raise InvalidInput(errors=errors)
    stays: list[Stay] = [replace(s, locked=False) if s.id in unlock else s for s in now.stays]
    guests: list[Stay] = []
    if group is not None:
        wanted = Wanted(pk_of[group.room_type], group.check_in, group.check_out, group.adults)
        guests = [replace(house.stay_of(wanted), id=f"group/{n + 1}") for n in range(group.rooms)]
    own = [closure for closure in now.closures if closure.id not in end_closures]
    axis = house.axis
    own += [
        Closure(f"what-if/{k + 1}", wish.room_number, axis.slot(wish.starts_at), axis.slot(wish.ends_at))
        for k, wish in enumerate(closures)
    ]
    try:
        then = replace(now, stays=(*stays, *guests), closures=tuple(own))
    except InvalidProblem as error:
        faults = [{"field": "closures", "message": str(fault)} for fault in error.faults]
        raise InvalidInput(errors=faults) from None
    if weights:
        then = _weighted(session, hotel, then, {**common, "weights": dict(weights)})
    return Supposed(snapshot, now, then, tuple(s.id for s in guests), time_limit_s)


def _weighted(session: Session, hotel: Hotel, problem: Problem, changes: Mapping[str, Any]) -> Problem:
    """Return the problem with other weights; wishes and the use of rooms are priced anew."""
    other = take_snapshot(session, hotel, changes=changes)
    wishes = {stay.id: stay.wishes for stay in other.problem.stays}
    costs = {room.id: room.use_cost for room in other.problem.rooms}
    return replace(
        problem,
        weights=other.problem.weights,
        stays=tuple(replace(s, wishes=wishes.get(s.id, s.wishes)) for s in problem.stays),
        rooms=tuple(replace(room, use_cost=costs.get(room.id, room.use_cost)) for room in problem.rooms),
    )


def what_if(supposed: Supposed) -> WhatIf:
    """Solve both problems, each within the time limit, and compare."""
    now, _ = _outcome(supposed, supposed.now)
    then, result = _outcome(supposed, supposed.then)
    missing = sum(result.plan.rooms[name] is None for name in supposed.group)
    return WhatIf(
        now,
        then,
        then.usual_score - now.usual_score,
        then.moved - now.moved,
        len(then.unplaced) - len(now.unplaced),
        missing,
    )


def _outcome(supposed: Supposed, problem: Problem) -> tuple[Outcome, SolveResult]:
    result = solve_from(problem, everybody(problem), time_limit_s=supposed.time_limit_s, gap_limit=0.002)
    held = in_force(problem).rooms
    usual = replace(
        supposed.now, stays=_usual(supposed.now, problem), closures=problem.closures
    )  # the hotel's own weights, whoever and whatever is supposed
    moved = sum(room is not None and result.plan.rooms[name] != room for name, room in held.items())
    placed = sum(room is None and result.plan.rooms[name] is not None for name, room in held.items())
    outcome = Outcome(
        result.score.total,
        dict(result.score.terms),
        score(usual, result.plan).total,
        result.bound,
        result.gap,
        moved,
        placed,
        tuple(result.plan.unplaced),
    )
    return outcome, result


def _usual(now: Problem, problem: Problem) -> tuple[Stay, ...]:
    return tuple(
        replace(stay, wishes=now.stay_by_id[stay.id].wishes) if stay.id in now.stay_by_id else stay
        for stay in problem.stays
    )
