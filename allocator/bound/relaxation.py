"""The linear relaxation by room near the business date, by kind of room beyond: sharp where holders tell rooms apart.

One column for each (stay, room) or (stay, kind of room); one row for each stay, for each maximal clique of a room, and
for each clique of a kind that somebody is in without a room of his own. By room such a matrix is an interval matrix, so
the vertex that the simplex finds is most often a plan, and then an optimal one. Any prices of the rows give a bound; it
is computed from them in integers, so that nothing hangs on the tolerances of floating point.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Final

import numpy as np

from allocator.arrays import NOWHERE, Bools, Floats, Ints
from allocator.search.occupancy import Occupancy

SCALE: Final = 1024
"""Prices are rounded to multiples of one by this."""

EXACT: Final = 1e-6
"""How near to 0 or 1 a value counts as such."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """What is looked at: pairs of a free stay (by place) and a room.

    Attributes
    ----------
    stays : (n_free,)
        The free stays, by number.
    owner, room, cost : (n_pairs,)
        Place of the stay in ``stays``, room, and cost of the pair.
    very : (n_pairs,)
        Whether it is this very room; else it stands for any of its kind.
    """

    stays: Ints
    owner: Ints
    room: Ints
    cost: Ints
    very: Bools


@dataclass(frozen=True, slots=True)
class Relaxed:
    """The optimum of the relaxation.

    Attributes
    ----------
    bound
        Of what the stays cost together in any plan of these pairs.
    rooms : (n_free,)
        Room of each stay of whose very room the vertex is sure, -1 for the others.
    kinds : (n_free,)
        Kind of room of each stay of which the vertex is only sure of that, -1 for the others.
    floor
        The bound, not rounded.
    reduced : (n_pairs,)
        Reduced cost of each pair: a plan that has it costs at least ``floor`` and that.
    """

    bound: int
    rooms: Ints
    kinds: Ints
    floor: float
    reduced: Floats


def pairs_of(occupancy: Occupancy, stays: Ints, near: Bools, kind: Ints, wanted: Callable[[int], Bools]) -> Pairs:
    """Return the pairs of some stays with rooms that are free for them, cheaper than none, and wanted.

    Parameters
    ----------
    near : (n_free,)
        Which stays look at each room; the others at each kind, and at the room they hold.
    kind : (n_rooms,)
        Kind of each room: rooms that are alike but for who holds them (`allocator.search.classlevel.kinds_of`).
    """
    a = occupancy.arrays
    sample = np.unique(kind, return_index=True)[1]
    owner, room, cost, very = [], [], [], []
    for k, i in enumerate(stays.tolist()):
        row, held = a.costs.row(i), int(a.held[i])
        fine = (row >= 0) & (row < a.penalty[i]) & wanted(i)
        if near[k]:
            rooms = np.flatnonzero(fine)
            rooms = rooms[occupancy.open_rooms(i, rooms)]
            its_own = np.ones(len(rooms), np.bool_)
        else:
            others = sample
            if held >= 0 and sample[kind[held]] == held:  # another one stands for its kind, if there is another
                rest = np.flatnonzero(kind == kind[held])[1:2]
                others = np.concatenate([np.delete(sample, kind[held]), rest])
            at_home = held >= 0 and fine[held] and bool(occupancy.open_rooms(i, np.array([held]))[0])
            rooms = np.concatenate([others[fine[others]], [held] if at_home else []]).astype(np.int64)
            its_own = np.arange(len(rooms)) >= len(rooms) - at_home
        owner.append(np.full(len(rooms), k))
        room.append(rooms)
        cost.append(row[rooms])
        very.append(its_own)
    none = [np.zeros(0, np.int64)]
    return Pairs(
        stays,
        np.concatenate(owner + none),
        np.concatenate(room + none),
        np.concatenate(cost + none),
        np.concatenate([*very, np.zeros(0, np.bool_)]),
    )


def relax(
    occupancy: Occupancy,
    kind: Ints,
    pairs: Pairs,
    seconds: float = inf,
    iterations: int | None = None,
    *,
    whole: bool = False,
) -> Relaxed | None:
    """Solve the relaxation; None if it is not done within the limits.

    Parameters
    ----------
    occupancy
        Everybody but the stays of the pairs, of a problem where nothing is paid between stays and beds are all they
        compete for (`allocator.search.classlevel.suits`), without a move budget.
    kind : (n_rooms,)
        Kind of each room.
    whole
        Find an optimal plan of these pairs, by branching; its bound says nothing.
    """
    from allocator.cpsat.linear import Linear, minimise  # slow to import, and not every problem needs it

    a, n, n_pairs = occupancy.arrays, len(pairs.stays), len(pairs.owner)
    first, last = a.first[pairs.stays][pairs.owner], a.last[pairs.stays][pairs.owner]
    left = np.maximum(0, a.beds[:, None] - occupancy.load)[:, : a.n_cliques]
    by_kind = np.zeros((int(kind.max(initial=-1)) + 1, a.n_cliques), np.int64)
    np.add.at(by_kind, kind, left)
    columns = np.arange(n_pairs)
    rows = [
        _Rows(columns[pairs.very], pairs.room, first, last, left, _maximal(a.beds, pairs, first, last, left.shape)),
        _Rows(columns, kind[pairs.room], first, last, by_kind, _shared(kind, pairs, first, last, by_kind.shape)),
    ]
    entries = [r.entries() for r in rows]
    beds = np.concatenate([r.beds for r in rows])
    offset = n + len(rows[0].beds)
    penalty = a.penalty[pairs.stays]
    program = Linear(
        cost=np.concatenate([pairs.cost, penalty]),
        row=np.concatenate([pairs.owner, np.arange(n), n + entries[0][0], offset + entries[1][0]]),
        column=np.concatenate([columns, n_pairs + np.arange(n), entries[0][1], entries[1][1]]),
        low=np.concatenate([np.ones(n), np.full(len(beds), -inf)]),
        high=np.concatenate([np.ones(n), beds.astype(np.float64)]),
    )
    vertex = minimise(program, seconds, iterations, whole=whole)
    if vertex is None:
        return None
    price = np.rint(SCALE * np.maximum(0.0, -vertex.prices[n:])).astype(np.int64)
    full = pairs.cost * SCALE
    full[pairs.very] += rows[0].sums(price[: offset - n])
    full += rows[1].sums(price[offset - n :])
    least = penalty * SCALE
    np.minimum.at(least, pairs.owner, full)
    total = int(least.sum()) - int(price @ beds)
    value = vertex.values[:n_pairs]
    rooms, kinds = np.full(n, NOWHERE, np.int64), np.full(n, NOWHERE, np.int64)
    sure = (value > 1 - EXACT) & pairs.very
    rooms[pairs.owner[sure]] = pairs.room[sure]
    sure = (value > 1 - EXACT) & ~pairs.very
    kinds[pairs.owner[sure]] = kind[pairs.room[sure]]
    return Relaxed(-(-total // SCALE), rooms, kinds, total / SCALE, (full - least[pairs.owner]) / SCALE)


class _Rows:
    """Rows of capacity: a stay in a place needs a bed at each row of the place between its first and last clique.

    Attributes
    ----------
    beds : (n_rows,)
        Beds left in each.
    """

    def __init__(self, columns: Ints, place: Ints, first: Ints, last: Ints, left: Ints, kept: Bools) -> None:
        before = np.zeros((len(kept), kept.shape[1] + 1), np.int64)
        np.cumsum(kept, axis=1, out=before[:, 1:])
        before[1:] += np.cumsum(before[:-1, -1])[:, None]
        self.beds: Ints = left[kept]
        self._columns = columns
        self._begin: Ints = before[place[columns], first[columns]]
        self._end: Ints = before[place[columns], last[columns]]

    def entries(self) -> tuple[Ints, Ints]:
        """Return row and column of each one of the matrix."""
        length = self._end - self._begin
        row = np.arange(int(length.sum())) + np.repeat(self._begin - np.cumsum(length) + length, length)
        return row, np.repeat(self._columns, length)

    def sums(self, price: Ints) -> Ints:
        """Return the prices that each column pays in these rows."""
        paid = np.concatenate([[0], np.cumsum(price)])
        return np.asarray(paid[self._end] - paid[self._begin], np.int64)


def _maximal(beds: Ints, pairs: Pairs, first: Ints, last: Ints, shape: tuple[int, ...]) -> Bools:
    """Tell by room and clique where a row is wanted: maximal cliques of a private room, each clique of a dorm."""
    starts, ends = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
    starts[pairs.room[pairs.very], first[pairs.very]] = True
    ends[pairs.room[pairs.very], last[pairs.very] - 1] = True
    kept = np.zeros(shape, np.bool_)
    grown = np.zeros(len(beds), np.bool_)
    for t in range(shape[1]):
        grown |= starts[:, t]
        kept[:, t] = grown & (ends[:, t] | (beds > 1))
        grown &= ~kept[:, t] | (beds > 1)
    return kept


def _shared(kind: Ints, pairs: Pairs, first: Ints, last: Ints, shape: tuple[int, ...]) -> Bools:
    """Tell by kind and clique where a row is wanted: where somebody may be without a room of his own."""
    change = np.zeros((shape[0], shape[1] + 1), np.int64)
    by_kind = ~pairs.very
    np.add.at(change, (kind[pairs.room[by_kind]], first[by_kind]), 1)
    np.add.at(change, (kind[pairs.room[by_kind]], last[by_kind]), -1)
    return np.asarray(np.cumsum(change, axis=1)[:, :-1] > 0, np.bool_)
