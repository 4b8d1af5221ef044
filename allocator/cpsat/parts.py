"""Everybody's room at once, where some stays may be in several, one after the other: exact, for small problems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, inf

import numpy as np

from allocator.arrays import NOWHERE, Arrays, Bools, Ints
from allocator.cpsat.constraints import add_constraints
from allocator.cpsat.objective import apart, gap, not_connecting, placing
from allocator.cpsat.run import run
from allocator.cpsat.variables import Variables
from allocator.cpsat.writer import FREE
from allocator.search.occupancy import Occupancy


@dataclass(frozen=True, slots=True)
class Piece:
    """Nights ``first`` up to ``last`` of a stay, as if they were a stay of their own.

    Attributes
    ----------
    stay, at
        Numbers of the stay, and of the piece, among the stays of the arrays.
    """

    stay: int
    at: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Splits:
    """What may be split.

    Attributes
    ----------
    nights, most
        Of each stay that may be, by its number: its nights, and the most pieces it may be in.
    moving
        What a stay pays, by its number, for not being whole in the room it holds.
    price
        Of a change of rooms.
    """

    pieces: Sequence[Piece]
    nights: dict[int, int]
    most: dict[int, int]
    moving: dict[int, int]
    price: int


@dataclass(frozen=True, slots=True)
class Optimum:
    """The least there is, and rooms by stay and piece that have it.

    Attributes
    ----------
    beyond
        How much less than these rooms cost anything could cost; 0 where they are proven to be the best.
    """

    rooms: Ints
    beyond: float
    effort: float

    @property
    def proven(self) -> bool:
        """Whether nothing is better."""
        return self.beyond < 1


class PartsModel:
    """All stays free at once; a stay that may be split is whole, or its pieces follow each other, or it has no room."""

    def __init__(self, arrays: Arrays, splits: Splits, now: Ints, most_changes: int | None = None) -> None:
        """Build the model.

        Parameters
        ----------
        now
            Rooms by stay and piece that break no rule: the hint.
        most_changes
            Changes of rooms altogether.
        """
        self._arrays, self._splits, self._now = arrays, splits, now
        free = np.flatnonzero(~arrays.fixed)
        self._v = Variables(Occupancy(arrays), free, np.arange(arrays.n_rooms), now[free])
        self._at = {int(i): k for k, i in enumerate(free.tolist())}
        add_constraints(self._v)
        of_stay: dict[int, list[Piece]] = {i: [] for i in splits.nights}
        for piece in splits.pieces:
            of_stay[piece.stay].append(piece)
        for stay, mine in of_stay.items():
            self._follow(stay, mine)
        self._later = [self._out(p.at) for p in splits.pieces if p.first]
        if most_changes is not None and self._later:
            self._v.between(len(self._later) - most_changes, self._later, FREE)

    def cheapest(self, placed: Bools, seed: int, effort: float, seconds: float = inf) -> Optimum:
        """Return the rooms of least cost in which those who are to be placed are."""
        v = self._v
        for stay in self._free(placed):
            firsts = [self._out(p.at) for p in self._first(stay)]
            v.between(len(firsts), [self._out(stay), *firsts], len(firsts))
        placing(v)
        gap(v)
        apart(v)
        not_connecting(v)
        for piece in self._splits.pieces:
            if piece.first:
                v.charge(self._out(piece.at), -self._splits.price)
            else:
                penalty = int(self._arrays.penalty[piece.stay])
                v.charge(self._out(piece.at), penalty - self._splits.moving[piece.stay])
        return self._solve(seed, effort, seconds)

    def fewest_changes(self, placed: Bools, seed: int, effort: float, seconds: float = inf) -> Optimum:
        """Return rooms that leave out the fewest of those who are to be placed, and among these with fewest changes."""
        v = self._v
        dear = len(self._later) + 1
        for stay in self._free(placed):
            for out in (self._out(stay), *(self._out(p.at) for p in self._first(stay))):
                v.charge(out, dear)
        for out in self._later:
            v.charge(out, -1)
        return self._solve(seed, effort, seconds)

    def _follow(self, stay: int, pieces: Sequence[Piece]) -> None:
        """Let the pieces of a stay follow each other from its first night to its last, or none be there."""
        v = self._v
        firsts = [self._out(p.at) for p in pieces if p.first == 0]
        # a literal says that a piece is *not* there
        v.between(len(firsts), [*firsts, self._out(stay)], FREE)
        for night in range(1, self._splits.nights[stay]):
            ending = [self._out(p.at) for p in pieces if p.last == night]
            begun = [self._out(p.at) for p in pieces if p.first == night]
            v.balance(ending, begun, len(ending) - len(begun))
        v.between(len(pieces) - self._splits.most[stay], [self._out(p.at) for p in pieces], FREE)

    def _solve(self, seed: int, effort: float, seconds: float) -> Optimum:
        v = self._v
        found = run(v.finish(), seed, effort, seconds)
        if found.values is None:
            return Optimum(self._now, inf, found.effort)
        rooms = self._now.copy()
        rooms[v.stays] = NOWHERE
        taken = v.taken(found.values)
        rooms[v.stays[v.owner[taken]]] = v.room[taken]
        beyond = 0.0 if found.optimal else v.value(found.values) - ceil(found.bound)
        return Optimum(rooms, beyond, found.effort)

    def _free(self, placed: Bools) -> list[int]:
        return [int(i) for i in np.flatnonzero(placed) if not self._arrays.fixed[i]]

    def _out(self, stay: int) -> int:
        return int(self._v.out[self._at[stay]])

    def _first(self, stay: int) -> list[Piece]:
        return [p for p in self._splits.pieces if p.stay == stay and p.first == 0]
