"""Where a plan pays more than it might have to: what the choice of windows goes by."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from allocator.arrays import NOWHERE, Arrays, Ints

Floats = npt.NDArray[np.float64]


def distances(arrays: Arrays, some: Ints, others: Ints) -> Ints:
    """Return the distances of the term ``apart`` between rooms, (n_some, n_others)."""
    building, floor, position = arrays.place.T
    same_floor = floor[some][:, None] == floor[others]
    near = np.abs(position[some][:, None] - position[others]) <= 1
    far = np.where(building[some][:, None] != building[others], 3, np.where(~same_floor, 2, np.where(near, 0, 1)))
    for k, room in enumerate(some.tolist()):
        far[k, (others == room) | np.isin(others, arrays.doors[room])] = 0
    return far


def gaps_by_room(arrays: Arrays, rooms: Ints) -> Ints:
    """Return what the gaps of each room cost."""
    a = arrays
    cost = np.zeros(a.n_rooms, np.int64)
    if not len(a.gap):
        return cost
    who = np.flatnonzero(rooms >= 0)
    closed = np.repeat(np.arange(a.n_rooms), np.diff(a.closed.start) // 2)
    room = np.concatenate([rooms[who], closed])
    start = np.concatenate([a.start[who], a.closed.items[::2]])
    end = np.concatenate([a.end[who], a.closed.items[1::2]])
    order = np.lexsort((start, room))
    room, start, end = room[order], start[order], end[order]
    idle = (start[1:] - end[:-1]) // a.slots_per_night
    priced = (room[1:] == room[:-1]) & (idle >= 1) & (idle <= len(a.gap)) & (a.beds[room[1:]] == 1)
    np.add.at(cost, room[1:][priced], a.gap[idle[priced] - 1])
    return cost


def group_costs(arrays: Arrays, rooms: Ints) -> Ints:
    """Return what each group pays for being apart and without doors."""
    a = arrays
    cost = np.zeros(len(a.wants_doors), np.int64)
    if not a.has_pair_terms:
        return cost
    members = np.flatnonzero((a.group >= 0) & (rooms >= 0))
    for group in np.unique(a.group[members]).tolist():
        taken = rooms[members[a.group[members] == group]]
        cost[group] = a.apart * int(distances(a, taken, taken).sum()) // 2
        if a.wants_doors[group]:
            cost[group] += a.not_connecting * sum(not np.isin(a.doors[r], taken).any() for r in taken.tolist())
    return cost


class Excess:
    """What each stay pays beyond its cheapest choice, kept up to date as the plan changes."""

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays
        self.least: Ints = np.zeros(arrays.n_stays, np.int64)
        for i in np.flatnonzero(~arrays.fixed).tolist():
            row = arrays.costs.cheapest(i)
            self.least[i] = min(int(row[row >= 0].min(initial=arrays.penalty[i])), int(arrays.penalty[i]))
        self._room: Ints = np.where(arrays.fixed, arrays.held, NOWHERE - 1)
        self._excess: Ints = np.zeros(arrays.n_stays, np.int64)

    def of(self, rooms: Ints) -> Ints:
        """Return by stay what it pays beyond its cheapest choice; 0 for locked stays."""
        a = self.arrays
        changed = np.flatnonzero((self._room != rooms) & ~a.fixed)
        for i in changed.tolist():
            paid = a.costs.row(i)[rooms[i]] if rooms[i] >= 0 else a.penalty[i]
            self._excess[i] = paid - self.least[i]
        self._room[changed] = rooms[changed]
        return self._excess
