"""Classes of rooms that offer the same, what each free stay costs in each, and how many beds each has free."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from allocator.arrays import Arrays, Ints
from allocator.search.occupancy import Occupancy


@dataclass(frozen=True, slots=True)
class Classes:
    """The problem by class: a relaxation, exact where neither locked stays nor wishes tell rooms of a class apart.

    A room that some stay holds is not a class of its own, or a hotel would have no classes on its second night.

    Attributes
    ----------
    of_room : (n_rooms,)
        Class of each room.
    stays : (n_free,)
        The stays to place, by number; below they go by their place in this list.
    begin : (n_free + 1,)
        Where each stay's pairs begin.
    klass, cost : (n_pairs,)
        Class of each pair, and the least cost of the stay in any of its rooms.
    free : (n_classes, n_cliques)
        Beds not taken by locked stays and closures.
    """

    of_room: Ints
    stays: Ints
    begin: Ints
    klass: Ints
    cost: Ints
    free: Ints

    @property
    def n(self) -> int:
        """Number of classes."""
        return len(self.free)


def classify(arrays: Arrays, *, fine: bool = False) -> Classes:
    """Return the classes of a problem: kin, or if ``fine`` rooms that cost every stay the same (its cost columns)."""
    costs = arrays.costs
    of_room = costs.column if fine else arrays.kin
    n_classes = int(of_room.max()) + 1 if arrays.n_rooms else 0
    free = np.zeros((n_classes, max(1, arrays.n_cliques)), np.int64)
    load = Occupancy(arrays).load
    np.add.at(free, of_room, np.maximum(0, arrays.beds[:, None] - load))
    stays = np.flatnonzero(~arrays.fixed)

    profiles, columns = np.nonzero(costs.rate.T >= 0)
    per_profile = np.bincount(profiles, minlength=costs.rate.shape[1])
    at = np.concatenate([[0], np.cumsum(per_profile)])
    count = per_profile[costs.profile[stays]]
    owner = np.repeat(np.arange(len(stays)), count)
    inside = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    column = columns[at[costs.profile[stays]][owner] + inside]
    cost = costs.rate[column, costs.profile[stays][owner]] * costs.nights[stays][owner] + costs.extra[stays][owner]
    kin_of = np.zeros(len(costs.rate), np.int64)
    kin_of[costs.column] = of_room
    owner, klass, cost = _with_exceptions(arrays, of_room, stays, owner, kin_of[column], cost)
    owner, klass, cost = _cheapest(owner, klass, cost)
    begin = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(stays)))]).astype(np.int64)
    return Classes(of_room, stays, begin, klass.astype(np.int64), cost.astype(np.int64), free)


def broader(classes: Classes) -> Classes:
    """Return larger classes: all that the same stays may have are one, each stay at its cheapest among them.

    A relaxation of the relaxation, with a tenth of the pairs: its prices are found at once, and begin the climb of the
    others far up.
    """
    c = classes
    owner = np.repeat(np.arange(len(c.stays)), np.diff(c.begin))
    takes = np.zeros((c.n, len(c.stays)), np.bool_)
    takes[c.klass, owner] = True
    same = np.unique(np.packbits(takes, axis=1), axis=0, return_inverse=True)[1].reshape(-1)
    owner, klass, cost = _cheapest(owner, same[c.klass], c.cost)
    begin = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(c.stays)))]).astype(np.int64)
    free = np.zeros((int(same.max(initial=-1)) + 1, c.free.shape[1]), np.int64)
    np.add.at(free, same, c.free)
    return Classes(same[c.of_room], c.stays, begin, klass, cost, free)


def by_room(arrays: Arrays, classes: Classes) -> Classes:
    """Return the same with every room a class of its own."""
    c = classes
    rooms = np.argsort(c.of_room, kind="stable")
    size = np.bincount(c.of_room, minlength=c.n)
    at = np.cumsum(size) - size
    times = size[c.klass]
    pair = np.repeat(np.arange(len(c.klass)), times)
    inside = np.arange(len(pair)) - np.repeat(np.cumsum(times) - times, times)
    owner = np.repeat(np.arange(len(c.stays)), np.diff(c.begin))[pair]
    room = rooms[at[c.klass[pair]] + inside]
    order = np.lexsort((room, owner))
    begin = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(c.stays)))]).astype(np.int64)
    free = np.maximum(0, arrays.beds[:, None] - Occupancy(arrays).load)
    return Classes(np.arange(arrays.n_rooms), c.stays, begin, room[order], c.cost[pair][order], free)


def _with_exceptions(
    arrays: Arrays, of_room: Ints, stays: Ints, owner: Ints, klass: Ints, cost: Ints
) -> tuple[Ints, Ints, Ints]:
    """Add what stays say of single rooms."""
    costs = arrays.costs
    if not len(costs.exception_cost):
        return owner, klass, cost
    place = np.full(arrays.n_stays, -1)
    place[stays] = np.arange(len(stays))
    who = place[np.repeat(np.arange(arrays.n_stays), np.diff(costs.exception_room.start))]
    fine = (who >= 0) & (costs.exception_cost >= 0)
    owner = np.concatenate([owner, who[fine]])
    klass = np.concatenate([klass, of_room[costs.exception_room.items[fine]]])
    return owner, klass, np.concatenate([cost, costs.exception_cost[fine]])


def _cheapest(owner: Ints, klass: Ints, cost: Ints) -> tuple[Ints, Ints, Ints]:
    """Keep the cheapest of the pairs of the same stay and class, in order of stay and class."""
    key = owner * (int(klass.max(initial=0)) + 1) + klass
    if (key[1:] > key[:-1]).all():
        return owner, klass, cost
    order = np.lexsort((cost, key))
    order = order[np.concatenate([[True], np.diff(key[order]) > 0])]
    return owner[order], klass[order], cost[order]
