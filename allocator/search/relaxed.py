"""A plan and its proof from relaxations by room, where nothing is paid between stays.

The stays are cut into blocks by their start. The relaxation that looks at each room for the first block, and at kinds
of rooms beyond, gives a bound, and rooms to the stays of the block; then the next block has its turn (relax and fix).
Prices by class leave out what no better plan has. The first pass has everybody in one block, if that is not too
large; the second has smaller ones. On nights of a hotel of 252 rooms plan and bound are most often the optimum.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from allocator import objective
from allocator.arrays import NOWHERE, Arrays, Ints
from allocator.bound.flow import FlowBound
from allocator.bound.relaxation import Pairs, Relaxed, pairs_of, relax
from allocator.report import Report
from allocator.search.greedy import fill
from allocator.search.need import Excess
from allocator.search.occupancy import Occupancy
from allocator.search.windows import improve

BLOCKS: Final = (700_000, 100_000)
"""(stay, room) pairs of a block, in the first pass and the second."""

WINDOWS_EFFORT: Final = 5.0
"""What windows get to mend a pass, in which early blocks could not see late ones."""

ITERATIONS_PER_EFFORT: Final = 700
"""Of the simplex, that count as one step of deterministic effort."""

SHARE: Final = 0.8
"""Of the time left, what one relaxation may take."""

NEAR: Final = 0.01
"""Share of the score within which reduced costs lie of the pairs that the rest of a whole relaxation chooses from.

A plan so near to the bound has no others. On the real night of 2016-09-03 17,748 pairs of 274 stays are left, and
their best plan is found in a second.
"""


def by_relaxation(arrays: Arrays, rooms: Ints, kind: Ints, prices: FlowBound, report: Report) -> Ints:
    """Return the better of a plan and those that relaxations give, and raise the bound.

    Parameters
    ----------
    arrays
        A problem that suits (`allocator.search.classlevel.suits`), without a move budget.
    rooms
        The plan in force.
    kind : (n_rooms,)
        Kind of each room.
    prices
        Prices by class: the nearer their bound is to the plan, the fewer pairs are left to look at.
    """
    excess = Excess(arrays)
    excess.guide(prices)
    for size in BLOCKS:
        search = _Blocks(arrays, kind, excess, objective.total(arrays, rooms), report)
        blocks = search.cut(size)
        for k, block in enumerate(blocks):
            if not search.fix(block, np.concatenate([block[:0], *blocks[k + 1 : k + 2]])) or report.stop():
                return rooms
        fill(search.occupancy)
        found = search.occupancy.room
        if objective.total(arrays, found) < search.score:
            rooms = found
            report.plan(rooms, objective.total(arrays, rooms))
        if report.stop():
            break
        rng = np.random.default_rng([report.limits.seed, size])
        rooms = improve(arrays, rooms, report, rng, WINDOWS_EFFORT, excess, report.limits.threads)
        if report.stop():
            break
    return rooms


class _Blocks:
    """One way through the blocks.

    Attributes
    ----------
    occupancy
        The stays that have their room.
    """

    def __init__(self, arrays: Arrays, kind: Ints, excess: Excess, score: int, report: Report) -> None:
        self.arrays, self.kind, self.score, self.report = arrays, kind, score, report
        self.occupancy = Occupancy(arrays)
        self._excess = excess
        self._slack = self._near = score - arrays.lattice - excess.floor + 1e-6
        self._told = False
        effort = report.limits.effort
        self._iterations = None if effort is None else int(effort * ITERATIONS_PER_EFFORT)

    def cut(self, size: int) -> list[Ints]:
        """Cut the free stays into blocks by their start, each of about so many pairs."""
        a = self.arrays
        free = np.flatnonzero(~a.fixed)
        order = free[np.argsort(a.start[free], kind="stable")]
        count = np.array([int((self._excess.row(i) <= self._slack).sum()) for i in order.tolist()], np.int64)
        place = np.cumsum(count) // size
        starts, first = np.unique(a.start[order], return_index=True)
        of_start = place[first][np.searchsorted(starts, a.start[order])]  # who starts together stays together
        return [order[of_start == b] for b in np.unique(of_start).tolist()]

    def fix(self, block: Ints, after: Ints) -> bool:
        """Give the stays of a block their rooms, with an eye on those of the one after it; tell if there was time."""
        found = self._relax(block, after, self._slack, whole=False)
        if found is None:
            return False
        rest = block[(self.occupancy.room[block] == NOWHERE)]
        if len(rest):
            self._relax(rest, after, self._near, whole=True)
        return True

    def _relax(self, block: Ints, after: Ints, slack: float, *, whole: bool) -> Relaxed | None:
        """Place those of a block of whose room a relaxation of them and all who start later is sure."""
        a = self.arrays
        by_room = np.concatenate([block, after])
        waiting = ~a.fixed & (self.occupancy.room == NOWHERE)
        later = np.flatnonzero(waiting & (a.start > a.start[by_room].max()))
        stays = np.concatenate([by_room, later])
        near = np.arange(len(stays)) < len(by_room)
        pairs = pairs_of(self.occupancy, stays, near, self.kind, lambda i: self._excess.row(i) <= slack)
        seconds = SHARE * self.report.time_left
        found = relax(self.occupancy, self.kind, pairs, seconds, self._iterations, whole=whole)
        if found is None:
            return None
        if not self._told:
            self._tell(found, pairs)
            if not len(later):
                self._near = min(slack, max(a.lattice, NEAR * self.score))
        for i, room in zip(block.tolist(), found.rooms.tolist(), strict=False):
            if room >= 0:
                self.occupancy.place(i, room)
        return found

    def _tell(self, found: Relaxed, pairs: Pairs) -> None:
        """Raise the bound by the first relaxation, which is of a plan of all, and go by its prices."""
        a = self.arrays
        self._told = True
        least = found.bound + a.fixed_cost
        # what was left out is in no plan that is better than the one in force
        self.report.raise_bound(min(self.score, -(-least // a.lattice) * a.lattice))
        if found.floor + a.fixed_cost >= self._excess.floor:
            self._excess.guide_by(found, pairs, self.kind)
            self._slack = self._near = self.score - a.lattice - self._excess.floor + 1e-6
