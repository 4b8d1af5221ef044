"""Why a stay is in this room and not in that one, and why it moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from allocator.answers.board import Board
from allocator.answers.fit import QUICK, DoesNotFit, Fits, Fitting, Unknown
from allocator.answers.near import EFFORT, MUST, best_near
from allocator.check import closed_periods, misfits
from allocator.diff import Change
from allocator.period import overlap
from allocator.plan import Plan
from allocator.problem import Problem, Room, Stay
from allocator.score import score


@dataclass(frozen=True, slots=True)
class Place:
    """A room as one stay sees it.

    Attributes
    ----------
    misfits
        Why the stay may not have it, whoever else is there.
    closed
        Whether it is closed at some time of the stay.
    blockers
        Stays that are in the way.
    parts
        What the stay adds to the score in it, by term, everybody else staying put; those of others left out while
        somebody is in the way.
    """

    room: str
    misfits: tuple[str, ...]
    closed: bool
    blockers: tuple[str, ...]
    parts: Mapping[str, int]

    @property
    def total(self) -> int:
        """Sum of the parts."""
        return sum(self.parts.values())

    @property
    def free(self) -> bool:
        """Whether the stay could simply have it."""
        return not (self.misfits or self.closed or self.blockers)


@dataclass(frozen=True, slots=True)
class Exchange:
    """What it costs the whole hotel to give the stay the other room, everybody else placed anew as far as it pays.

    Attributes
    ----------
    amount
        By how much the score rises; below 0 where the plan in force is not the best.
    low, high
        The true difference between the best plans lies between them.
    moves
        The fewest others found that have to change rooms for it.
    cost
        By how much the score rises if these move and nothing else happens.
    plan
        Everybody's room then.
    """

    amount: int
    low: int
    high: int
    moves: tuple[Change, ...]
    cost: int
    plan: Plan

    @property
    def exact(self) -> bool:
        """Whether the amount is the true difference, rather than an estimate within its bounds."""
        return self.low == self.high


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two rooms for a stay; ``exchange`` is what the other would cost everybody, or why it cannot be."""

    here: Place | None
    there: Place
    exchange: Exchange | DoesNotFit | Unknown


def place_of(problem: Problem, plan: Plan, stay: Stay, room: Room) -> Place:
    """Return a room as a stay sees it, which does not stand in its own way."""
    board = Board(problem, plan)
    board.take_out(stay.id)
    conflicts = board.conflicts(stay, room)
    reasons = list(misfits(stay, room))
    if room.gender not in ("any", stay.gender) and (room.gender != "same" or stay.gender is None):
        reasons.append(f"takes {room.gender}")
    shut = any(overlap(stay.start, stay.end, *period) for period in closed_periods(problem).get(room.id, ()))
    blockers = tuple(dict.fromkeys(taken.stay.id for taken in conflicts if taken.stay is not None))
    parts = board.cost(stay, room)
    if conflicts:
        parts = {term: cost for term, cost in parts.items() if term not in ("gap", "apart", "not_connecting")}
    return Place(room.id, tuple(reasons), shut, blockers, parts)


def explain_room(
    problem: Problem,
    plan: Plan,
    stay_id: str,
    room_id: str,
    *,
    bound: int | None = None,
    quick: int = QUICK,
    effort: float = EFFORT,
) -> Comparison:
    """Compare the room of a stay with another.

    Parameters
    ----------
    plan
        It breaks no rule.
    bound
        A score that no plan of the problem undercuts, if one is known.
    quick, effort
        As for `Fitting.fit`; the effort is that of each solve.

    Raises
    ------
    KeyError
        If there is no such stay or room.
    """
    stay, room = problem.stay_by_id[stay_id], problem.room_by_id[room_id]
    current = plan.rooms.get(stay_id)
    here = None if current is None else place_of(problem, plan, stay, problem.room_by_id[current])
    there = place_of(problem, plan, stay, room)
    allowed = frozenset({room_id}) if stay.allowed_rooms is None else stay.allowed_rooms & {room_id}
    free = replace(stay, locked=False, allowed_rooms=allowed, unplaced_penalty=MUST)
    found = Fitting(problem, plan).fit([free], prove=False, quick=quick, effort=effort)
    if not isinstance(found, Fits):
        return Comparison(here, there, found)
    forced = replace(problem, stays=tuple(free if s is stay else s for s in problem.stays))
    rooms, period = {room_id, *(c.after or "" for c in found.moves), current or room_id}, (stay.start, stay.end)
    now = best_near(problem, plan, rooms, period, effort=effort)
    then = best_near(forced, found.plan, rooms, period, effort=effort)
    known = max(now.bound, bound or 0)
    low = (then.bound if stay.locked else max(then.bound, known)) - now.score
    high = then.score - known
    cost = score(forced, found.plan).total - score(problem, plan).total
    return Comparison(here, there, Exchange(then.score - now.score, low, high, found.moves, cost, found.plan))


@dataclass(frozen=True, slots=True)
class Moved:
    """Why a stay moved.

    Attributes
    ----------
    forced
        Why it could not stay: the room does not fit any more, or is closed.
    makes_room_for
        Who is in its former room now.
    saves
        What it would cost to put it back, everybody else staying; None where it cannot go back.
    """

    change: Change
    forced: tuple[str, ...]
    makes_room_for: tuple[str, ...]
    saves: int | None


def explain_move(problem: Problem, before: Plan, after: Plan, stay_id: str) -> Moved | None:
    """Say why a stay is elsewhere in the second plan; None where it is not, or has no room in either."""
    old, new = before.rooms.get(stay_id), after.rooms.get(stay_id)
    if old is None or new is None or old == new:
        return None
    stay = problem.stay_by_id[stay_id]
    back, now = (place_of(problem, after, stay, problem.room_by_id[room]) for room in (old, new))
    forced = (*back.misfits, *(["closed"] if back.closed else []))
    saves = back.total - now.total if back.free else None
    return Moved(Change(stay_id, old, new), forced, back.blockers, saves)
