"""The joint choices of groups as a slope of the bound needs them: the few that are nearly the best, as columns.

What a part of a group adds (:mod:`allocator.bound.groups`) is a minimum over all its joint choices. Smoothed, the
minimum is a soft one over columns: joint choices that cost little more than the best. They are looked for anew at every
stocktaking; in between the climb knows no others. The bound itself never rests on them.
"""

from __future__ import annotations

from math import exp, log

import numpy as np

from allocator.arrays import NOWHERE, Arrays, Bools, Floats, Ints
from allocator.bound.groups import MOST, GroupTerms, Part
from allocator.jit import compiled


@compiled
def choose_together(  # type: ignore[no-untyped-def]
    leave: Floats,
    entered: Floats,
    tau: float,
    first: Ints,
    last: Ints,
    begin: Ints,
    member: Ints,
    share: Floats,
    klass: Ints,
    cost: Floats,
    down: Floats,
    grad: Floats,
):
    """Return the soft minima of the parts over their columns, adding their gradients.

    Column q of part p (from ``begin[p]`` to ``begin[p + 1]``) gives ``member[p, j]`` a room of ``klass[q, j]``, which
    counts ``share[p, j]``; -1 for a member or a class that pays no price.
    """
    value = 0.0
    price = np.empty(len(cost))
    for p in range(len(begin) - 1):
        x, y = begin[p], begin[p + 1]
        least = np.inf
        for q in range(x, y):
            v = cost[q]
            for j in range(member.shape[1]):
                i, c = member[p, j], klass[q, j]
                if i >= 0 and c >= 0:
                    v += share[p, j] * (entered[first[i], c] - leave[last[i], c])
            price[q] = v
            least = min(least, v)
        total = 0.0
        for q in range(x, y):
            price[q] = exp((least - price[q]) / tau)
            total += price[q]
        value += least - tau * log(total)
        for q in range(x, y):
            w = price[q] / total
            if w < 1e-12:
                continue
            for j in range(member.shape[1]):
                i, c = member[p, j], klass[q, j]
                if i >= 0 and c >= 0:
                    down[first[i], c] += w * share[p, j]
                    grad[last[i], c] -= w * share[p, j]
    return value


class Columns:
    """The columns known.

    Attributes
    ----------
    data
        What `choose_together` wants of them, from ``begin`` to ``cost``.
    alone : (n_free,)
        Which stays are in no part.
    """

    def __init__(self, arrays: Arrays, groups: GroupTerms) -> None:
        self._groups = groups
        self._member: Ints = np.full((len(groups.parts), MOST), NOWHERE)
        self._share: Floats = np.zeros((len(groups.parts), MOST))
        for p, part in enumerate(groups.parts):
            m = len(part.members)
            self._member[p, :m] = groups.place_of[part.members]
            self._share[p, :m] = 1.0 / np.diagonal(part.count)
        self.alone: Bools = np.ones(len(groups.classes.stays), np.bool_)
        self.alone[self._member[self._member >= 0]] = False
        penalty = arrays.penalty[groups.classes.stays]
        self._prices = [groups.by_class(part, groups.classes.cost, penalty) for part in groups.parts]
        self._klass = [np.full((1, len(part.members)), NOWHERE) for part in groups.parts]  # nobody anywhere
        self._extra = [np.zeros(1, np.int64) for _ in groups.parts]
        self.data: tuple[Ints, Ints, Floats, Ints, Floats]

    def refresh(self, reduced: Ints, outside: Ints, scale: int, margin: float) -> int:
        """Look for the columns that matter at some prices, dropping others.

        Parameters
        ----------
        reduced, outside
            As for `GroupTerms.adds`.
        margin
            How much dearer than the best a column may be.

        Returns
        -------
        What the groups add at these prices, times ``scale``.
        """
        total = 0
        for p, part in enumerate(self._groups.parts):
            least = self._groups.least(part, reduced, outside, scale)
            total += least
            self._look(p, part, reduced, outside, scale, least + int(margin * scale) + 1)
        begin = np.concatenate([[0], np.cumsum([len(extra) for extra in self._extra])])
        klass: Ints = np.full((begin[-1], MOST), NOWHERE)
        cost: Floats = np.empty(begin[-1])
        for p, (some, extra) in enumerate(zip(self._klass, self._extra, strict=True)):
            m = some.shape[1]
            klass[begin[p] : begin[p + 1], :m] = some
            prices = self._prices[p][np.arange(m), some] * self._share[p, :m]
            cost[begin[p] : begin[p + 1]] = prices.sum(axis=1) + extra / scale
        self.data = (begin, self._member, self._share, klass, cost)
        return total

    def _look(self, p: int, part: Part, reduced: Ints, outside: Ints, scale: int, below: int) -> None:
        """Add the joint choices of a part that add less than ``below``, and keep of the others those that still do."""
        rooms, extra = self._groups.below(part, reduced, outside, scale, below)
        classes = self._groups.classes
        locked = self._groups.place_of[part.members] < 0
        klass = np.where((rooms < 0) | locked, NOWHERE, classes.of_room[rooms])
        klass, extra = np.concatenate([self._klass[p], klass]), np.concatenate([self._extra[p], extra])
        order = np.lexsort((extra, *klass.T))
        klass, extra = klass[order], extra[order]
        new = np.ones(len(extra), np.bool_)
        new[1:] = (klass[1:] != klass[:-1]).any(axis=1)
        klass, extra = klass[new], extra[new]
        table = self._groups.by_class(part, reduced, outside)
        m = klass.shape[1]
        value = extra + (table[np.arange(m), klass] // np.diagonal(part.count)).sum(axis=1)
        best = value <= max(below, int(value.min()))
        self._klass[p], self._extra[p] = klass[best], extra[best]
