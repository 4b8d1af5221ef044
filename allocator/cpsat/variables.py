"""What a window decides: where each of its free stays goes, while everybody else stays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ortools.sat.python.cp_model import BoundedLinearExpression, CpModel, IntVar, LinearExpr

from allocator.arrays import Bools, Ints
from allocator.search.occupancy import Occupancy


class Variables:
    """One literal for each (free stay, room it may take), one for going without a room.

    Every variable comes with its value in the plan in force, so that the hint is complete.

    Attributes
    ----------
    occupancy
        Everybody else, where they are.
    stays : (n_free,)
        The free stays, by number.
    owner, room, cost : (n_pairs,)
        Of each pair the place of its stay in ``stays``, its room, and what the stay costs there.
    x
        The literal of each pair.
    out
        The literal of each stay for going without a room.
    of_stay, of_room
        Pairs by place of the stay, and by room.
    hint
        Value of every variable of the model, by index.
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
        self.occupancy = occupancy
        self.arrays = a = occupancy.arrays
        self.stays, self.now = stays, now
        self.model = CpModel()
        self.hint: list[int] = []
        self._terms: list[IntVar] = []
        self._coefficients: list[int] = []
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
        self.x = [self.literal(bool(h)) for h in self.chosen]
        self.out = [self.literal(r < 0) for r in now.tolist()]
        self.of_stay = _lists(self.owner, len(stays))
        by_room = _lists(self.room, a.n_rooms) if len(self.room) else []
        self.of_room = {r: pairs for r, pairs in enumerate(by_room) if len(pairs)}

    def literal(self, now: bool) -> IntVar:
        """Return a new literal that has this value in the plan in force."""
        self.hint.append(int(now))
        return self.model.new_bool_var("")

    def number(self, most: int, now: int) -> IntVar:
        """Return a new integer of 0 to ``most`` that has this value in the plan in force."""
        self.hint.append(now)
        return self.model.new_int_var(0, most, "")

    def pick(self, pairs: Sequence[int] | Ints) -> list[IntVar]:
        """Return the literals of some pairs."""
        return [self.x[p] for p in pairs]

    def charge(self, variable: IntVar, cost: int) -> None:
        """Let a variable cost so much."""
        if cost:
            self._terms.append(variable)
            self._coefficients.append(int(cost))

    def balance(self, plus: Sequence[IntVar], minus: Sequence[IntVar], value: int) -> BoundedLinearExpression:
        """Return ``sum(plus) - sum(minus) == value``."""
        left = LinearExpr.weighted_sum([*plus, *minus], [1] * len(plus) + [-1] * len(minus))
        return left == value  # type: ignore[return-value]

    def minimise(self) -> None:
        """Minimise what was charged."""
        self.model.minimize(LinearExpr.weighted_sum(self._terms, self._coefficients))

    def value(self, values: Sequence[int]) -> int:
        """Return what was charged if the variables have these values."""
        return sum(c * values[v.index] for v, c in zip(self._terms, self._coefficients, strict=True))


def _lists(key: Ints, n: int) -> list[Ints]:
    """Return the places of each of n keys."""
    order = np.argsort(key, kind="stable")
    return np.split(order, np.cumsum(np.bincount(key, minlength=n))[:-1]) if n else []
