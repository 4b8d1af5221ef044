"""Where a plan pays more than it might have to: what the choice of windows goes by."""

from __future__ import annotations

from math import inf
from typing import Final

import numpy as np

from allocator.arrays import NOWHERE, Arrays, Floats, Ints
from allocator.bound.flow import FlowBound
from allocator.bound.relaxation import Pairs, Relaxed

MOST_PAIRS: Final = 20_000_000
"""(stay, class) pairs up to which prices are looked at pair by pair: 160 MB."""


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
    """How much dearer than its best choice each stay is where it is, and in any room: at list prices or at a guide's.

    Attributes
    ----------
    floor
        What every plan costs at the guide's prices, -inf without: a plan that has a stay in a room dearer than its best
        choice by x costs at least ``floor + x``.
    list_floor
        What every plan costs at list prices.
    """

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays
        self.floor = -inf
        self._offset: Floats = np.zeros((arrays.n_stays, 1))
        self._class: Ints = np.zeros(arrays.n_rooms, np.int64)
        for i in np.flatnonzero(~arrays.fixed).tolist():
            row = arrays.costs.cheapest(i)
            self._offset[i] = -min(int(row[row >= 0].min(initial=arrays.penalty[i])), int(arrays.penalty[i]))
        self.list_floor = arrays.fixed_cost - int(self._offset.sum())
        self._room: Ints = np.full(arrays.n_stays, NOWHERE - 1)
        self._excess: Floats = np.zeros(arrays.n_stays)

    def guide(self, bound: FlowBound) -> None:
        """Go by the prices of a bound from now on, where the matrix of all pairs is small."""
        a, c = self.arrays, bound.classes
        if a.n_stays * c.n > MOST_PAIRS:
            return
        self.floor = bound.value + a.fixed_cost
        owner = c.stays[np.repeat(np.arange(len(c.stays)), np.diff(c.begin))]
        self._offset = np.zeros((a.n_stays, c.n))
        self._offset[owner, c.klass] = bound.reduced() / bound.scale - c.cost
        self._class = c.of_room
        self._room[:] = NOWHERE - 1

    def guide_by(self, relaxed: Relaxed, pairs: Pairs, kind: Ints) -> None:
        """Go by the prices of a relaxation of all free stays from now on; what it left out is ruled out.

        Parameters
        ----------
        kind : (n_rooms,)
            Kind of each room.
        """
        a, stays, very = self.arrays, pairs.stays, pairs.very
        by_kind = np.full((len(stays), int(kind.max()) + 1), inf)
        by_kind[pairs.owner[~very], kind[pairs.room[~very]]] = relaxed.reduced[~very]
        excess = by_kind[:, kind]
        home = np.flatnonzero(a.held[stays] >= 0)
        excess[home, a.held[stays[home]]] = inf  # another than the others of its kind
        excess[pairs.owner[very], pairs.room[very]] = relaxed.reduced[very]
        self.floor = relaxed.floor + a.fixed_cost
        self._offset = np.full((a.n_stays, a.n_rooms), inf)
        for k, i in enumerate(stays.tolist()):
            self._offset[i] = excess[k] - a.costs.row(i)
        self._class = np.arange(a.n_rooms)
        self._room[:] = NOWHERE - 1

    def row(self, stay: int) -> Floats:
        """Return how much dearer than its best choice a stay is in each room, inf where it may not be."""
        cost = self.arrays.costs.row(stay)
        return np.where(cost >= 0, cost + self._offset[stay][self._class], inf)

    def of(self, rooms: Ints) -> Floats:
        """Return it by stay for a plan: the penalty for who is nowhere or where a guide rules him out, 0 if locked."""
        a = self.arrays
        changed = np.flatnonzero((self._room != rooms) & ~a.fixed)
        for i in changed.tolist():
            dearer = self.row(i)[rooms[i]] if rooms[i] >= 0 else inf
            # where no better plan has him he has to leave, as much as if he were nowhere
            self._excess[i] = max(0.0, dearer if dearer < inf else a.penalty[i])
        self._room[changed] = rooms[changed]
        return self._excess
