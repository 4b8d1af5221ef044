"""A bound from blocks of time, each solved exactly: what no price sees, where rooms differ by who is in them.

Let the free stays be split into blocks. A plan of them all is, stay by stay, a plan of each block with nobody else in
the way but the locked stays; so where nothing is paid between stays

    score >= fixed_cost + sum over blocks of (the least cost of the block alone)

The classes of a hotel on its second night hide that a stay of six nights does not fit three rooms free for two; the
blocks near the business date, where most rooms are held, see it. Far blocks, where the plan pays nothing, cost nothing.
"""

from __future__ import annotations

from math import ceil, inf
from typing import Final

import numpy as np

from allocator.arrays import Arrays, Ints
from allocator.report import Report
from allocator.search.occupancy import Occupancy

BLOCK: Final = 120_000
"""(stay, room) pairs of a block: 3 to 6 s on one core (nights of 252 rooms, 2026-11-22)."""


def by_blocks(arrays: Arrays, rooms: Ints, report: Report, effort: float) -> None:
    """Raise the bound by the blocks of a plan, dearest first, as far as the effort goes.

    Parameters
    ----------
    arrays
        A problem where nothing is paid between stays (`allocator.search.classlevel.suits`) and no move budget is given.
    rooms
        The plan; the nearer to the optimum, the better the bound.
    effort
        Deterministic limit, in units of about a second.
    """
    a = arrays
    paid = _paid(a, rooms)
    least = np.zeros(len(paid), np.int64)  # of what each block costs at least
    blocks = _blocks(a, paid)
    owed = [int(paid[stays].sum()) for stays in blocks]
    for k in np.argsort(owed)[::-1].tolist():
        if report.stop() or owed[k] == 0 or effort <= 0:
            break
        bound, spent = _least(a, blocks[k], rooms, owed[k], report, effort)
        effort -= spent
        least[k] = bound
        lattice = a.lattice
        report.raise_bound(-(-(int(least.sum()) + a.fixed_cost) // lattice) * lattice)


def _paid(a: Arrays, rooms: Ints) -> Ints:
    """Return what each stay costs in the plan; nothing for the locked ones, which are counted elsewhere."""
    paid = np.where(rooms < 0, a.penalty, 0)
    for i in np.flatnonzero(~a.fixed & (rooms >= 0)).tolist():
        paid[i] = a.costs.row(i)[rooms[i]]
    paid[a.fixed] = 0
    return paid


def _blocks(a: Arrays, paid: Ints) -> list[Ints]:
    """Cut the free stays into blocks by their start, each of about `BLOCK` pairs."""
    free = np.flatnonzero(~a.fixed)
    order = free[np.argsort(a.start[free], kind="stable")]
    most = int(paid.sum())
    blocks: list[list[int]] = [[]]
    size = 0
    for i in order.tolist():
        row = a.costs.row(i)
        pairs = int(((row >= 0) & (row <= most)).sum())
        if size + pairs > BLOCK and blocks[-1] and a.start[i] > a.start[blocks[-1][-1]]:
            blocks.append([])
            size = 0
        blocks[-1].append(i)
        size += pairs
    return [np.array(block, np.int64) for block in blocks]


def _least(a: Arrays, stays: Ints, rooms: Ints, owed: int, report: Report, effort: float) -> tuple[int, float]:
    """Return a bound of what a block costs with nobody else in the way, and the effort it took."""
    from allocator.cpsat.model import Window  # slow to import, and not every problem needs it
    from allocator.cpsat.run import run

    affordable = np.array([a.costs.row(i) <= owed for i in stays.tolist()])
    window = Window(Occupancy(a), stays, np.arange(a.n_rooms), rooms[stays], affordable)
    timed = report.limits.effort is None
    found = run(window.model, report.limits.seed, effort, min(effort, report.time_left) if timed else float("inf"))
    if found.bound == -inf:  # not even the root was done in time
        return 0, found.effort
    # what the model counts, up to a constant, is the plan's own cost here
    return max(0, ceil(found.bound - 1e-6) + owed - window.before), found.effort
