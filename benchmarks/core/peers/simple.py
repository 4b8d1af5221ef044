"""How a desk or a simple system gives rooms, one stay after the other, never looking back."""

from __future__ import annotations

import numpy as np

from allocator.arrays import Arrays
from allocator.search.greedy import keep
from allocator.search.occupancy import Occupancy
from benchmarks.core.peers.offers import Offers


def first_fit(arrays: Arrays, offers: Offers) -> None:
    """Who has a room keeps it; then by arrival, the first free room in the hotel's order that the stay may have."""
    _fill(arrays, offers, best=False)


def best_fit(arrays: Arrays, offers: Offers) -> None:
    """Who has a room keeps it; then by arrival, of the cheapest rooms the one that stays idle least around the stay."""
    _fill(arrays, offers, best=True)


def _fill(arrays: Arrays, offers: Offers, *, best: bool) -> None:
    a, occupancy = arrays, keep(arrays, arrays.held)
    waiting = np.flatnonzero(occupancy.room < 0)
    for i in waiting[np.lexsort((waiting, a.start[waiting]))].tolist():
        cost = a.costs.row(i)
        rooms = np.flatnonzero((cost >= 0) & (cost <= a.penalty[i]))
        rooms = rooms[occupancy.open_rooms(i, rooms)]
        if not len(rooms):
            continue
        if best:
            rooms = rooms[cost[rooms] == cost[rooms].min()]
            rooms = rooms[[int(np.argmin([_idle(occupancy, int(r), i) for r in rooms.tolist()]))]]
        occupancy.place(i, int(rooms[0]))
    offers.offer(occupancy.room)


def _idle(occupancy: Occupancy, room: int, stay: int) -> int:
    """Return for how many cliques the room stays idle before and after a stay."""
    a = occupancy.arrays
    free = occupancy.load[room] < a.beds[room]
    before, after = free[: a.first[stay]][::-1], free[a.last[stay] :]
    return sum(len(side) if side.all() else int(side.argmin()) for side in (before, after))
