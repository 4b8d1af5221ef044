"""What groups add to a bound: what the members of each cost together beyond what each costs alone.

At given prices the bound takes every stay at its cheapest choice, as if ``apart`` and ``not_connecting`` cost nothing.
But members of a group choose together: with ``v[i, r]`` how much dearer room r is for member i than its cheapest choice
(its reduced cost), a group adds

    min over the rooms r_i of its members:  sum_i v[i, r_i] + apart * sum_{i<j} d(r_i, r_j) + not_connecting * lonely

where members that overlap have rooms of their own. No stay is in two groups and these terms are in no other part of the
bound, so the sum over the groups may be added to it. The minimum is found exactly by branch and bound for up to `MOST`
members. A larger group is taken as parts of that size that overlap: each member's costs and each pair's distance are
shared out evenly among the parts that have them, and the sum of the parts' minima is at most the group's.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, islice
from typing import Final

import numpy as np

from allocator.arrays import NOWHERE, Arrays, Bools, Ints
from allocator.classes import Classes
from allocator.jit import compiled

MOST: Final = 4
"""Members that are taken together; the search grows with the rooms to the power of one less."""

PARTS: Final = 60
"""Most parts of a larger group."""

NODES: Final = 100_000
"""Branches after which what is proven so far has to do, about 0.1 s with 200 rooms."""

LOOKS: Final = 5_000
MANY: Final = 300
"""Branches in search of joint choices that are nearly the best, and how many of them are enough."""

FAR: Final = 2**60
"""Cost of a room that a member cannot have."""


@compiled
def _distances(room: int, place: Ints, door_start: Ints, door: Ints, out: Ints) -> None:
    """Fill in how far every room is from one, as the term ``apart`` counts; 0 for being nowhere, the last."""
    for r in range(len(place)):
        if place[r, 0] != place[room, 0]:
            out[r] = 3
        elif place[r, 1] != place[room, 1]:
            out[r] = 2
        else:
            out[r] = 0 if abs(place[r, 2] - place[room, 2]) <= 1 else 1
    for k in range(door_start[room], door_start[room + 1]):
        out[door[k]] = 0
    out[len(place)] = 0


@compiled
def _together(  # type: ignore[no-untyped-def]
    cost: Ints,
    weight: Ints,
    clash: Bools,
    lonely: int,
    private: Bools,
    place: Ints,
    door_start: Ints,
    door: Ints,
    limit: int,
    below: int,
    chosen: Ints,
    totals: Ints,
):
    """Return the least joint cost of the members, or after so many branches a lower bound of it.

    Branches on the members in order, each branch's rooms cheapest first; ``rows[k, j]`` is what each room costs member
    j beside the rooms of the first k members. With ``below`` it returns instead how many joint choices that cost less
    it has put, one a row, into ``chosen`` and ``totals`` until they are full.
    """
    m, n = cost.shape
    rows = np.empty((m, m, n), np.int64)
    rows[0] = cost
    taken = np.full(m, -1)
    spent = np.zeros(m + 1, np.int64)  # by the members before this one
    rest = np.zeros(m, np.int64)  # the least that those after it must add
    value = np.full(m, -1)  # of the room tried last, and which it was: the next one is dearer, or has a higher number
    far = np.zeros(n, np.int64)
    for j in range(1, m):
        rest[0] += cost[j].min()
    best, branches, k, count = FAR, 0, 0, 0
    if below > 0:
        best = below
    while k >= 0:
        row, after, least = rows[k, k], -1, FAR
        for r in range(n):
            v = row[r]
            if v < least and (v > value[k] or (v == value[k] and r > taken[k])):
                least, after = v, r
        if after < 0 or spent[k] + least + rest[k] >= best:
            value[k], taken[k] = -1, -1
            k -= 1
            continue
        if branches >= limit:
            break
        branches += 1
        value[k], taken[k] = least, after
        spent[k + 1] = spent[k] + least
        if k == m - 1:
            total = spent[m]
            if lonely > 0:
                for i in range(m):
                    x = taken[i]
                    if x == n - 1 or door_start[x] == door_start[x + 1]:
                        continue  # without a door it was counted with the room
                    found = False
                    for d in range(door_start[x], door_start[x + 1]):
                        for j in range(m):
                            if taken[j] == door[d]:
                                found = True
                    if not found:
                        total += lonely
            if below > 0:
                if total < below:
                    chosen[count] = taken
                    totals[count] = total
                    count += 1
                    if count == len(totals):
                        break
                continue
            best = min(best, int(total))
            continue
        if after < n - 1:
            _distances(after, place, door_start, door, far)
        rest[k + 1] = 0
        bound = spent[k + 1]
        for j in range(k + 1, m):
            least = FAR
            for r in range(n):
                v = rows[k, j, r]
                if after < n - 1:
                    v += weight[k, j] * far[r]
                    if r == after and clash[k, j] and private[r]:
                        v = FAR
                rows[k + 1, j, r] = v
                least = min(least, v)
            bound += least
            if j > k + 1:
                rest[k + 1] += least
        if bound < best:
            k += 1
            value[k], taken[k] = -1, -1
    if below > 0:
        return count
    for j in range(k + 1):  # what was not tried is at least this
        least = FAR
        for r in range(n):
            v = rows[j, j, r]
            if v > value[j] or (v == value[j] and r > taken[j]):
                least = min(least, v)
        best = min(best, int(spent[j] + least + rest[j]))
    return best


@dataclass(frozen=True, slots=True)
class Part:
    """Members that are taken together: a group, or where it is too large some of it.

    Attributes
    ----------
    members : (m,)
        Stays, who has least choice first.
    count : (m, m)
        In how many parts each two of them are together, and on the diagonal each of them is.
    clash : (m, m)
        Whether they overlap.
    lonely, closed
        Price of having no connecting room beside one, which parts of a larger group do not count, and the price of a
        room without a door.
    """

    members: Ints
    count: Ints
    clash: Bools
    lonely: int
    closed: int


class GroupTerms:
    """The groups of a problem, and what they add to the bound of given prices.

    Attributes
    ----------
    parts
        Who is taken together.
    """

    def __init__(self, arrays: Arrays, classes: Classes) -> None:
        a = arrays
        self._arrays, self.classes = a, classes
        self.place_of: Ints = np.full(a.n_stays, NOWHERE)
        """Place of each stay among those of the classes; -1 where it is locked."""
        self.place_of[classes.stays] = np.arange(len(classes.stays))
        self._private: Bools = a.beds == 1
        self._doorless: Bools = np.diff(a.doors.start) == 0
        self.parts: list[Part] = []
        if a.has_pair_terms:
            order = np.argsort(a.group, kind="stable")
            order = order[a.group[order] >= 0]
            for members in np.split(order, np.flatnonzero(np.diff(a.group[order])) + 1):
                if len(members) > 1 or a.wants_doors[a.group[members[0]]]:
                    self.parts += self._split(members)

    @property
    def any(self) -> bool:
        """Whether there are any that may cost something."""
        return bool(self.parts)

    def _split(self, members: Ints) -> list[Part]:
        """Return a group as parts, those with few rooms to choose from first in each."""
        a = self._arrays
        rooms = np.bincount(self.classes.of_room, minlength=self.classes.n)
        choices = [int(rooms[self.classes.klass[self._pairs(int(stay))]].sum()) for stay in members]
        members = members[np.argsort(choices, kind="stable")]
        lonely = a.not_connecting if a.wants_doors[a.group[members[0]]] else 0
        clash = (a.start[members][:, None] < a.end[members]) & (a.start[members] < a.end[members][:, None])
        m = len(members)
        if m <= MOST:
            return [Part(members, np.ones((m, m), np.int64), clash, lonely, lonely)]
        some = [np.array(part) for part in islice(combinations(range(m), MOST), PARTS + 1)]
        if len(some) > PARTS:
            rng = np.random.default_rng(m)
            some = [np.sort(rng.permutation(m)[:MOST]) for _ in range(PARTS)]
        count = np.zeros((m, m), np.int64)
        for p in some:
            count[np.ix_(p, p)] += 1
        return [Part(members[p], count[np.ix_(p, p)], clash[np.ix_(p, p)], 0, lonely) for p in some]

    def _pairs(self, stay: int) -> slice:
        """Return the pairs of a stay; none of a locked one."""
        i = int(self.place_of[stay])
        return slice(0, 0) if i < 0 else slice(int(self.classes.begin[i]), int(self.classes.begin[i + 1]))

    def adds(self, reduced: Ints, outside: Ints, scale: int) -> int:
        """Return, times ``scale``, what the groups add at some prices.

        Parameters
        ----------
        reduced : (n_pairs,)
        outside : (n_free,)
            How much dearer than its stay's cheapest choice each pair is, and having no room; times ``scale``.
        """
        return sum(self.least(part, reduced, outside, scale) for part in self.parts)

    def least(self, part: Part, reduced: Ints, outside: Ints, scale: int) -> int:
        """Return what a part adds, as `adds` does."""
        costs = self._costs(part, reduced, outside)
        least = self._search(part, costs, scale, NODES, 0, np.empty((0, len(costs)), np.int64))[0]
        return max(0, min(least, FAR))

    def below(self, part: Part, reduced: Ints, outside: Ints, scale: int, value: int) -> tuple[Ints, Ints]:
        """Return joint choices of a part that add less than a value, as far as they are found.

        Returns
        -------
        rooms : (count, m)
            Of each member, -1 for none.
        extra : (count,)
            What distances and doors cost, times ``scale``.
        """
        costs = self._costs(part, reduced, outside)
        rooms = np.empty((MANY, len(costs)), np.int64)
        count, totals = self._search(part, costs, scale, LOOKS, value, rooms)
        rooms = rooms[:count]
        extra = totals[:count] - costs[np.arange(len(costs)), rooms].sum(axis=1)
        return np.where(rooms < self._arrays.n_rooms, rooms, NOWHERE), extra

    def _costs(self, part: Part, reduced: Ints, outside: Ints) -> Ints:
        """Return the reduced costs of the members by room, then of being nowhere: (m, n_rooms + 1)."""
        table = self.by_class(part, reduced, outside)
        costs = np.concatenate([table[:, self.classes.of_room], table[:, -1:]], axis=1)
        for row, stay in zip(costs, part.members.tolist(), strict=True):
            if self.place_of[stay] < 0:
                row[:] = FAR
                row[self._arrays.held[stay]] = 0
        return np.where(costs < FAR, costs // np.diagonal(part.count)[:, None], FAR)

    def by_class(self, part: Part, of_pair: Ints, outside: Ints) -> Ints:
        """Return by class, then for being nowhere, what is given by pair and by stay: (m, n_classes + 1).

        It is nothing for who is locked.
        """
        table = np.full((len(part.members), self.classes.n + 1), FAR)
        for row, stay in zip(table, part.members.tolist(), strict=True):
            if self.place_of[stay] < 0:
                row[:] = 0
                continue
            pairs = self._pairs(stay)
            row[self.classes.klass[pairs]] = of_pair[pairs]
            row[-1] = outside[self.place_of[stay]]
        return table

    def _search(self, part: Part, costs: Ints, scale: int, limit: int, below: int, rooms: Ints) -> tuple[int, Ints]:
        a = self._arrays
        weight = a.apart * scale // np.maximum(1, part.count)
        closed = part.closed * scale // np.diagonal(part.count)
        costs = costs + np.outer(closed, np.append(self._doorless, False))
        totals = np.empty(len(rooms), np.int64)
        found = _together(
            costs, weight, part.clash, part.lonely * scale, self._private, a.place, a.doors.start, a.doors.items,
            limit, below, rooms, totals,
        )  # fmt: skip
        return int(found), totals
