"""Would these stays fit if others moved, and who is the fewest that must?

The one call is ``fit(problem, plan, stay, max_moves)``: *stay* is the id of a stay of the problem, or a `Stay` that is
not part of it (a booking that somebody would like to make). It returns one of three:

- `Fits`: ``plan`` is the plan in force with the stay in it, ``moves`` who changes rooms for it; ``fewest`` says that
  no plan does with less.
- `DoesNotFit`: ``witness`` says why: a `Capacity` (so many stays, so many beds, at that moment), `TooMany` (it takes
  more moves than allowed) or `Exhausted` (no moment shows it, but all ways were tried, and a second proof says no too).
- `Unknown`: the effort did not suffice; more of it may.

The stay must be placed, and whoever is placed stays placed; who has no room today gets none. Locked stays keep their
rooms, and so does a stay that is in a room against a rule about the two alone (somebody put it there). The moves of the
answer are counted against ``max_moves``, not against the move budget of the problem, which is about whole runs.

To ask more than once about the same plan, make a `Fitting` once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from allocator.answers.evict import Eviction, Hints, Spent
from allocator.answers.rack import Rack, bits
from allocator.answers.witness import Capacity, capacity_witness, holds
from allocator.arrays import Ints, build, plan_of
from allocator.diff import Change, diff
from allocator.errors import SolverBug
from allocator.plan import Plan
from allocator.problem import Problem, Stay

QUICK: Final = 250_000
"""(stay, room) pairs that are looked at before CP-SAT is asked: about a quarter of a second."""

EFFORT: Final = 4.0
"""Deterministic limit of CP-SAT, in about seconds."""

WHOLE: Final = 40_000
"""(stay, room) pairs up to which everybody who might have to move is put into one model."""

PARTS: Final = (6_000, 24_000)
"""(stay, room) pairs of the models that are tried where everybody would be too many."""


@dataclass(frozen=True, slots=True)
class TooMany:
    """It would fit, but not with so few moves; ``at_least`` so many are needed."""

    at_least: int

    def __str__(self) -> str:
        return f"at least {self.at_least} others would have to move"


@dataclass(frozen=True, slots=True)
class Exhausted:
    """Every way to move others was tried.

    Attributes
    ----------
    stays
        How many stays were free to move.
    rooms
        How many rooms they could have moved among.
    verified
        Whether a second, different proof said no as well.
    """

    stays: int
    rooms: int
    verified: bool

    def __str__(self) -> str:
        return f"none of the ways to move {self.stays} stays among {self.rooms} rooms makes space"


@dataclass(frozen=True, slots=True)
class Fits:
    """It fits.

    Attributes
    ----------
    plan
        Everybody's room, the new ones among them; it breaks no rule that the plan in force keeps.
    room
        The room of the stay that asked (of the first, where several did).
    moves
        Who changes rooms, sorted by id.
    at_least
        No plan does with fewer moves.
    """

    plan: Plan
    room: str
    moves: tuple[Change, ...]
    at_least: int

    @property
    def fewest(self) -> bool:
        """Whether nothing less would do."""
        return self.at_least == len(self.moves)


@dataclass(frozen=True, slots=True)
class DoesNotFit:
    """It does not fit, and here is why."""

    witness: Capacity | TooMany | Exhausted


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows within the effort allowed; it takes ``at_least`` so many moves, if it can be done."""

    at_least: int


Answer = Fits | DoesNotFit | Unknown


def fit(
    problem: Problem,
    plan: Plan,
    stay: Stay | str,
    max_moves: int | None = None,
    *,
    quick: int = QUICK,
    effort: float = EFFORT,
) -> Answer:
    """Tell whether a stay fits if others moved, with the fewest moves or the reason why not.

    Parameters
    ----------
    plan
        The plan in force.
    stay
        Its id, or a stay that the problem does not have.
    max_moves
        Most others that may change rooms; None for as many as it takes.
    quick
        (stay, room) pairs to look at before CP-SAT is asked, about a million a second.
    effort
        Deterministic limit of CP-SAT, about seconds; 0 never asks it.

    Raises
    ------
    KeyError
        If the problem has no stay of that id.
    ValueError
        If the plan in force has two stays in one bed.
    """
    asked = problem.stay_by_id[stay] if isinstance(stay, str) else stay
    return Fitting(problem, plan).fit([asked], max_moves, quick=quick, effort=effort)


