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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from allocator.answers.chains import chain
from allocator.answers.evict import Eviction, Spent
from allocator.answers.hints import Hints
from allocator.answers.part import Part, meeting, nearest, pairs, reach
from allocator.answers.rack import Rack
from allocator.answers.witness import Capacity, capacity_witness, holds
from allocator.arrays import plan_of
from allocator.diff import Change
from allocator.errors import SolverBug
from allocator.plan import Plan
from allocator.problem import Problem, Stay

QUICK: Final = 60_000
"""(stay, room) pairs to look at before a plan that may not be the best is taken, or CP-SAT asked: some 0.2 s."""

EFFORT: Final = 4.0
"""Deterministic limit of CP-SAT, in about seconds."""

CONFIRM: Final = 0.2
"""Deterministic limit of the second proof of a no where little hangs on it; nearly all are confirmed by then."""

CHAINS_FROM: Final = 3
"""Moves from which chains are looked for first, so that there is a yes early."""

LONGEST: Final = 12
"""Moves of the longest chain."""

WHOLE: Final = 40_000
"""(stay, room) pairs up to which everybody who might have to move is put into one model; less where the effort is below
1, since to write a model down takes its time as well."""

PARTS: Final = (6_000, 24_000)
"""(stay, room) pairs of the models that are tried where everybody would be too many: a few rooms throughout, then all
rooms for a while."""

FURTHEST: Final = 1_000_000
"""(stay, room) pairs up to which everybody who might have to move is looked for."""


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
            Whether the moves have to be the fewest, and a no is to be confirmed at length; without, the first way found
            will do, and some proofs stay the only one.
        """
        held = [s for s in asked if s.locked and self.before.rooms.get(s.id) == s.room]
        if len(held) == len(asked):  # nobody may ask them to leave
            return self._fits({}, asked, 0)
        rack, hints = self._rack_for(asked)
        witness = capacity_witness(rack)
        if witness is not None:
            if not holds(self.problem, self.before, asked, witness):
                raise SolverBug(f"a witness that does not hold: {witness}")
            return DoesNotFit(witness)
        search = Eviction(rack, hints, quick)
        least = 0
        best: Fits | None = None
        try:
            while (max_moves is None or least <= max_moves) and (best is None or least < len(best.moves)):
                if search.within(least):
                    return self._fits(self._changed(rack), asked, least)
                if not search.cut:
                    return DoesNotFit(self._no(rack, *reach(rack, WHOLE), EFFORT if prove else CONFIRM))
                least += 1
                if least == CHAINS_FROM and len(asked) == 1 and chain(rack, hints, LONGEST):
                    best = self._fits(self._changed(rack), asked, least)
                    rack.ask(asked)
                    if not prove:
                        break
        except Spent:
            rack.ask(asked)
        if max_moves is not None and least > max_moves:
            return DoesNotFit(TooMany(least))
        if best is None and len(asked) > 1 and effort > 0:  # else the quick look was all that was wanted
            best = self._in_turn(asked, least, quick, min(effort, CONFIRM))
            if best is not None and not prove and max_moves is None:
                return best
        if effort > 0 and (best is None or (prove and least < len(best.moves))):
            found = self._by_model(rack, asked, least, effort, prove, best)
            if not isinstance(found, Fits):
                return found
            best = found
        if best is None:
            return Unknown(least)
        best = replace(best, at_least=max(least, best.at_least))
        if max_moves is None or len(best.moves) <= max_moves:
            return best
        return DoesNotFit(TooMany(best.at_least)) if best.at_least > max_moves else Unknown(best.at_least)

    def _in_turn(self, asked: Sequence[Stay], least: int, quick: int, effort: float) -> Fits | None:
        """Ask for one after the other, those with the fewest free rooms first; None if one of them is refused."""
        rack, _ = self._rack_for(asked)
        room = {i: (rack.can(i) & rack.plain & ~rack.taken(i)).bit_count() for i in rack.asking}
        names = {stay.id for stay in asked}
        problem, plan = self.problem, Plan({s: r for s, r in self.before.rooms.items() if s not in names})
        for i in sorted(rack.asking, key=lambda i: (room[i], i)):
            stay = rack.stays[i]
            found = Fitting(problem, plan).fit([stay], quick=quick // len(asked), effort=effort)
            if not isinstance(found, Fits):
                return None
            if stay.id not in problem.stay_by_id:
                problem = replace(problem, stays=(*problem.stays, stay))
            plan = found.plan
        return self._fits(plan.rooms, asked, least)

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

    @staticmethod
    def _changed(rack: Rack) -> dict[str, str | None]:
        return {rack.stays[i].id: rack.name(rack.room[i]) for i in rack.away()}

    def _fits(self, changed: Mapping[str, str | None], asked: Sequence[Stay], least: int) -> Fits:
        """Return the answer in which some stays have other rooms."""
        names = {stay.id for stay in asked}
        before = self.before.rooms
        moves = sorted(Change(s, before[s], r) for s, r in changed.items() if s not in names and before[s] != r)
        plan = Plan({**before, **changed})
        return Fits(plan, plan.rooms[asked[0].id] or "", tuple(moves), least)

    def _no(self, rack: Rack, stays: set[int], rooms: int, effort: float) -> Exhausted:
        """Confirm by CP-SAT, where it is small enough, that nothing can be done."""
        from allocator.cpsat.fewest import fewest

        verified = False
        if pairs(rack, stays) <= _whole(effort):
            part = Part(rack, stays, rooms)
            again = fewest(part.arrays, part.rooms, 2, effort, elastic=True)
            if again.verdict == "yes":
                raise SolverBug("one proof says that it does not fit, and the other that it does")
            verified = again.verdict == "no"
        return Exhausted(len(stays) - len(rack.asking), rooms.bit_count(), verified)

    def _by_model(
        self, rack: Rack, asked: Sequence[Stay], least: int, effort: float, prove: bool, best: Fits | None
    ) -> Answer:
        """Ask CP-SAT: about everybody who might have to move, or if these are too many about more and more of them."""
        from allocator.cpsat.fewest import fewest  # slow to import, and most questions do not need it

        everybody, rooms = reach(rack, FURTHEST)
        whole = pairs(rack, everybody) <= _whole(effort)
        if best is not None and not whole:
            return best
        few, many = (min(most, _whole(effort)) for most in PARTS)
        choices = [(everybody, rooms)] if whole else [nearest(rack, few), (meeting(rack, everybody, many), rooms)]
        for stays, among in choices:
            part = Part(rack, stays, among)
            found = fewest(part.arrays, part.rooms, 1, effort)
            effort -= found.effort
            if found.verdict == "no" and whole:
                return DoesNotFit(self._no(rack, everybody, rooms, max(effort, 1.0) if prove else CONFIRM))
            if found.rooms is not None:
                least = max(least, found.least) if whole else least
                now = self._fits(plan_of(part.problem, found.rooms).rooms, asked, least)
                best = now if best is None or len(now.moves) < len(best.moves) else best
            if effort <= 0 or (best is not None and (best.fewest or not prove)):
                break
        return best or Unknown(least)


def _whole(effort: float) -> int:
    """Return the (stay, room) pairs of the largest model that such an effort is worth."""
    return int(WHOLE * min(effort, 1.0))
