"""The score of a plan from the arrays alone: what the search believes, and :mod:`allocator.score` confirms."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from allocator.arrays import Arrays, Ints


def total(arrays: Arrays, rooms: Ints) -> int:
    """Return the score of a plan."""
    return placing(arrays, rooms) + gaps(arrays, rooms) + groups(arrays, rooms)


def placing(arrays: Arrays, rooms: Ints) -> int:
    """Return the terms of single stays: unplaced, upgrade, wish, room_cost, move, wear."""
    a, c = arrays, arrays.costs
    out = rooms < 0
    value = a.fixed_cost + int(a.penalty[out].sum())
    who = np.flatnonzero(~out & ~a.fixed)
    cost = c.rate[c.column[rooms[who]], c.profile[who]] * c.nights[who] + c.extra[who]
    if len(c.exception_cost):
        owner = np.repeat(np.arange(a.n_stays), np.diff(c.exception_room.start))
        special = dict(
            zip(
                zip(owner.tolist(), c.exception_room.items.tolist(), strict=True),
                c.exception_cost.tolist(),
                strict=True,
            )
        )
        begin = c.exception_room.start
        for k in np.flatnonzero(begin[who + 1] > begin[who]).tolist():
            i = int(who[k])
            cost[k] = special.get((i, int(rooms[i])), cost[k])
    return value + int(cost.sum())


def gaps(arrays: Arrays, rooms: Ints) -> int:
    """Return the term ``gap``."""
    a = arrays
    if not len(a.gap):
        return 0
    who = np.flatnonzero(rooms >= 0)
    who = who[a.beds[rooms[who]] == 1]
    closed_room = np.repeat(np.arange(a.n_rooms), np.diff(a.closed.start) // 2)
    private = a.beds[closed_room] == 1
    room = np.concatenate([rooms[who], closed_room[private]])
    start = np.concatenate([a.start[who], a.closed.items[::2][private]])
    end = np.concatenate([a.end[who], a.closed.items[1::2][private]])
    order = np.lexsort((end, start, room))
    room, start, end = room[order], start[order], end[order]
    idle = (start[1:] - end[:-1]) // a.slots_per_night
    priced = idle[(room[1:] == room[:-1]) & (idle >= 1) & (idle <= len(a.gap))]
    return int(a.gap[priced - 1].sum())


def groups(arrays: Arrays, rooms: Ints) -> int:
    """Return the terms ``apart`` and ``not_connecting``."""
    a = arrays
    if not a.has_pair_terms:
        return 0
    value = 0
    members = np.flatnonzero((a.group >= 0) & (rooms >= 0))
    for group in np.unique(a.group[members]).tolist():
        taken = rooms[members[a.group[members] == group]].tolist()
        value += a.apart * sum(distance(a, x, y) for x, y in combinations(taken, 2))
        if a.wants_doors[group]:
            value += a.not_connecting * sum(not set(a.doors[x].tolist()) & set(taken) for x in taken)
    return value


def distance(arrays: Arrays, x: int, y: int) -> int:
    """Return how far two rooms are, as the term ``apart`` counts: 0 to 3."""
    if x == y or y in arrays.doors[x]:
        return 0
    (bx, fx, px), (by, fy, py) = arrays.place[x].tolist(), arrays.place[y].tolist()
    if bx != by:
        return 3
    if fx != fy:
        return 2
    return 0 if abs(px - py) <= 1 else 1
