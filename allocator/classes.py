"""Classes of interchangeable rooms, what each free stay costs in each, and how many beds each has free."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from allocator.arrays import Arrays, Ints
from allocator.search.occupancy import Occupancy


@dataclass(frozen=True, slots=True)
class Classes:
    """The problem by class: a relaxation, exact where no locked stay or exception tells rooms of a class apart.

    Attributes
    ----------
    of_room : (n_rooms,)
        Class of each room (its cost column).
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


def classify(arrays: Arrays) -> Classes:
    """Return the classes of a problem."""
    costs = arrays.costs
    n_classes = len(costs.rate)
    free = np.zeros((n_classes, max(1, arrays.n_cliques)), np.int64)
    load = Occupancy(arrays).load
    np.add.at(free, costs.column, np.maximum(0, arrays.beds[:, None] - load))
    stays = np.flatnonzero(~arrays.fixed)

    profiles, classes = np.nonzero(costs.rate.T >= 0)
    per_profile = np.bincount(profiles, minlength=costs.rate.shape[1])
    at = np.concatenate([[0], np.cumsum(per_profile)])
    count = per_profile[costs.profile[stays]]
    owner = np.repeat(np.arange(len(stays)), count)
    inside = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    klass = classes[at[costs.profile[stays]][owner] + inside]
    cost = costs.rate[klass, costs.profile[stays][owner]] * costs.nights[stays][owner] + costs.extra[stays][owner]
    owner, klass, cost = _with_exceptions(arrays, stays, owner, klass, cost)
    begin = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(stays)))]).astype(np.int64)
    return Classes(costs.column, stays, begin, klass.astype(np.int64), cost.astype(np.int64), free)


def _with_exceptions(arrays: Arrays, stays: Ints, owner: Ints, klass: Ints, cost: Ints) -> tuple[Ints, Ints, Ints]:
    """Lower the cost of a pair to the cheapest exception in its class."""
    costs = arrays.costs
    if not len(costs.exception_cost):
        return owner, klass, cost
    place = np.full(arrays.n_stays, -1)
    place[stays] = np.arange(len(stays))
    who = place[np.repeat(np.arange(arrays.n_stays), np.diff(costs.exception_room.start))]
    fine = (who >= 0) & (costs.exception_cost >= 0)
    owner = np.concatenate([owner, who[fine]])
    klass = np.concatenate([klass, costs.column[costs.exception_room.items[fine]]])
    cost = np.concatenate([cost, costs.exception_cost[fine]])
    order = np.lexsort((cost, klass, owner))
    owner, klass, cost = owner[order], klass[order], cost[order]
    new = np.ones(len(owner), np.bool_)
    new[1:] = (owner[1:] != owner[:-1]) | (klass[1:] != klass[:-1])
    return owner[new], klass[new], cost[new]