class Fitting:
    """A plan in force, made ready for questions."""

    def __init__(self, problem: Problem, plan: Plan) -> None:
        self.problem, self.before = problem, plan
        self._rack = Rack(problem, plan)
        self._hints = Hints(self._rack)

    def fit(
        self,
        asked: Sequence[Stay],
        max_moves: int | None = None,
        *,
        quick: int = QUICK,
        effort: float = EFFORT,
        prove: bool = True,
    ) -> Answer:
        """Tell whether stays fit, all of them together.

        Parameters
        ----------
        prove
            Whether the moves have to be the fewest; without, the first way found will do.
        """
        held = [s for s in asked if s.locked and self.before.rooms.get(s.id) == s.room]
        if len(held) == len(asked):  # nobody may ask them to leave
            return self._fits(self.before, asked, 0)
        rack, hints = self._rack_for(asked)
        witness = capacity_witness(rack)
        if witness is not None:
            if not holds(self.problem, self.before, asked, witness):
                raise SolverBug(f"a witness that does not hold: {witness}")
            return DoesNotFit(witness)
        search = Eviction(rack, hints, quick)
        least = 0
        try:
            while max_moves is None or least <= max_moves:
                if search.within(least):
                    return self._fits(rack.plan(self.before), asked, least)
                if not search.cut:
                    return DoesNotFit(self._exhausted(rack))
                least += 1
        except Spent:
            rack.ask(asked)
        if max_moves is not None and least > max_moves:
            return DoesNotFit(TooMany(least))
        if effort <= 0:
            return Unknown(least)
        return self._by_model(rack, asked, max_moves, least, effort, prove)

    def _rack_for(self, asked: Sequence[Stay]) -> tuple[Rack, Hints]:
        """Return a rack in which these stays ask, and the hints that go with it."""
        names = {s.id for s in asked if self.before.rooms.get(s.id) is not None}
        if not names and self._rack.ask(asked):
            self._hints.forget()
            return self._rack, self._hints
        instants = {t for s in asked for t in (s.start, s.end)}
        rack = Rack(self.problem, self.before, without=names, cuts=instants)
        rack.ask(asked)
        return rack, Hints(rack)

    def _fits(self, plan: Plan, asked: Sequence[Stay], least: int) -> Fits:
        names = {stay.id for stay in asked}
        moves = tuple(change for change in diff(self.before, plan).changes if change.stay not in names)
        return Fits(plan, plan.rooms[asked[0].id] or "", moves, least)

    def _exhausted(self, rack: Rack) -> Exhausted:
        """Confirm by CP-SAT, where it is small enough, that nothing can be done."""
        stays, rooms = reach(rack)
        return self._no(rack, stays, rooms, EFFORT)

    def _no(self, rack: Rack, stays: set[int], rooms: int, effort: float) -> Exhausted:
        from allocator.cpsat.fewest import fewest

        verified = False
        if pairs(rack, stays) <= WHOLE:
            part = Part(rack, stays, rooms)
            again = fewest(part.arrays, part.rooms, 2, effort, elastic=True)
            if again.verdict == "yes":
                raise SolverBug("one proof says that it does not fit, and the other that it does")
            verified = again.verdict == "no"
        return Exhausted(len(stays) - len(rack.asking), rooms.bit_count(), verified)

    def _by_model(
        self, rack: Rack, asked: Sequence[Stay], max_moves: int | None, least: int, effort: float, prove: bool
    ) -> Answer:
        """Ask CP-SAT: about everybody who might have to move, or if these are too many about more and more of them."""
        from allocator.cpsat.fewest import fewest  # slow to import, and most questions do not need it

        everybody, rooms = reach(rack)
        whole = pairs(rack, everybody) <= WHOLE
        best: Fits | None = None
        for stays, among in [(everybody, rooms)] if whole else (nearest(rack, limit) for limit in PARTS):
            part = Part(rack, stays, among)
            found = fewest(part.arrays, part.rooms, 1, effort)
            effort -= found.effort
            if found.verdict == "no" and whole:
                return DoesNotFit(self._no(rack, everybody, rooms, max(effort, 1.0)))
            if found.rooms is not None:
                least = max(least, found.least) if whole else least
                now = self._fits(part.plan(self.before, found.rooms), asked, least)
                best = now if best is None or len(now.moves) < len(best.moves) else best
            if effort <= 0 or (best is not None and (best.fewest or not prove)):
                break
        if best is None:
            return Unknown(least)
        if max_moves is not None and len(best.moves) > max_moves:
            return DoesNotFit(TooMany(least)) if least > max_moves else Unknown(least)
        return best


