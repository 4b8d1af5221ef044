"""Whole classes at once: share the stays out among classes exactly, then colour each class's rooms.

Where rooms of a class are interchangeable but for who holds them, and nothing is paid between stays, the problem by
class is small, and what it costs at least is a bound of every plan. A stay keeps the room it holds by a literal of its
own; the others are coloured into what is left. Where that fails, the model is told to choose the very rooms of those
who found none and of those they compete with, and solved again; in the end the rest is placed greedily.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf
from typing import TYPE_CHECKING, Final

import numpy as np

from allocator import objective
from allocator.arrays import NOWHERE, SAME, Arrays, Bools, Ints
from allocator.report import Report
from allocator.search.greedy import fill
from allocator.search.occupancy import Occupancy

if TYPE_CHECKING:
    from allocator.cpsat.classlevel import Shares, Sorts

MOST_PAIRS: Final = 150_000
"""(stay, class) pairs up to which the model is built: a few seconds."""

MOST_ROOMWISE: Final = 60_000
"""(sort, room) pairs up to which very rooms are chosen."""

SHARE: Final = 0.3
MOST_SECONDS: Final = 15.0
"""Of the time left, what it may take; windows and relaxations repair what it leaves."""

MOST_CELLS: Final = 30_000_000
"""(stay, room) pairs up to which rooms are compared: 240 MB."""


@dataclass(frozen=True, slots=True)
class Kinds:
    """Rooms that are alike but for who holds them.

    Attributes
    ----------
    of_room : (n_rooms,)
        Kind of each room.
    cost : (n_kinds, n_free)
        Of each free stay in any room of the kind but the one it holds, -1 if it may not have it.
    home_cost : (n_free,)
        In the room it holds, -1 if it may not, or holds none.
    """

    of_room: Ints
    cost: Ints
    home_cost: Ints


def suits(arrays: Arrays) -> bool:
    """Tell whether nothing is paid between stays, and beds are all that they compete for."""
    a = arrays
    no_pairs = not len(a.gap) and not a.has_pair_terms
    return no_pairs and not len(a.rivals.items) and not (a.policy == SAME).any()


def kinds_of(arrays: Arrays) -> Kinds | None:
    """Sort the rooms into kinds; None if there are too many for a model of all."""
    a = arrays
    free = np.flatnonzero(~a.fixed)
    if a.n_rooms * len(free) > MOST_CELLS:
        return None
    rows = np.empty((len(free), a.n_rooms), np.int64)
    for k, i in enumerate(free.tolist()):
        rows[k] = a.costs.row(i)
    matrix = np.ascontiguousarray(rows.T)
    held = a.held[free]
    kind = np.full(a.n_rooms, -1, np.int64)
    costs: list[Ints] = []
    while (kind < 0).any():
        if len(costs) * len(free) > MOST_PAIRS:
            return None
        room = int(np.flatnonzero(kind < 0)[0])
        rest = np.flatnonzero((kind < 0) & ((a.beds == 1) == (a.beds[room] == 1)))
        same = matrix[rest] == matrix[room]
        same |= (held == rest[:, None]) | (held == room)
        alike = rest[same.all(axis=1)]
        cost = matrix[room].copy()
        own = held == room
        if own.any() and len(alike) > 1:  # what this room's own stays cost in the others
            cost[own] = matrix[alike[1], own]
            off = (matrix[alike][:, own] != cost[own]).any(axis=1)
            off[0] = False
            alike = alike[~off]
        kind[alike] = len(costs)
        costs.append(cost)
    home_cost = np.where(held >= 0, matrix[np.maximum(held, 0), np.arange(len(free))], NOWHERE)
    return Kinds(kind, np.array(costs, np.int64).reshape(len(costs), len(free)), home_cost)


def by_class(arrays: Arrays, kinds: Kinds, report: Report, effort: float = 10.0) -> Ints | None:
    """Return a plan made class by class, None if there was no time, and raise the bound.

    Parameters
    ----------
    arrays
        Of a problem that `suits`.
    effort
        Deterministic limit.
    """
    from allocator.cpsat.classlevel import share  # slow to import, and not every problem needs it

    best: Ints | None = None
    sorts, members = _sorts(arrays, kinds)
    end = inf if report.limits.effort is not None else report.clock() + min(MOST_SECONDS, SHARE * report.time_left)
    while True:
        shares, least, spent = share(sorts, report.limits.seed, effort, end - report.clock())
        effort -= spent
        report.raise_bound(_raise(arrays, least))
        if shares is None:
            return best
        rooms, failed = _colour(arrays, kinds, members, shares)
        if best is None or objective.total(arrays, rooms) < objective.total(arrays, best):
            best = rooms
            report.plan(best, objective.total(arrays, best))
        if not _refine(sorts, shares, failed) or effort <= 0 or report.clock() > end or report.stop():
            return best


def _refine(sorts: Sorts, shares: Shares, failed: list[tuple[int, int]]) -> bool:
    """Let the model choose the very rooms of those who found none in their class, and of those they compete with.

    Tells whether there is anything new to solve.
    """
    before = int(sorts.roomwise.sum())
    for k, c in failed:
        rivals = (sorts.first < sorts.last[k]) & (sorts.first[k] < sorts.last) & (shares.count[:, c] > 0)
        sorts.roomwise[rivals, c] = True
        sorts.roomwise[k, c] = True
    beds = np.bincount(sorts.of_room, minlength=sorts.cost.shape[1])
    return int(sorts.roomwise.sum()) > before and int((sorts.roomwise * beds).sum()) <= MOST_ROOMWISE


def _sorts(arrays: Arrays, kinds: Kinds) -> tuple[Sorts, list[Ints]]:
    """Return the sorts of free stays, and who is of each."""
    from allocator.cpsat.classlevel import Sorts

    a = arrays
    free = np.flatnonzero(~a.fixed)
    held = a.held[free]
    at = np.maximum(held, 0)
    special = (held >= 0) & (kinds.home_cost != kinds.cost[kinds.of_room[at], np.arange(len(free))])
    special |= (held >= 0) & (a.budget >= 0)
    load = Occupancy(a).load
    room_free = np.maximum(0, a.beds[:, None] - load)
    seen: dict[bytes, int] = {}
    members: list[list[int]] = []
    span = np.stack([a.first[free], a.last[free], a.penalty[free], np.where(special, free, NOWHERE)])
    for k in range(len(free)):
        key = span[:, k].tobytes() + kinds.cost[:, k].tobytes()
        if seen.setdefault(key, len(members)) == len(members):
            members.append([])
        members[seen[key]].append(k)
    one = np.array([m[0] for m in members], np.int64)
    can = special & (kinds.home_cost >= 0)
    class_free = np.zeros((len(kinds.cost), room_free.shape[1]), np.int64)
    np.add.at(class_free, kinds.of_room, room_free)
    sorts = Sorts(
        size=np.array([len(m) for m in members], np.int64),
        first=a.first[free[one]],
        last=a.last[free[one]],
        penalty=a.penalty[free[one]],
        cost=kinds.cost[:, one].T,
        home=np.where(can, held, NOWHERE)[one],
        home_class=kinds.of_room[at][one],
        home_cost=kinds.home_cost[one],
        apart=np.where(special, held, NOWHERE)[one],
        holder=(held >= 0).astype(np.int64)[one],
        free=class_free,
        room_free=room_free,
        of_room=kinds.of_room,
        roomwise=np.zeros((len(members), len(kinds.cost)), np.bool_),
        budget=a.budget,
    )
    return sorts, [free[m] for m in members]


def _raise(arrays: Arrays, least: float) -> int:
    """Return the bound in the score's own terms, raised to the next possible score."""
    if least == -inf:
        return 0
    lattice = arrays.lattice
    free = ceil(least - 1e-6)
    return max(0, -(-(free + arrays.fixed_cost) // lattice) * lattice)


def _colour(arrays: Arrays, kinds: Kinds, members: list[Ints], shares: Shares) -> tuple[Ints, list[tuple[int, int]]]:
    """Return a plan that follows the shares as far as rooms allow, and the sorts and classes where they do not."""
    a = arrays
    occupancy = Occupancy(a)
    queues = [stays.tolist() for stays in members]
    for k in np.flatnonzero(shares.at_home).tolist():
        stay = queues[k].pop()
        occupancy.place(stay, int(a.held[stay]))
    for k, room, number in shares.given:
        for _ in range(number):
            occupancy.place(queues[k].pop(), room)
    going = [
        (queues[k].pop(), k, c) for k, c in np.argwhere(shares.count).tolist() for _ in range(int(shares.count[k, c]))
    ]
    failed = []
    of_class = [np.flatnonzero(kinds.of_room == c) for c in range(len(kinds.cost))]
    for i, k, c in sorted(going, key=lambda g: (a.start[g[0]], -a.end[g[0]], g[0])):
        rooms = of_class[c]
        rooms = rooms[(a.costs.row(i)[rooms] >= 0) & occupancy.open_rooms(i, rooms)]
        if len(rooms):
            full = occupancy.load[rooms] >= a.beds[rooms, None]
            occupancy.place(i, int(rooms[np.argmin(_idle(full, int(a.first[i]), int(a.last[i])))]))
        else:
            failed.append((k, c))
    fill(occupancy)  # who found none goes where he can
    return occupancy.room, failed


def _idle(full: Bools, first: int, last: int) -> Ints:
    """Return by room how many cliques it stays idle before and after a stay."""
    walls = np.pad(full, ((0, 0), (1, 1)), constant_values=True)  # clique t stands at t + 1
    return np.asarray(walls[:, first::-1].argmax(axis=1) + walls[:, last + 1 :].argmax(axis=1), np.int64)
