"""The hard rules of a window, one function each, by the names of :mod:`allocator.rules`.

``room_fits``, ``closed`` and ``locked`` are kept by what has a literal at all: pairs that everybody else, a closure or
the stay itself forbids have none, and locked stays are never free.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from allocator.arrays import NOWHERE, SAME, Ints
from allocator.cpsat.variables import Variables
from allocator.cpsat.writer import FREE


def add_constraints(v: Variables) -> None:
    """Add every rule."""
    one_room(v)
    no_overlap(v)
    gender(v)
    move_budget(v)


def one_room(v: Variables) -> None:
    """Each free stay has one room, or none."""
    for pairs, out in zip(v.of_stay, v.out.tolist(), strict=True):
        v.exactly_one([*v.pick(pairs), out])


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
                        v.at_most_one(v.pick([p, q]))


def gender(v: Variables) -> None:
    """A same-gender dorm holds one gender at each slot: a literal for each maximal clique of its candidates."""
    a = v.arrays
    for room, pairs in v.of_room.items():
        if a.policy[room] != SAME:
            continue
        left = a.beds[room] - v.occupancy.load[room]
        male = a.gender[v.stays[v.owner[pairs]]] == 1
        for clique in maximal_cliques(v.first[pairs], v.last[pairs]):
            members = np.array(clique)
            women, men = pairs[members[~male[members]]], pairs[members[male[members]]]
            if not len(women) or not len(men):
                continue
            beds = int(left[v.first[pairs[members]].max()])
            mens = v.literal(bool(v.chosen[men].any()))
            for literals, theirs in ((v.pick(men), mens), (v.pick(women), ~mens)):
                for x in literals:  # one by one: of all at once CP-SAT makes a single, weaker row of its relaxation
                    v.any_of([~x, theirs])
            if len(men) > beds:
                v.between(-FREE, [*v.pick(men), mens], 0, times=[1] * len(men) + [-beds])
            if len(women) > beds:
                v.between(-FREE, [*v.pick(women), mens], beds, times=[1] * len(women) + [beds])


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
    v.between(int(holders.sum()) - (a.budget - elsewhere), v.pick(home), FREE)


def _at_most_one(v: Variables, pairs: Ints) -> None:
    """Of pairs that overlap at most one is taken: a constraint for each maximal clique."""
    for clique in maximal_cliques(v.first[pairs], v.last[pairs]):
        if len(clique) > 1:
            v.at_most_one(v.pick(pairs[clique]))


def _dorm(v: Variables, room: int, pairs: Ints) -> None:
    """At each clique no more stays than beds are left, unless the clique before or after says as much."""
    first, last = v.first[pairs], v.last[pairs]
    times = np.arange(first.min(), last.max())
    there = (first <= times[:, None]) & (times[:, None] < last)
    left = (v.arrays.beds[room] - v.occupancy.load[room])[times]
    by_next = ~(there[:-1] & ~there[1:]).any(axis=1) & (left[1:] <= left[:-1])
    by_last = ~(there[1:] & ~there[:-1]).any(axis=1) & (left[:-1] <= left[1:]) & ~by_next
    telling = there.sum(axis=1) > left
    telling[:-1] &= ~by_next
    telling[1:] &= ~by_last
    for t in np.flatnonzero(telling).tolist():
        v.between(0, v.pick(pairs[there[t]]), int(left[t]))


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
