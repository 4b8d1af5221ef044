"""The best plan near another: what some stays among some rooms could gain while everybody else stays put."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from allocator.answers.rack import takes
from allocator.arrays import NOWHERE, Arrays, Ints, build, plan_of, rooms_of
from allocator.check import placements
from allocator.period import overlap
from allocator.plan import Plan
from allocator.problem import Problem
from allocator.score import score
from allocator.search.greedy import keep
from allocator.search.occupancy import Occupancy

WHOLE: Final = 4_000
"""(stay, room) pairs up to which the whole problem is solved."""

PAIRS: Final = 2_500
"""(stay, room) pairs of a neighbourhood otherwise; less where the effort is below 1/4: to write a model down takes time
as well."""

MUST: Final = 10**9
"""The highest penalty there is."""

EFFORT: Final = 1.0
"""Deterministic limit of CP-SAT, in about seconds."""


@dataclass(frozen=True, slots=True)
class Near:
    """A plan that is no worse.

    Attributes
    ----------
    score
        Of the plan.
    bound
        No plan of the problem has a lower score.
    """

    plan: Plan
    score: int
    bound: int

    @property
    def best(self) -> bool:
        """Whether no plan is better."""
        return self.score == self.bound


def best_near(
    problem: Problem, plan: Plan, rooms: Collection[str], period: tuple[int, int], *, effort: float = EFFORT
) -> Near:
    """Improve a plan near some rooms and a period; a small problem as a whole.

    Parameters
    ----------
    plan
        What of it is not allowed is left out.
    rooms
        Whoever is in these may change rooms, and those without a room may come in; rooms most like them join, as far as
        there is effort for.
    """
    arrays = build(problem)
    now = keep(arrays, rooms_of(problem, plan)).room
    free = np.flatnonzero(~arrays.fixed)
    whole = len(free) * arrays.n_rooms <= WHOLE
    most = int(PAIRS * min(4 * effort, 1.0))
    some, among = (free, np.arange(arrays.n_rooms)) if whole else _around(problem, arrays, now, rooms, period, most)
    found, optimal = _solve(arrays, now, some, among, effort) if len(some) else (now, True)
    better = plan_of(problem, found)
    total = score(problem, better).total
    return Near(better, total, total if whole and optimal else least(arrays))


def settled(problem: Problem, plan: Plan) -> Problem:
    """Return the problem with those locked who are in their room against a rule: somebody put them there.

    Whoever is locked is judged by no rule about himself and his room, so that the plan in force breaks none.
    """
    odd = {s.id: r.id for s, r in placements(problem, plan) if not s.locked and not takes(r, s)}
    if not odd:
        return problem
    stays = tuple(replace(s, room=odd[s.id], locked=True) if s.id in odd else s for s in problem.stays)
    return replace(problem, stays=stays)


def keeping(problem: Problem, plan: Plan) -> Problem:
    """Return the problem with so high a price on losing their rooms for all who have one that nobody loses his."""
    placed = {name for name, room in plan.rooms.items() if room is not None}
    stays = tuple(replace(s, unplaced_penalty=MUST) if s.id in placed else s for s in problem.stays)
    return replace(problem, stays=stays)


def least(arrays: Arrays) -> int:
    """Return what every plan costs: each stay at its cheapest, as if it were alone."""
    total = arrays.fixed_cost
    for i in np.flatnonzero(~arrays.fixed).tolist():
        row = arrays.costs.cheapest(i)
        total += min(int(row[row >= 0].min(initial=arrays.penalty[i])), int(arrays.penalty[i]))
    return total


def _around(
    problem: Problem, arrays: Arrays, now: Ints, rooms: Collection[str], period: tuple[int, int], most: int
) -> tuple[Ints, Ints]:
    """Return the stays to set free, and the rooms to share out among them; at most so many pairs, if that can be."""
    start, end = period
    margin = max(end - start, 7 * problem.slots_per_night)
    begin, until = start - margin, end + margin
    near = (arrays.start < until) & (begin < arrays.end) & ~arrays.fixed
    wanted = [r for r, room in enumerate(problem.rooms) if room.id in rooms]
    kinds = {problem.rooms[r].type for r in wanted}
    others = [r for r, room in enumerate(problem.rooms) if r not in wanted and room.type in kinds]
    touching = {
        int(now[i]) for i in np.flatnonzero(near).tolist()
        if now[i] >= 0 and overlap(int(arrays.start[i]), int(arrays.end[i]), start, end)
    }  # fmt: skip
    others.sort(key=lambda r: (r in touching, r))  # rooms free at the time first
    chosen: list[int] = []
    stays = np.zeros(0, np.int64)
    for room in (*wanted, *others):
        more = np.flatnonzero(near & np.isin(now, [*chosen, room]))
        if chosen and len(chosen) >= len(wanted) and len(more) * (len(chosen) + 1) > most:
            break
        chosen.append(room)
        stays = more
    waiting = np.flatnonzero(near & (now == NOWHERE))[: most // (4 * len(chosen) or 1)]
    return np.concatenate([stays, waiting]), np.array(sorted(chosen), np.int64)


def _solve(arrays: Arrays, now: Ints, some: Ints, among: Ints, effort: float) -> tuple[Ints, bool]:
    from allocator.cpsat.model import Window  # slow to import
    from allocator.cpsat.run import run

    occupancy = Occupancy(arrays)
    inside = np.zeros(arrays.n_stays, np.bool_)
    inside[some] = True
    for i in np.flatnonzero(~arrays.fixed & ~inside & (now >= 0)).tolist():
        occupancy.place(i, int(now[i]))
    window = Window(occupancy, some, among, now[some])
    found = run(window.model, 1, effort)
    if found.values is None or window.cost(found.values) > window.before:
        return now, False
    rooms = now.copy()
    rooms[some] = window.rooms(found.values)
    return rooms, found.optimal
