"""A window: some stays set free among some rooms, everybody else fixed where they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from allocator.arrays import NOWHERE, Bools, Ints
from allocator.cpsat.constraints import add_constraints
from allocator.cpsat.objective import add_objective
from allocator.cpsat.variables import Variables
from allocator.search.occupancy import Occupancy


class Window:
    """The model of a window; it gains exactly what the score of the whole plan gains.

    Attributes
    ----------
    stays
        The free stays, by number.
    before
        What the plan in force costs here, up to a constant.
    """

    def __init__(self, occupancy: Occupancy, stays: Ints, rooms: Ints, now: Ints, wanted: Bools | None = None) -> None:
        """Build the model.

        Parameters
        ----------
        occupancy
            Everybody but the free stays, where they are; read only.
        rooms
            Where the free stays may go.
        now
            Where the free stays are, -1 for nowhere.
        wanted : (n_free, n_rooms)
            Pairs to look at, if not all.
        """
        self.stays = stays
        self._variables = v = Variables(occupancy, stays, rooms, now, wanted)
        add_constraints(v)
        add_objective(v)
        self.model = v.finish()
        self.before = v.value(v.hint)

    @property
    def size(self) -> int:
        """Number of (stay, room) literals."""
        return len(self._variables.x)

    def cost(self, values: Sequence[int]) -> int:
        """Return what these values of the variables cost, up to the same constant as ``before``."""
        return self._variables.value(values)

    def rooms(self, values: Sequence[int]) -> Ints:
        """Return the room of each free stay for these values of the variables."""
        v = self._variables
        rooms = np.full(len(self.stays), NOWHERE, np.int64)
        taken = v.taken(values)
        rooms[v.owner[taken]] = v.room[taken]
        return rooms