def reach(rack: Rack) -> tuple[set[int], int]:
    """Return everybody who may have to move so that those who ask fit, themselves included, and all rooms of theirs."""
    found = set(rack.asking)
    queue = list(found)
    rooms = 0
    for i in queue:
        can = rack.can(i)
        rooms |= can
        near = {q for r in bits(can & ~rack.plain) for q in rack.rivals.get(r, ())}
        among = can & (rack.taken(i) | ~rack.plain)
        for room in {*bits(among), *near}:
            for j in rack.occupants(i, room):
                if j not in found and not rack.fixed[j]:
                    found.add(j)
                    queue.append(j)
    return found, rooms


def pairs(rack: Rack, stays: set[int]) -> int:
    """Return how many (stay, room) literals a model of these stays has."""
    return sum(rack.can(i).bit_count() for i in stays)


def nearest(rack: Rack, limit: int) -> tuple[set[int], int]:
    """Return the rooms where the fewest are in the way of those who ask, as many as the limit allows, and who moves."""
    ways: dict[int, int] = {}
    for i in rack.asking:
        for room in bits(rack.can(i)):
            others = rack.occupants(i, room)
            if not any(rack.fixed[j] for j in others):
                ways[room] = min(ways.get(room, len(others)), len(others))
    rooms = 0
    stays = set(rack.asking)
    for room in sorted(ways, key=lambda r: (ways[r], r)):
        mine = {j for j, r in enumerate(rack.room) if r == room and not rack.fixed[j]}
        if (len(stays) + len(mine)) * (rooms.bit_count() + 1) > limit and rooms.bit_count() > 2:
            break
        rooms |= 1 << room
        stays |= mine
    return stays, rooms


class Part:
    """A problem of some stays free to move among some rooms, in which everybody else who is there is locked.

    Attributes
    ----------
    rooms
        The rooms that the free stays may have, by number in ``arrays``.
    """

    def __init__(self, rack: Rack, stays: set[int], rooms: int) -> None:
        names = _with_suites(rack, rooms)
        problem = rack.problem
        kept = []
        for i, stay in enumerate(rack.stays):
            room = None if rack.home[i] < 0 else rack.rooms[rack.home[i]].id
            if i in stays or room in names:
                kept.append(_bare(stay, room, locked=i not in stays, known=names))
        self.problem = Problem(
            name="part",
            slots=problem.slots,
            slots_per_night=problem.slots_per_night,
            room_types=problem.room_types,
            rooms=tuple(replace(room, use_cost=0) for room in problem.rooms if room.id in names),
            links=tuple(link for link in problem.links if link.kind == "component" and link.suite in names),
            closures=tuple(closure for closure in problem.closures if closure.room in names),
            stays=tuple(kept),
        )
        self.arrays = build(self.problem)
        free = set(rack.names(bits(rooms)))
        self.rooms = np.array([r for r, room in enumerate(self.problem.rooms) if room.id in free], np.int64)

    def plan(self, before: Plan, rooms: Ints) -> Plan:
        """Return a plan in which these stays are in these rooms."""
        return Plan({**before.rooms, **plan_of(self.problem, rooms).rooms})


def _bare(stay: Stay, room: str | None, *, locked: bool, known: set[str]) -> Stay:
    """Return a stay without all that only costs something."""
    return replace(
        stay,
        wishes=(),
        room_costs={},
        group=None,
        room=room,
        locked=locked,
        move_penalty=0,
        unplaced_penalty=0,
        allowed_rooms=None if stay.allowed_rooms is None else stay.allowed_rooms & known,
        forbidden_rooms=stay.forbidden_rooms & known,
    )


def _with_suites(rack: Rack, rooms: int) -> set[str]:
    """Return the ids of rooms, and of all that share a suite with one of them, directly or by way of others."""
    names = set(rack.names(bits(rooms)))
    suites = [{*parts, suite} for suite, parts in rack.problem.suite_parts.items()]
    while True:
        more = {name for suite in suites if suite & names for name in suite} - names
        if not more:
            return names
        names |= more
