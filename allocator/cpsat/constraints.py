"""The hard rules of a window, one function each, by the names of :mod:`allocator.rules`.

``room_fits``, ``closed`` and ``locked`` are kept by what has a literal at all: pairs that everybody else, a closure or
the stay itself forbids have none, and locked stays are never free.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from ortools.sat.python.cp_model import LinearExpr

from allocator.arrays import NOWHERE, SAME, Ints
from allocator.cpsat.variables import Variables


def add_constraints(v: Variables) -> None:
    """Add every rule."""
    one_room(v)
    no_overlap(v)
    gender(v)
    move_budget(v)


def one_room(v: Variables) -> None:
    """Each free stay has one room, or none."""
    for k, pairs in enumerate(v.of_stay):
        v.model.add_exactly_one([*v.pick(pairs), v.out[k]])


def no_overlap(v: Variables) -> None:
    """Each bed is taken once at a time; rooms that share space exclude each other."""
    a = v.arrays
    for room, pairs in v.of_room.items():
        if a.beds[room] == 1:
            _at_most_one(v, pairs)
        else:
            _dorm(v, room, pairs)
        for rival in a.rivals[room].tolist():
            if rival <= room or rival not in v.of_room:
                continue
            others = v.of_room[rival]
            if a.beds[room] == a.beds[rival] == 1:
                _at_most_one(v, np.concatenate([pairs, others]))
            else:
                for p in pairs.tolist():
                    for q in others[(v.first[others] < v.last[p]) & (v.first[p] < v.last[others])].tolist():
                        v.model.add_bool_or([~v.x[p], ~v.x[q]])


def gender(v: Variables) -> None:
    """A same-gender dorm holds one gender at each slot: a literal for each run of cliques with the same candidates."""
    a = v.arrays
    for room, pairs in v.of_room.items():
        if a.policy[room] != SAME:
            continue
        beds = int(a.beds[room])
        male = a.gender[v.stays[v.owner[pairs]]] == 1
        before = b""
        for t in np.unique(v.first[pairs]).tolist():
            there = (v.first[pairs] <= t) & (t < v.last[pairs])
            women, men = pairs[there & ~male], pairs[there & male]
            if there.tobytes() == before or not len(women) or not len(men):
                continue
            before = there.tobytes()
            mens = v.literal(bool(v.chosen[men].any()))
            for literals, theirs in ((v.pick(men), mens), (v.pick(women), ~mens)):
                for x in literals:
                    v.model.add_implication(x, theirs)
                if len(literals) > beds:
                    v.model.add(LinearExpr.sum(literals) <= beds * theirs)


def move_budget(v: Variables) -> None:
    """No more stays leave the room they hold than the budget has left after everybody else's moves."""
    a = v.arrays
    if a.budget < 0:
        return
    free = np.zeros(a.n_stays, np.bool_)
    free[v.stays] = True
    elsewhere = int(((a.held >= 0) & (v.occupancy.room != a.held) & ~free).sum())
    holders = a.held[v.stays] != NOWHERE
    home = np.flatnonzero(v.room == a.held[v.stays][v.owner])
    v.model.add(LinearExpr.sum(v.pick(home)) >= int(holders.sum()) - (a.budget - elsewhere))


def _at_most_one(v: Variables, pairs: Ints) -> None:
    """Of pairs that overlap at most one is taken: a constraint for each maximal clique."""
    for clique in maximal_cliques(v.first[pairs], v.last[pairs]):
        if len(clique) > 1:
            v.model.add_at_most_one(v.pick(pairs[clique]))


def _dorm(v: Variables, room: int, pairs: Ints) -> None:
    """At each clique no more stays than beds are left."""
    left = v.arrays.beds[room] - v.occupancy.load[room]
    least: dict[bytes, int] = {}
    for t in np.unique(np.concatenate([np.arange(f, e) for f, e in zip(v.first[pairs], v.last[pairs], strict=True)])):
        there = (v.first[pairs] <= t) & (t < v.last[pairs])
        if there.sum() > left[t]:
            key = there.tobytes()
            least[key] = min(least.get(key, int(left[t])), int(left[t]))
    for key, beds in least.items():
        v.model.add(LinearExpr.sum(v.pick(pairs[np.frombuffer(key, np.bool_)])) <= beds)


def maximal_cliques(first: Ints, last: Ints) -> Iterator[list[int]]:
    """Yield the maximal sets of intervals that share a moment, as places, in order of time."""
    begin, end = first.tolist(), last.tolist()
    active: list[int] = []
    grown = False
    for k in np.argsort(first, kind="stable").tolist():
        staying = [q for q in active if end[q] > begin[k]]
        if len(staying) < len(active):
            if grown:
                yield active
            active, grown = staying, False
        active = [*active, k]
        grown = True
    if grown:
        yield active
