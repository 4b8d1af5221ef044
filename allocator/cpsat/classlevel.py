"""The model by class: how many of each sort of stay go to each class, and who keeps the room it holds."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np
from ortools.sat.python.cp_model import CpModel, IntVar, LinearExpr

from allocator.arrays import Bools, Ints
from allocator.cpsat.run import run


@dataclass(frozen=True, slots=True)
class Sorts:
    """Stays that nothing tells apart are one sort; one that holds a room which it prefers is a sort of its own.

    Attributes
    ----------
    size, first, last, penalty : (n_sorts,)
        Stays of the sort; cliques covered, half-open; cost of leaving one unplaced.
    cost : (n_sorts, n_classes)
        In any room of a class but the one held, -1 if it may not have it.
    home, home_class, home_cost : (n_sorts,)
        The room held, its class and the cost there; home -1 if that room is nothing special, or forbidden.
    apart : (n_sorts,)
        The room held where it costs something else than the others of its class, or is forbidden; else -1.
    holder : (n_sorts,)
        Whether being elsewhere counts as a move.
    free : (n_classes, n_cliques)
        Beds left.
    room_free : (n_rooms, n_cliques)
        Beds left in each room.
    of_room : (n_rooms,)
        Class of each room.
    roomwise : (n_sorts, n_classes)
        Where the very room is chosen; elsewhere only the class.
    budget
        Most moves, -1 for no limit.
    """

    size: Ints
    first: Ints
    last: Ints
    penalty: Ints
    cost: Ints
    home: Ints
    home_class: Ints
    home_cost: Ints
    apart: Ints
    holder: Ints
    free: Ints
    room_free: Ints
    of_room: Ints
    roomwise: Bools
    budget: int


@dataclass(frozen=True, slots=True)
class Shares:
    """How the sorts are shared out.

    Attributes
    ----------
    count : (n_sorts, n_classes)
        Stays of a sort in a class, those at home and those given a room left out.
    given
        Sort, room and number of stays given that very room.
    at_home : (n_sorts,)
        1 where the stay keeps its room.
    """

    count: Ints
    given: list[tuple[int, int, int]]
    at_home: Ints


def share(s: Sorts, seed: int, effort: float, seconds: float = inf) -> tuple[Shares | None, float, float]:
    """Share the sorts out at least cost; return shares (None: none in time), a bound of the cost, and the effort."""
    model = CpModel()
    n, n_classes = s.cost.shape
    terms: list[IntVar] = []
    prices: list[int] = []
    by_class: list[list[tuple[int, IntVar]]] = [[] for _ in range(n_classes)]
    by_room: dict[int, list[tuple[int, IntVar]]] = {}
    placed: list[tuple[int, int, IntVar]] = []
    kept: list[tuple[int, IntVar]] = []
    given: list[tuple[int, int, IntVar]] = []
    rooms = [np.flatnonzero(s.of_room == c).tolist() for c in range(n_classes)]
    stays: list[IntVar] = []
    for k in range(n):
        size = int(s.size[k])
        mine = []
        for c in np.flatnonzero(s.cost[k] >= 0).tolist():
            for room in rooms[c] if s.roomwise[k, c] else [-1]:
                if room >= 0 and room == s.apart[k]:
                    continue
                if room >= 0 and not s.room_free[room, s.first[k] : s.last[k]].all():
                    continue
                x = model.new_int_var(0, size, "")
                by_class[c].append((k, x))
                mine.append(x)
                terms.append(x)
                prices.append(int(s.cost[k, c]))
                if room < 0:
                    placed.append((k, c, x))
                else:
                    given.append((k, room, x))
                    by_room.setdefault(room, []).append((k, x))
        if s.home[k] >= 0:
            x = model.new_bool_var("")
            by_class[int(s.home_class[k])].append((k, x))
            by_room.setdefault(int(s.home[k]), []).append((k, x))
            kept.append((k, x))
            mine.append(x)
            terms.append(x)
            prices.append(int(s.home_cost[k]))
            if s.holder[k]:
                stays.append(x)
        out = model.new_int_var(0, size, "")
        terms.append(out)
        prices.append(int(s.penalty[k]))
        model.add(LinearExpr.sum([*mine, out]) == size)
    for c, members in enumerate(by_class):
        _capacity(model, s, members, s.free[c])
    for room, members in by_room.items():
        _capacity(model, s, members, s.room_free[room])
    if s.budget >= 0:
        model.add(LinearExpr.sum(stays) >= int((s.size * s.holder).sum()) - s.budget)
    model.minimize(LinearExpr.weighted_sum(terms, prices))
    found = run(model, seed, effort, seconds)
    if found.values is None:
        return None, found.bound, found.effort
    count = np.zeros((n, n_classes), np.int64)
    at_home = np.zeros(n, np.int64)
    for k, c, x in placed:
        count[k, c] = found.values[x.index]
    for k, x in kept:
        at_home[k] = found.values[x.index]
    there = [(k, room, found.values[x.index]) for k, room, x in given if found.values[x.index]]
    return Shares(count, there, at_home), found.bound, found.effort


def _capacity(model: CpModel, s: Sorts, members: list[tuple[int, IntVar]], free: Ints) -> None:
    """No more stays at once than beds are left, for each maximal set of sorts that share a clique."""
    who = np.array([k for k, _ in members], np.int64)
    if not len(who):
        return
    first, last, size = s.first[who], s.last[who], s.size[who]
    before: tuple[bytes, int] | None = None
    for t in np.unique(np.concatenate([first, last])).tolist():  # between these the members are the same
        there = (first <= t) & (t < last)
        if not there.any():
            continue
        until = int(np.concatenate([first[first > t], last[last > t]]).min())
        left = int(free[t:until].min())
        if size[there].sum() > left and (there.tobytes(), left) != before:
            model.add(LinearExpr.sum([members[m][1] for m in np.flatnonzero(there).tolist()]) <= left)
        before = (there.tobytes(), left)
