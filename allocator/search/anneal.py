"""Simulated annealing on counts: for dorms, where beds are interchangeable and company may have to be of one gender.

A step moves a stay to another room, exchanges two stays, or moves all who stand in each other's way between two rooms;
it is accepted by Metropolis' rule while the temperature falls geometrically (Ceschia and Schaerf 2011 solve patient
admission scheduling this way). Occupancy is a count by clique: a dorm of any size costs the same. Gaps and groups are
not seen: where they cost, rooms without dorm beds are left to pairs.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from allocator.arrays import NOWHERE, SAME, Arrays, Ints, Lists
from allocator.search.occupancy import Occupancy
from allocator.search.steps import Given, Placed, Proposals, anneal, join

APART: Final = 64
"""Stays that must come nearer to another plan to outweigh the least cost: more than chance can at the heats in use."""


class Annealer:
    """A plan under annealing.

    Attributes
    ----------
    sees_all
        Whether it sees all that costs, and so moves stays among all rooms.
    """

    def __init__(self, arrays: Arrays, seed: int) -> None:
        self.arrays = a = arrays
        self.sees_all = not len(a.gap) and not a.has_pair_terms
        shared = (a.beds > 1) | (a.policy == SAME)
        self.here: Ints = np.arange(a.n_rooms) if self.sees_all else np.flatnonzero(shared)
        self.rng = np.array([(seed * 2 + 1) * 0xD1342543DE82EF95 % 2**64 or 1], np.uint64)
        self._near: Ints = np.full((a.n_stays, 1), -1, np.int64)
        self._class_rooms = Lists.of([])
        self.load(np.full(a.n_stays, NOWHERE, np.int64))

    def load(self, rooms: Ints) -> None:
        """Go on from another plan."""
        a, c = self.arrays, self.arrays.costs
        o = Occupancy(a)
        for i in np.flatnonzero((rooms >= 0) & ~a.fixed).tolist():
            o.place(i, int(rooms[i]))
        self._given = Given(
            a.first, a.last, a.gender, a.penalty, a.held, a.fixed, a.beds, o.same_at, a.rivals.start, a.rivals.items,
            c.rate, c.column, c.profile, c.nights, c.extra,
            c.exception_room.start, c.exception_room.items, c.exception_cost, a.budget,
            np.full(a.n_stays, NOWHERE, np.int64), 1,
        )  # fmt: skip
        longest = min(int((a.beds * max(1, a.n_cliques)).max(initial=1)), a.n_stays) + 1
        moved = np.array([((a.held >= 0) & (o.room != a.held)).sum()], np.int64)
        member, count = np.zeros((a.n_rooms, longest), np.int64), np.zeros(a.n_rooms, np.int64)
        self._placed = Placed(o.room, o.load, o.guests, member, count, np.zeros(a.n_stays, np.int64), moved)
        for i in np.flatnonzero(o.room >= 0).tolist():
            join(self._placed, i, int(o.room[i]))
        mine = np.isin(o.room, self.here) | (o.room < 0)
        self._stays: Ints = np.flatnonzero(mine & ~a.fixed)

    @property
    def rooms(self) -> Ints:
        """Where the stays are now."""
        return self._placed.room

    def guide(self, near: Ints, of_room: Ints) -> None:
        """Propose most often one of the classes that prices say suit a stay.

        Parameters
        ----------
        near : (n_stays, k)
            Classes, best first.
        of_room : (n_rooms,)
            Class of each room.
        """
        self._near = near
        self._class_rooms = Lists.by(of_room[self.here], self.here, int(of_room.max()) + 1)

    def run(self, steps: int, heat: float) -> int:
        """Take so many steps at a temperature, and return by how much the placing terms changed."""
        return self._run(self._given, steps, heat)

    def approach(self, plan: Ints, steps: int, heat: float) -> None:
        """Take steps towards another plan that leave the cost as it is or lower it; heat 1 is one stay further away."""
        self._run(self._given._replace(home=plan, scale=APART), steps, heat)

    def _run(self, given: Given, steps: int, heat: float) -> int:
        if not len(self._stays) or not len(self.here):
            return 0
        proposals = Proposals(self._stays, self.here, self._near, self._class_rooms.start, self._class_rooms.items)
        return int(anneal(given, self._placed, proposals, steps, heat, self.rng))
