"""A plan as rows: bed by bed, what is in it in order of time."""

from __future__ import annotations

from typing import Final

import numpy as np

from allocator.arrays import NOWHERE, SAME, Arrays, Ints

FAR: Final = -(2**62)
"""An end long ago."""


class Rows:
    """A plan as rows: for each bed the occupancies in it, in order of time; closures stand at the end of the items.

    Attributes
    ----------
    room : (n_beds,)
        Room of each bed; only those of rooms without a ``same`` gender policy are here.
    row : (n_beds, longest)
        Items in each bed.
    length : (n_beds,)
        How many.
    bed : (n_stays,)
        Bed of each stay, -1 if unplaced, -2 if in a room that is not here.
    """

    def __init__(self, arrays: Arrays, rooms: Ints) -> None:
        a = self.arrays = arrays
        here = np.flatnonzero(a.policy != SAME).tolist()
        self.room: Ints = np.repeat(np.array(here, np.int64), a.beds[here])
        closures = [(r, int(s), int(e)) for r in here for s, e in zip(a.closed[r][::2], a.closed[r][1::2], strict=True)]
        n = a.n_stays
        self.start: Ints = np.concatenate([a.start, np.array([c[1] for c in closures], np.int64)])
        self.end: Ints = np.concatenate([a.end, np.array([c[2] for c in closures], np.int64)])
        first_bed = np.full(a.n_rooms, -1, np.int64)
        beds, where = np.unique(self.room, return_index=True)
        first_bed[beds] = where
        self.first_bed = first_bed
        self._closures = closures
        most = max([len(a.closed[r]) // 2 for r in here], default=0)
        self.row: Ints = np.full((len(self.room), a.n_cliques + most + 2), -1, np.int64)
        self.length: Ints = np.zeros(len(self.room), np.int64)
        self.bed: Ints = np.full(n, NOWHERE, np.int64)
        self.load(rooms)

    def load(self, rooms: Ints) -> None:
        """Take over a plan, giving beds from left to right."""
        a = self.arrays
        self.length[:] = 0
        self.bed[:] = np.where(rooms >= 0, -2, NOWHERE)
        items: list[tuple[int, int, int, int]] = [
            (s, e, a.n_stays + k, r) for k, (r, s, e) in enumerate(self._closures)
        ]
        items += [
            (int(a.start[i]), int(a.end[i]), int(i), int(rooms[i]))
            for i in np.flatnonzero(rooms >= 0)
            if self.first_bed[rooms[i]] >= 0
        ]
        free = np.full(len(self.room), FAR, np.int64)
        for start, end, item, room in sorted(items):
            begin = self.first_bed[room]
            beds = range(begin, begin + a.beds[room])
            if item >= a.n_stays:
                mine = list(beds)
            else:
                mine = [next(b for b in beds if free[b] <= start)]
                self.bed[item] = mine[0]
            for b in mine:
                free[b] = end
                self.row[b, self.length[b]] = item
                self.length[b] += 1

    def rooms(self, otherwise: Ints) -> Ints:
        """Return the room of each stay; where it is in none of these beds but placed, that of ``otherwise``."""
        found: Ints = np.where(self.bed >= 0, self.room[np.maximum(self.bed, 0)], NOWHERE)
        return np.where(self.bed == -2, otherwise, found)
