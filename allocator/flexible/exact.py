"""Small flexible problems, exactly: every choice of times for closures, and rooms and parts together by CP-SAT."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from math import inf, prod
from typing import TYPE_CHECKING, Final

import numpy as np

from allocator.answers.split import part_of
from allocator.arrays import NOWHERE, Arrays, Bools, Ints, build
from allocator.errors import SolverBug
from allocator.flexible.check import check
from allocator.flexible.problem import FlexiblePlan, FlexibleProblem, Part
from allocator.flexible.score import score
from allocator.flexible.settle import derived, joined, possible_starts, priced, rooms_problem
from allocator.problem import Problem
from allocator.search.greedy import fewest_moves, greedy

if TYPE_CHECKING:
    from allocator.cpsat.parts import Optimum, PartsModel, Piece, Splits

PAIRS: Final = 8_000
"""(stay or piece, room) pairs, over all choices of times, up to which it is tried."""

EFFORT: Final = 4.0
"""Deterministic limit of one model, in about seconds."""


@dataclass(frozen=True, slots=True)
class Best:
    """A plan that splits only where it must, and what no such plan is below."""

    plan: FlexiblePlan
    bound: int


class Unproven(Exception):
    """The effort did not suffice for a proof."""


def is_small(problem: FlexibleProblem) -> bool:
    """Tell whether a problem is small enough."""
    choices = prod(len(starts) for starts in possible_starts(problem).values())
    rows = len(problem.base.stays) + sum(_count(problem, s.id) for s in problem.splittable)
    return choices * (rows + 1) * (len(problem.base.rooms) + 1) <= PAIRS


def solve_exactly(problem: FlexibleProblem, seed: int, seconds: float = inf) -> Best | None:
    """Return the best plan, or None if no plan keeps the move budget.

    The rule of splitting: of the plans that place everybody whom a plan places, none has fewer changes. The cheapest
    plan of all is the answer where it keeps the rule. Otherwise those whom it places are placed with the fewest
    changes, and the cheapest of these plans, or the cheapest without any change, is the answer.

    Raises
    ------
    Unproven
        If something takes more effort than there is.
    """
    end = time.monotonic() + seconds
    worlds = [w for w in _worlds(problem) if w.possible]
    if not worlds:
        return None

    def least(solve: Callable[[World], Optimum]) -> FlexiblePlan:
        plans = [world.proven(solve(world)) for world in worlds]
        return min(plans, key=lambda plan: score(problem, plan).total)

    def limits() -> tuple[int, float, float]:
        return seed, EFFORT, end - time.monotonic()

    whole = least(lambda w: w.model(0).cheapest(w.nobody, *limits()))
    if not whole.unplaced or not problem.splittable:
        return Best(whole, score(problem, whole).total)
    free = least(lambda w: w.model(None).cheapest(w.nobody, *limits()))
    bound = score(problem, free).total
    if not free.split:
        return Best(free, bound)
    ways = [(w, w.proven(w.model(None).fewest_changes(w.placed_by(free), *limits()))) for w in worlds]
    ways = [(w, plan) for w, plan in ways if set(plan.unplaced) <= set(free.unplaced)]
    fewest = min(plan.changes for _, plan in ways)
    if fewest == free.changes:
        return Best(free, bound)
    kept = []
    for world, start in ways:
        if start.changes == fewest:
            model = world.model(fewest, world.rooms_of(start))
            kept.append(world.proven(model.cheapest(world.placed_by(free), *limits())))
    best = min([whole, *kept], key=lambda plan: score(problem, plan).total)
    return Best(best, bound)


class World:
    """A flexible problem in which closures have their times."""

    def __init__(self, problem: FlexibleProblem, starts: Mapping[str, int]) -> None:
        self.problem, self.starts = problem, starts
        self._rooms = rooms_problem(problem, starts)
        self._plain = build(self._rooms)
        self._greedy = greedy(self._plain)
        self._n = len(self._rooms.stays)
        self._pieces = list(_pieces(problem))

    @property
    def possible(self) -> bool:
        """Whether a plan keeps the move budget."""
        return self._plain.budget < 0 or fewest_moves(self._plain) <= self._plain.budget

    @property
    def nobody(self) -> Bools:
        """Nobody who has to be placed."""
        return np.zeros(self._n, np.bool_)

    def placed_by(self, plan: FlexiblePlan) -> Bools:
        """Return who has rooms in a plan."""
        return np.array([bool(plan.parts[s.id]) for s in self._rooms.stays], np.bool_)

    def model(self, most_changes: int | None, now: Ints | None = None) -> PartsModel:
        """Return a model of this world with so many changes at most, None for any number."""
        from allocator.cpsat.parts import PartsModel, Splits  # slow to import

        if most_changes == 0:
            return PartsModel(self._plain, Splits((), {}, {}, {}, 0), self._greedy)
        if now is None:
            now = np.concatenate([self._greedy, np.full(len(self._pieces), NOWHERE)])
        return PartsModel(self._arrays, self._splits, now, most_changes)

    def proven(self, found: Optimum) -> FlexiblePlan:
        """Return the plan that has these rooms, if nothing is better.

        Raises
        ------
        Unproven
            If that is not known.
        """
        if not found.proven:
            raise Unproven
        plan = self._plan(found.rooms)
        broken = check(self.problem, plan)
        if broken:
            raise SolverBug(str(broken[0]))
        return plan

    def rooms_of(self, plan: FlexiblePlan) -> Ints:
        """Return the rooms by stay and piece of a plan."""
        at = {room.id: r for r, room in enumerate(self._rooms.rooms)}
        pieces = {(p.stay, p.first, p.last): p.at for p in self._pieces}
        rooms = np.full(self._n + len(self._pieces), NOWHERE, np.int64)
        for i, stay in enumerate(self._rooms.stays):
            first = 0
            parts = plan.parts[stay.id]
            for part in parts:
                last = first + part.nights
                rooms[i if len(parts) == 1 else pieces[i, first, last]] = at[part.room]
                first = last
        return rooms

    def _plan(self, rooms: Ints) -> FlexiblePlan:
        stays, names = self._rooms.stays, [room.id for room in self._rooms.rooms]
        parts: dict[str, tuple[Part, ...]] = {
            s.id: () if r < 0 else (Part(names[r], s.nights),)
            for s, r in zip(stays, rooms[: self._n].tolist(), strict=True)
        }
        for piece in sorted(self._pieces, key=lambda p: (p.stay, p.first)):
            if piece.at < len(rooms) and rooms[piece.at] >= 0:
                name = stays[piece.stay].id
                parts[name] = (*parts[name], Part(names[rooms[piece.at]], piece.last - piece.first))
        return FlexiblePlan({s: joined(p) for s, p in parts.items()}, dict(self.starts))

    @cached_property
    def _arrays(self) -> Arrays:
        return build(_with_pieces(self.problem, self._rooms, self._pieces))

    @cached_property
    def _splits(self) -> Splits:
        from allocator.cpsat.parts import Splits  # slow to import

        at = {s.id: i for i, s in enumerate(self._rooms.stays)}
        some = self.problem.splittable
        return Splits(
            pieces=self._pieces,
            nights={at[s.id]: s.nights for s in some},
            most={at[s.id]: self.problem.most_parts(s) for s in some},
            moving={at[s.id]: s.move_penalty if s.room is not None else 0 for s in some},
            price=self.problem.split,
        )


def _worlds(problem: FlexibleProblem) -> Iterator[World]:
    starts = possible_starts(problem)
    for chosen in product(*starts.values()):
        yield World(problem, dict(zip(starts, chosen, strict=True)))


def _spans(nights: int, most: int) -> Iterator[tuple[int, int]]:
    """Yield the nights that a part of a stay may have: no more parts than allowed lie beside them."""
    for first in range(nights):
        for last in range(first + 1, nights + 1):
            if last - first < nights and 1 + (first > 0) + (last < nights) <= most:
                yield first, last


def _count(problem: FlexibleProblem, stay: str) -> int:
    nights, most = problem.base.stay_by_id[stay].nights, problem.most_parts(problem.base.stay_by_id[stay])
    return 2 * (nights - 1) if most == 2 else nights * (nights + 1) // 2


def _pieces(problem: FlexibleProblem) -> Iterator[Piece]:
    from allocator.cpsat.parts import Piece  # slow to import

    at = {s.id: i for i, s in enumerate(problem.base.stays)}
    number = len(at)
    for stay in problem.splittable:
        for first, last in _spans(stay.nights, problem.most_parts(stay)):
            yield Piece(at[stay.id], number, first, last)
            number += 1


def _with_pieces(problem: FlexibleProblem, rooms: Problem, pieces: list[Piece]) -> Problem:
    """Return the problem with every piece as a stay that costs nothing to leave out."""
    stays = list(rooms.stays)
    for piece in pieces:
        part = part_of(problem.base.stays[piece.stay], rooms.slots_per_night, piece.first, piece.last)
        stays.append(priced(problem, replace(part, unplaced_penalty=0)))
    return derived(rooms, stays=tuple(stays))
