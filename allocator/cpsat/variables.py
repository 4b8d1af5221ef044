"""What a window decides: where each of its free stays goes, while everybody else stays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from allocator.arrays import Bools, Ints
from allocator.cpsat.writer import Writer
from allocator.search.occupancy import Occupancy


class Variables(Writer):
    """One literal for each (free stay, room it may take), one for going without a room.

    The known solution is the plan in force.

    Attributes
    ----------
    occupancy
        Everybody else, where they are.
    stays : (n_free,)
        The free stays, by number.
    owner, room, cost : (n_pairs,)
        Of each pair the place of its stay in ``stays``, its room, and what the stay costs there.
    x : (n_pairs,)
        The literal of each pair.
    out : (n_free,)
        The literal of each stay for going without a room.
    of_stay, of_room
        Pairs by place of the stay, and by room.
    """

    def __init__(self, occupancy: Occupancy, stays: Ints, rooms: Ints, now: Ints, wanted: Bools | None = None) -> None:
        """Make the literals.

        Parameters
        ----------
        rooms
            Where the free stays may go.
        now : (n_free,)
            Where they are; -1 for nowhere.
        wanted : (n_free, n_rooms)
            Pairs to look at, if not all; where a stay is, is always looked at.

        Raises
        ------
        ValueError
            If a free stay is where it may not be.
        """
        super().__init__()
        self.occupancy = occupancy
        self.arrays = a = occupancy.arrays
        self.stays, self.now = stays, now
        owner, room, cost = [], [], []
        for k, i in enumerate(stays.tolist()):
            row = a.costs.row(i)[rooms]
            fine = (row >= 0) & occupancy.open_rooms(i, rooms)
            if wanted is not None:
                fine &= wanted[k] | (rooms == now[k])
            if now[k] >= 0 and not fine[rooms == now[k]].any():
                raise ValueError(f"stay {i} is in room {now[k]}, where it may not be")
            found = np.flatnonzero(fine)
            owner.append(np.full(len(found), k))
            room.append(rooms[found])
            cost.append(row[found])
        none = [np.zeros(0, np.int64)]
        self.owner: Ints = np.concatenate(owner + none).astype(np.int64)
        self.room: Ints = np.concatenate(room + none)
        self.cost: Ints = np.concatenate(cost + none)
        self.first: Ints = a.first[stays][self.owner]
        self.last: Ints = a.last[stays][self.owner]
        self.start: Ints = a.start[stays][self.owner]
        self.end: Ints = a.end[stays][self.owner]
        self.chosen: Bools = self.room == now[self.owner]
        self.x = self.literals(self.chosen)
        self.out = self.literals(now < 0)
        self.of_stay = _lists(self.owner, len(stays))
        by_room = _lists(self.room, a.n_rooms) if len(self.room) else []
        self.of_room = {r: pairs for r, pairs in enumerate(by_room) if len(pairs)}

    def taken(self, values: Sequence[int]) -> Ints:
        """Return the pairs that are chosen if the variables have these values."""
        return np.flatnonzero([values[x] for x in self.x.tolist()])

    def pick(self, pairs: Sequence[int] | Ints) -> list[int]:
        """Return the literals of some pairs."""
        picked: list[int] = self.x[pairs].tolist()
        return picked


def _lists(key: Ints, n: int) -> list[Ints]:
    """Return the places of each of n keys."""
    order = np.argsort(key, kind="stable")
    return np.split(order, np.cumsum(np.bincount(key, minlength=n))[:-1]) if n else []
