"""Who is where, clique by clique: the hard rules as counts, for the searches that place one stay at a time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from allocator.arrays import NOWHERE, SAME, Arrays, Ints


class Occupancy:
    """A partial plan of which every placement is allowed.

    Attributes
    ----------
    room : (n_stays,)
        Room of each stay, -1 if none.
    load : (n_rooms, n_cliques)
        Stays in each room; a closure or a stay in a rival room takes all its beds.
    """

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays
        self.room = np.full(arrays.n_stays, NOWHERE, np.int64)
        self.load = np.zeros((arrays.n_rooms, max(1, arrays.n_cliques)), np.int32)
        self.same = np.flatnonzero(arrays.policy == SAME)
        self.same_at = np.full(arrays.n_rooms, -1, np.int64)
        self.same_at[self.same] = np.arange(len(self.same))
        self.guests = np.zeros((3, len(self.same), max(1, arrays.n_cliques)), np.int32)  # by gender, unknown last
        for r in range(arrays.n_rooms):
            shut = arrays.shut[r]
            for first, last in zip(shut[::2], shut[1::2], strict=True):
                self.load[r, first:last] = arrays.beds[r]
        for i in np.flatnonzero(arrays.fixed):
            self.place(int(i), int(arrays.held[i]))

    def open_rooms(self, stay: int, rooms: Ints) -> npt.NDArray[np.bool_]:
        """Tell which of some rooms have a bed for the stay, and company it may share; costs are not looked at."""
        a = self.arrays
        first, last = a.first[stay], a.last[stay]
        fine = np.asarray((self.load[rooms, first:last] < a.beds[rooms, None]).all(axis=1), np.bool_)
        if len(self.same):
            shared = self.same_at[rooms]
            among = np.flatnonzero(fine & (shared >= 0))
            if len(among):
                others = [g for g in (0, 1, 2) if g != a.gender[stay]]
                mixed = self.guests[:, shared[among], first:last][others].any(axis=(0, 2))
                fine[among[mixed]] = False
        return fine

    def place(self, stay: int, room: int) -> None:
        """Put an unplaced stay in a room."""
        self.room[stay] = room
        self._count(stay, room, 1)

    def remove(self, stay: int) -> int:
        """Take a placed stay out of its room, and return the room."""
        room = int(self.room[stay])
        self.room[stay] = NOWHERE
        self._count(stay, room, -1)
        return room

    def _count(self, stay: int, room: int, change: int) -> None:
        a = self.arrays
        span = slice(a.first[stay], a.last[stay])
        self.load[room, span] += change
        for rival in a.rivals[room]:
            self.load[rival, span] += change * a.beds[rival]
        if self.same_at[room] >= 0:
            self.guests[a.gender[stay], self.same_at[room], span] += change


def move_count(arrays: Arrays, rooms: Ints) -> int:
    """Return how many stays leave the room they hold."""
    return int(((arrays.held >= 0) & (rooms != arrays.held)).sum())
