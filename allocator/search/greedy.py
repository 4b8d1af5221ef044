"""Keep what is still allowed of today's plan, then place the rest where it is cheapest and fits best.

It needs no prices, no compiled code and no other process: the plan that is always there, and what every other one is
measured by.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from allocator import objective
from allocator.arrays import NOWHERE, Arrays, Ints
from allocator.search.occupancy import Occupancy, move_count

PACKED: Final = 500_000
"""(stay, room) pairs up to which a plan that leaves somebody out is made a second way, some 0.1 s."""


def keep(arrays: Arrays, wanted: Ints) -> Occupancy:
    """Return the wanted plan without the placements that are not allowed; of rivals the one named first stays.

    Stays in the room they hold come first, by end: as many as can stay do (where no rivals are).
    """
    occupancy = Occupancy(arrays)
    free = np.flatnonzero(~arrays.fixed & (wanted >= 0))
    at_home = wanted[free] == arrays.held[free]
    for i in free[np.lexsort((free, arrays.end[free], ~at_home))].tolist():
        room = np.array([wanted[i]])
        if arrays.costs.row(i)[wanted[i]] >= 0 and occupancy.open_rooms(i, room)[0]:
            occupancy.place(i, int(wanted[i]))
    return occupancy


def fill(occupancy: Occupancy, *, packed: bool = False) -> None:
    """Place every unplaced stay that still fits, by start: at least cost, then where it leaves least idle before it.

    Parameters
    ----------
    packed
        In the first room that will do instead, whatever it costs: fuller rooms, and company of one gender more often.
    """
    a = occupancy.arrays
    ready = np.full(a.n_rooms, np.iinfo(np.int64).min // 2)  # when the room was last left, as the sweep goes on
    placed = np.flatnonzero(occupancy.room >= 0)
    waiting = np.flatnonzero(occupancy.room < 0)
    departures = placed[np.argsort(a.end[placed], kind="stable")].tolist()
    gone = 0
    for i in waiting[np.lexsort((waiting, -(a.last - a.first)[waiting], a.start[waiting]))].tolist():
        while gone < len(departures) and a.end[departures[gone]] <= a.start[i]:
            ready[occupancy.room[departures[gone]]] = a.end[departures[gone]]
            gone += 1
        cost = a.costs.row(i)
        rooms = np.flatnonzero((cost >= 0) & (cost <= a.penalty[i]))
        rooms = rooms[occupancy.load[rooms, a.first[i]] < a.beds[rooms]]  # most are taken on the first night already
        while len(rooms):
            cheap = cost[rooms] <= (cost[rooms].max() if packed else cost[rooms].min())
            fine = rooms[cheap]
            fine = fine[occupancy.open_rooms(i, fine)]
            if len(fine):
                best = int(fine[0 if packed else ready[fine].argmax()])
                occupancy.place(i, best)
                ready[best] = a.end[i]
                break
            rooms = rooms[~cheap]


def greedy(arrays: Arrays, wanted: Ints | None = None) -> Ints:
    """Return the room of each stay: what is allowed of ``wanted`` (today's plan if None), the rest placed greedily.

    If that leaves somebody out, packed if it is better so.
    """
    wanted = arrays.held if wanted is None else np.where(arrays.fixed, NOWHERE, wanted)
    if 0 <= arrays.budget < move_count(arrays, keep(arrays, wanted).room):
        wanted = arrays.held
    plans = []
    for packed in (False, True):
        occupancy = keep(arrays, wanted)
        fill(occupancy, packed=packed)
        plans.append(occupancy.room)
        if (occupancy.room >= 0).all() or arrays.n_stays * arrays.n_rooms > PACKED:
            break
    return min(plans, key=lambda rooms: objective.total(arrays, rooms))


def fewest_moves(arrays: Arrays) -> int:
    """Return how few stays can leave the room they hold, whatever it costs."""
    return move_count(arrays, keep(arrays, arrays.held).room)
