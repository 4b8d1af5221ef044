"""Where windows lie: which stays are set free among which rooms, drawn where a plan pays more than it might have to."""

from __future__ import annotations

from typing import Final

import numpy as np

from allocator.arrays import Bools, Floats, Ints
from allocator.search.need import Excess, distances, gaps_by_room, group_costs
from allocator.search.occupancy import Occupancy

PAIRS: Final = 1_500
"""First size of a window in (stay, room) literals; it grows where windows are solved well within the limit."""


class Places:
    """The choice of windows for a plan: each method draws one of about so many pairs, or none if there is no need.

    Attributes
    ----------
    occupancy
        The plan.
    free : (n_stays,)
        Who may be moved.
    closed : (n_rooms,)
        Rooms that the next window leaves alone as far as it can: they are in others.
    """

    def __init__(self, occupancy: Occupancy, excess: Excess, rng: np.random.Generator) -> None:
        """Take note of the locked stays, the only ones in the rooms."""
        self.occupancy, self.excess, self.rng = occupancy, excess, rng
        self.arrays = occupancy.arrays
        self.free: Bools = ~self.arrays.fixed
        self.closed: Bools = np.zeros(self.arrays.n_rooms, np.bool_)
        self._locked = occupancy.load.copy()
        self._tired: Ints = np.zeros(self.arrays.n_stays, np.int64)

    def eject(self, size: int) -> tuple[Ints, Ints] | None:
        """Around a stay without a room or in a dear one: better rooms, easily cleared, and outlets for others."""
        a = self.arrays
        out = self.free & (self.occupancy.room < 0)
        excess = self.excess.of(self.occupancy.room).copy()
        if out.any():
            excess[~out] *= 0.2 * excess[out].sum() / max(1.0, excess[~out].sum())
        excess = np.where(self.free, np.maximum(excess, 0.0), 0.0) / (1.0 + self._tired) ** 2
        excess[self.closed[self.occupancy.room] & (self.occupancy.room >= 0)] = 0.0
        if not excess.any():
            return None
        i = int(self.rng.choice(a.n_stays, p=excess / excess.sum()))
        self._tired[i] += 1
        times = int(self._tired[i])
        cost = a.costs.row(i)
        paid = cost[self.occupancy.room[i]] if self.occupancy.room[i] >= 0 else a.penalty[i]
        margin = int(self.rng.integers(0, 2 + 2 * times))
        start, end = a.start[i] - margin * a.slots_per_night, a.end[i] + margin * a.slots_per_night
        near = self._overlapping(start, end)
        idle = self._idle(a.first[i], a.last[i])
        target = min(60.0, (8 + 4 * times) * np.sqrt(size / PAIRS))
        better = (cost >= 0) & (cost < paid) & ~self.closed
        key = np.where(better, idle + self.rng.gumbel(size=a.n_rooms), -np.inf)
        mine = np.argsort(-key)[: max(1, int(0.6 * target))]
        mine = mine[np.isfinite(key[mine])]
        if not len(mine):
            return None
        others = near[np.isin(self.occupancy.room[near], mine)]
        key = np.log(np.maximum(self._fit(others), 1e-9)) + 2 * idle + self.rng.gumbel(size=a.n_rooms)
        key[mine] = key[self.closed] = -np.inf
        rooms = np.union1d(mine, np.argsort(-key)[: int(0.4 * target)])
        if self.occupancy.room[i] >= 0:
            rooms = np.union1d(rooms, self.occupancy.room[[i]])
        return self._window(np.union1d(near, [i]), rooms, size)

    def few_rooms(self, size: int) -> tuple[Ints, Ints] | None:
        """A few rooms over the whole horizon: one that is in need, and others fit for those who are in it."""
        a = self.arrays
        need = (self._need() + self._need().mean() * 0.1 + 1e-6) * ~self.closed
        if not need.any():
            return None
        room = int(self.rng.choice(a.n_rooms, p=need / need.sum()))
        inside = np.flatnonzero(self.free & (self.occupancy.room == room))
        each = max(1.0, self.free.sum() / a.n_rooms)
        return self._window(np.flatnonzero(self.free), self._partners(room, inside, int((size / each) ** 0.5)), size)

    def some_days(self, size: int) -> tuple[Ints, Ints] | None:
        """More rooms for some days, around a stay that is dear where it is."""
        a = self.arrays
        excess = np.where(self.free & (self.occupancy.room >= 0), self.excess.of(self.occupancy.room), 0.0)
        excess += np.where(self.free & (self.occupancy.room >= 0), 0.1 * excess.sum() / max(1, a.n_stays) + 1e-6, 0.0)
        excess[self.closed[self.occupancy.room]] = 0.0
        if not excess.any():
            return None
        i = int(self.rng.choice(a.n_stays, p=excess / excess.sum()))
        nights = float(self.rng.choice((3, 5, 8, 13, 21)))
        middle = int(self.rng.integers(a.start[i], a.end[i]))
        half = int(nights * a.slots_per_night / 2)
        near = self._overlapping(middle - half, middle + half)
        each = max(0.5, len(near) / a.n_rooms)
        rooms = self._partners(int(self.occupancy.room[i]), np.array([i]), int((size / each) ** 0.5))
        return self._window(near, rooms, size)

    def group(self, size: int) -> tuple[Ints, Ints] | None:
        """Around a group that pays: where its members are, and rooms near one of them or near any other room."""
        a = self.arrays
        cost = group_costs(self.arrays, self.occupancy.room).astype(np.float64)
        if not cost.any():
            return None
        group = int(self.rng.choice(len(cost), p=cost / cost.sum()))
        members = np.flatnonzero(a.group == group)
        placed = np.unique(self.occupancy.room[members[self.occupancy.room[members] >= 0]])
        mine = members[self.free[members]]
        if not len(mine):
            return None
        fits = self._fit(mine)
        anchor = int(self.rng.choice(placed if self.rng.random() < 0.6 else np.flatnonzero(fits > 0)))
        margin = int(self.rng.integers(0, 4)) * a.slots_per_night
        near = self._overlapping(int(a.start[mine].min()) - margin, int(a.end[mine].max()) + margin)
        each = max(0.5, len(near) / a.n_rooms)
        target = max(len(placed) + 2, int((size / each) ** 0.5))
        far = distances(a, np.array([anchor]), np.arange(a.n_rooms))[0]
        key = np.where(fits > 0, -far + 0.7 * self.rng.gumbel(size=a.n_rooms), -np.inf)
        rooms = np.union1d(placed, np.argsort(-key)[: max(2, target - len(placed))])
        return self._window(np.union1d(near, mine), rooms, size)

    def _window(self, near: Ints, rooms: Ints, size: int) -> tuple[Ints, Ints]:
        """Return those of some stays that are in the rooms or nowhere, and the rooms."""
        here = self.free[near] & (np.isin(self.occupancy.room[near], rooms))
        stays = near[here]
        waiting = near[self.free[near] & (self.occupancy.room[near] < 0)]
        if len(waiting):
            waiting = self.rng.permutation(waiting)[: max(4, size // (8 * len(rooms)))]
        return np.union1d(stays, waiting), rooms

    def _partners(self, room: int, inside: Ints, count: int) -> Ints:
        """Return a room and others that suit those inside it, those in need rather than the rest."""
        a = self.arrays
        fits = self._fit(inside) if len(inside) else np.ones(a.n_rooms)
        need = self._need()
        weight = fits * (0.3 + need / max(1e-9, need.mean()))
        key = np.log(np.maximum(weight, 1e-9)) + self.rng.gumbel(size=a.n_rooms)
        key[self.closed] -= 99.0
        key[room] = np.inf
        rivals = a.rivals[room]
        key[rivals] = np.inf
        return np.sort(np.argsort(-key)[: min(60, max(2 + len(rivals), count))])

    def _fit(self, stays: Ints) -> Floats:
        """Return by room the share of some stays that may have it."""
        a = self.arrays
        fits = np.zeros(a.n_rooms)
        few = self.rng.permutation(stays)[:12]
        for i in few.tolist():
            fits += a.costs.row(i) >= 0
        return fits / max(1, len(few))

    def _idle(self, first: int, last: int) -> Floats:
        """Return by room how much of its beds is free over some cliques, -9 where a locked stay or closure is."""
        a, load = self.arrays, self.occupancy.load
        share = 1 - load[:, first:last].mean(axis=1) / a.beds
        return np.where((self._locked[:, first:last] >= a.beds[:, None]).any(axis=1), -9.0, 4 * share)

    def _overlapping(self, start: int, end: int) -> Ints:
        """Return the free stays that overlap a period."""
        return np.flatnonzero(self.free & (self.arrays.start < end) & (self.arrays.end > start))

    def _need(self) -> Floats:
        """Return by room what those in it pay beyond their cheapest choice, and its gaps."""
        a = self.arrays
        rooms = self.occupancy.room
        placed = np.flatnonzero(self.free & (rooms >= 0))
        excess = self.excess.of(rooms)[placed]
        return np.asarray(np.bincount(rooms[placed], excess, a.n_rooms) + gaps_by_room(a, rooms), np.float64)
