"""The plain model of a problem: a literal for each (stay, room), rows for what they compete for, literals for gaps.

Everything of the exchange format but the terms between members of a group, which take a product for each pair of rooms.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from allocator.arrays import NOWHERE, SAME, Arrays, Ints
from allocator.search.occupancy import Occupancy


@dataclass(frozen=True, slots=True)
class Row:
    """``sum of coefficient * column <= most``."""

    columns: list[int]
    coefficients: list[int]
    most: int


@dataclass(slots=True)
class Program:
    """Minimise ``constant + cost @ x`` over columns of 0 and 1.

    Attributes
    ----------
    stay, room : (n_pairs,)
        What the first columns stand for.
    rows
        Rows of private rooms by the cliques of their stays are apart in ``cliques``: CP-SAT also takes intervals.
    """

    arrays: Arrays
    stay: Ints
    room: Ints
    cost: list[int]
    constant: int
    rows: list[Row] = field(default_factory=list)
    cliques: list[Row] = field(default_factory=list)

    def column(self, cost: int = 0) -> int:
        """Add a column and return it."""
        self.cost.append(cost)
        return len(self.cost) - 1

    def add(self, columns: list[int], most: int, coefficients: list[int] | None = None) -> None:
        """Add a row."""
        self.rows.append(Row(columns, coefficients or [1] * len(columns), most))

    def rooms(self, chosen: list[int]) -> Ints:
        """Return the room of each stay from the pairs chosen."""
        rooms = np.where(self.arrays.fixed, self.arrays.held, NOWHERE)
        rooms[self.stay[chosen]] = self.room[chosen]
        return rooms


def program_of(arrays: Arrays) -> Program:
    """Return the plain model of a problem."""
    a, occupancy = arrays, Occupancy(arrays)
    stay, room, cost = [], [], []
    for i in np.flatnonzero(~a.fixed).tolist():
        row = a.costs.row(i)
        rooms = np.flatnonzero((row >= 0) & (row < a.penalty[i]))
        rooms = rooms[occupancy.open_rooms(i, rooms)]
        stay.append(np.full(len(rooms), i))
        room.append(rooms)
        cost.append(row[rooms] - a.penalty[i])
    none = [np.zeros(0, np.int64)]
    program = Program(
        a,
        np.concatenate(stay + none),
        np.concatenate(room + none),
        np.concatenate(cost + none).tolist(),
        a.fixed_cost + int(a.penalty[~a.fixed].sum()),
    )
    by_stay, by_room = _split(program.stay, a.n_stays), _split(program.room, a.n_rooms)
    for columns in by_stay:
        if len(columns):
            program.add(columns, 1)
    if a.budget >= 0:
        home = np.flatnonzero(program.room == a.held[program.stay])
        gone = int(((a.held >= 0) & ~a.fixed).sum())
        program.add(home.tolist(), a.budget - gone, [-1] * len(home))
    for r, columns in enumerate(by_room):
        _capacity(program, occupancy, r, columns)
        if a.policy[r] == SAME:
            _genders(program, r, columns)
        if len(a.gap) and a.beds[r] == 1:
            _gaps(program, r, columns)
        for other in a.rivals[r].tolist():
            if other > r or a.beds[r] > 1 or a.beds[other] > 1:
                _rivals(program, columns, by_room[other], int(a.beds[other]))
    return program


def _split(key: Ints, n: int) -> list[list[int]]:
    """Return the places of each key."""
    order = np.argsort(key, kind="stable")
    return [part.tolist() for part in np.split(order, np.cumsum(np.bincount(key, minlength=n))[:-1])]


def _at(program: Program, columns: list[int], clique: int) -> list[int]:
    a, stays = program.arrays, program.stay[columns]
    here = (a.first[stays] <= clique) & (clique < a.last[stays])
    return [column for column, is_here in zip(columns, here.tolist(), strict=True) if is_here]


def _cliques(program: Program, columns: list[int]) -> list[int]:
    """Return the maximal cliques of some pairs: those at which one ends after another has begun."""
    a, stays = program.arrays, program.stay[columns]
    starts, ends = set(a.first[stays].tolist()), set((a.last[stays] - 1).tolist())
    kept, grown = [], False
    for t in range(a.n_cliques):
        grown |= t in starts
        if grown and t in ends:
            kept.append(t)
            grown = False
    return kept


def _capacity(program: Program, occupancy: Occupancy, room: int, columns: list[int]) -> None:
    beds = int(program.arrays.beds[room])
    cliques = _cliques(program, columns) if beds == 1 else range(program.arrays.n_cliques)
    for t in cliques:
        here, left = _at(program, columns, t), beds - int(occupancy.load[room, t])
        if len(here) > left:
            (program.cliques if beds == 1 else program.rows).append(Row(here, [1] * len(here), left))


def _rivals(program: Program, columns: list[int], others: list[int], beds: int) -> None:
    a = program.arrays
    for t in range(a.n_cliques):
        here, there = _at(program, columns, t), _at(program, others, t)
        if not here or not there:
            continue
        if beds == 1 and all(a.beds[program.room[c]] == 1 for c in here[:1]):
            program.add(here + there, 1)
            continue
        for column in here:
            program.add([*there, column], beds, [1] * len(there) + [beds])


def _genders(program: Program, room: int, columns: list[int]) -> None:
    a, beds = program.arrays, int(program.arrays.beds[room])
    for t in range(a.n_cliques):
        here = _at(program, columns, t)
        men = [c for c in here if a.gender[program.stay[c]] == 1]
        women = [c for c in here if a.gender[program.stay[c]] == 0]
        if men and women:
            of_men = program.column()
            program.add([*men, of_men], 0, [1] * len(men) + [-beds])
            program.add([*women, of_men], beds, [1] * len(women) + [beds])


def _gaps(program: Program, room: int, columns: list[int]) -> None:
    """Price each idle run: who ends at one instant, who begins at the other, unless somebody begins in between."""
    a = program.arrays
    start, end = a.start[program.stay[columns]], a.end[program.stay[columns]]
    fixed = np.flatnonzero(a.fixed & (a.held == room))
    closed = a.closed[room]
    fixed_start = {*a.start[fixed].tolist(), *closed[::2].tolist()}
    fixed_end = {*a.end[fixed].tolist(), *closed[1::2].tolist()}
    place = np.array(columns, np.int64)
    for t in sorted({*end.tolist(), *fixed_end}):
        for u in sorted({*start.tolist(), *fixed_start}):
            nights = (u - t) // a.slots_per_night
            if not 1 <= nights <= len(a.gap) or not a.gap[nights - 1]:
                continue
            if any(t <= s < u for s in fixed_start):
                continue
            enders, beginners = place[end == t].tolist(), place[start == u].tolist()
            sure = (t in fixed_end) + (u in fixed_start)
            if (not enders and t not in fixed_end) or (not beginners and u not in fixed_start):
                continue
            between = place[(start >= t) & (start < u)].tolist()
            gap = program.column(int(a.gap[nights - 1]))
            program.add(
                [*enders, *beginners, *between, gap],
                1 - sure,
                [1] * (len(enders) + len(beginners)) + [-1] * (len(between) + 1),
            )
