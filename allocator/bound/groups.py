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
):
    """Return the least joint cost of the members, or after so many branches a lower bound of it.

    Branches on the members in order, each branch's rooms cheapest first; ``rows[k, j]`` is what each room costs member
    j beside the rooms of the first k members.
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
    best, branches, k = FAR, 0, 0
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
    for j in range(k + 1):  # what was not tried is at least this
        least = FAR
        for r in range(n):
            v = rows[j, j, r]
            if v > value[j] or (v == value[j] and r > taken[j]):
                least = min(least, v)
        best = min(best, int(spent[j] + least + rest[j]))
    return best


class GroupTerms:
    """The groups of a problem, and what they add to the bound of given prices."""

    def __init__(self, arrays: Arrays, classes: Classes) -> None:
        a = arrays
        self._arrays, self._classes = a, classes
        self._place_of: Ints = np.full(a.n_stays, NOWHERE)
        self._place_of[classes.stays] = np.arange(len(classes.stays))
        self._private: Bools = a.beds == 1
        self._closed: Bools = np.diff(a.doors.start) == 0
        self._groups: list[Ints] = []
        if a.has_pair_terms:
            order = np.argsort(a.group, kind="stable")
            order = order[a.group[order] >= 0]
            groups = np.split(order, np.flatnonzero(np.diff(a.group[order])) + 1)
            self._groups = [members for members in groups if len(members) > 1 or a.wants_doors[a.group[members[0]]]]

    @property
    def any(self) -> bool:
        """Whether there are any that may cost something."""
        return bool(self._groups)

    def adds(self, reduced: Ints, outside: Ints, scale: int) -> int:
        """Return, times ``scale``, what the groups add at some prices.

        Parameters
        ----------
        reduced : (n_pairs,)
        outside : (n_free,)
            How much dearer than its stay's cheapest choice each pair is, and having no room; times ``scale``.
        """
        return sum(self._of(members, reduced, outside, scale) for members in self._groups)

    def _of(self, members: Ints, reduced: Ints, outside: Ints, scale: int) -> int:
        a = self._arrays
        costs = np.stack([self._row(int(i), reduced, outside) for i in members])
        lonely = a.not_connecting * scale if a.wants_doors[a.group[members[0]]] else 0
        costs[:, :-1][:, self._closed] += lonely
        few = np.argsort((costs < FAR).sum(axis=1), kind="stable")  # who has little choice chooses first
        members, costs = members[few], costs[few]
        clash = (a.start[members][:, None] < a.end[members]) & (a.start[members] < a.end[members][:, None])
        m = len(members)
        if m <= MOST:
            return self._least(costs, np.full((m, m), a.apart * scale), clash, lonely)
        parts = [np.array(part) for part in islice(combinations(range(m), MOST), PARTS + 1)]
        if len(parts) > PARTS:
            rng = np.random.default_rng(m)
            parts = [np.sort(rng.permutation(m)[:MOST]) for _ in range(PARTS)]
        count = np.zeros((m, m), np.int64)
        for part in parts:
            count[np.ix_(part, part)] += 1
        costs = np.where(costs < FAR, costs // np.maximum(1, np.diagonal(count))[:, None], FAR)
        weight = a.apart * scale // np.maximum(1, count)
        return sum(self._least(costs[p], weight[np.ix_(p, p)], clash[np.ix_(p, p)], 0) for p in parts)

    def _row(self, stay: int, reduced: Ints, outside: Ints) -> Ints:
        """Return a member's reduced costs by room, then of being nowhere."""
        a, c = self._arrays, self._classes
        row = np.full(a.n_rooms + 1, FAR)
        i = int(self._place_of[stay])
        if i < 0:
            row[a.held[stay]] = 0
            return row
        pairs = slice(c.begin[i], c.begin[i + 1])
        by_class = np.full(c.n, FAR)
        by_class[c.klass[pairs]] = reduced[pairs]
        row[:-1] = by_class[c.of_room]
        row[-1] = outside[i]
        return row

    def _least(self, costs: Ints, weight: Ints, clash: Bools, lonely: int) -> int:
        a = self._arrays
        least = _together(
            costs, weight, clash, lonely, self._private, a.place, a.doors.start, a.doors.items, NODES
        )  # fmt: skip
        return max(0, min(int(least), FAR))
