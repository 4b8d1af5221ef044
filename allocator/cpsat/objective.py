"""The soft terms of a window, one function each, by the names of :mod:`allocator.rules`.

What is charged is the score of the whole plan less a constant, so that a window gains exactly what the plan gains. The
terms of single stays (upgrade, wish, room_cost, move, wear) are one number for each pair.
"""

from __future__ import annotations

from itertools import combinations
from math import inf

import numpy as np

from allocator.arrays import Ints
from allocator.cpsat.variables import Variables
from allocator.cpsat.writer import FREE
from allocator.search.need import distances


def add_objective(v: Variables) -> None:
    """Charge every term."""
    placing(v)
    gap(v)
    apart(v)
    not_connecting(v)


def placing(v: Variables) -> None:
    """The terms of single stays, ``unplaced`` included."""
    v.charge_all(v.x.tolist(), v.cost.tolist())
    v.charge_all(v.out.tolist(), v.arrays.penalty[v.stays].tolist())


def gap(v: Variables) -> None:
    """Idle runs between consecutive occupancies: a unit of flow through the time of each room.

    Between two occupancies that are not free, the room passes from stay to stay, idling over a priced gap or a long
    one. The flow of one room is a network, so that its linear relaxation is exact.
    """
    a = v.arrays
    if not len(a.gap):
        return
    for room, pairs in v.of_room.items():
        if a.beds[room] > 1:
            continue
        there = np.flatnonzero(v.occupancy.room == room)
        begin = np.concatenate([a.start[there], a.closed[room][::2]])
        end = np.concatenate([a.end[there], a.closed[room][1::2]])
        order = np.argsort(begin)
        after = [-inf, *end[order].tolist()]
        before = [*begin[order].tolist(), inf]
        segment = np.searchsorted(begin[order], v.start[pairs], "right")
        for s in np.unique(segment).tolist():
            _flow(v, pairs[segment == s], after[s], before[s])


def _flow(v: Variables, pairs: Ints, after: float, before: float) -> None:
    """Charge the gaps of one room between the end of one fixed occupancy and the start of the next."""
    a = v.arrays
    starts: dict[float, list[int]] = {}
    ends: dict[float, list[int]] = {after: []}
    taken = []
    of_pairs = (v.x, v.start, v.end, v.chosen)
    for x, s, e, chosen in zip(*(values[pairs].tolist() for values in of_pairs), strict=True):
        starts.setdefault(s, []).append(x)
        ends.setdefault(e, []).append(x)
        if chosen:
            taken.append((s, e))
    starts.setdefault(before, [])
    taken.sort()
    steps = set(zip([after, *(e for _, e in taken)], [*(s for s, _ in taken), before], strict=True))
    times = sorted(starts)

    def idle(t: float, u: float) -> float:
        return inf if u - t == inf else (u - t) // a.slots_per_night

    into: dict[float, list[int]] = {u: [] for u in times}  # short gaps that end here
    entry: list[list[int]] = [[] for _ in times]  # long gaps by the first start they may last to
    long_steps = []
    for t in sorted(ends):
        away: list[int] = []
        first = len(times)
        for k, u in enumerate(times):
            if u < t:
                continue
            n = idle(t, u)
            if n > len(a.gap):
                first = k
                break
            w = v.literal((t, u) in steps)
            v.charge(w, int(a.gap[int(n) - 1]) if n >= 1 else 0)
            away.append(w)
            into[u].append(w)
        if first < len(times):
            long = [u for s, u in steps if s == t and idle(t, u) > len(a.gap)]
            enter = v.literal(bool(long))
            away.append(enter)
            entry[first].append(enter)
            long_steps += [(first, times.index(u)) for u in long]
        v.balance(away, ends[t], int(t == after))
    waiting: list[int] = []
    for k, u in enumerate(times):
        if u == inf:
            break
        here = [*waiting, *entry[k]]
        if here:
            leave = v.literal(any(last == k for _, last in long_steps))
            into[u].append(leave)
            rest = [leave]
            if k + 1 < len(times):
                on = v.literal(any(first <= k < last for first, last in long_steps))
                rest.append(on)
                waiting = [on]
            v.balance(here, rest, 0)
        v.balance(into[u], starts[u], int(u == before))


def apart(v: Variables) -> None:
    """Distance between members of a group: by room with those who stay, by pair of rooms among the free."""
    a = v.arrays
    if not a.apart:
        return
    for members, others in _groups(v):
        for k in members:
            pairs = v.of_stay[k]
            far = distances(a, v.room[pairs], others).sum(axis=1)
            v.charge_all(v.pick(pairs), (a.apart * far).tolist())
        for k, m in combinations(members, 2):
            _distance(v, k, m)


def _distance(v: Variables, k: int, m: int) -> None:
    """Charge the distance between two free stays."""
    mine, yours = v.of_stay[k], v.of_stay[m]
    far = distances(v.arrays, v.room[mine], v.room[yours])
    most = int(far.max(initial=0))
    if not most:
        return
    now = int(far[v.chosen[mine]][:, v.chosen[yours]].sum())
    apart_by = v.number(most, now)
    v.charge(apart_by, v.arrays.apart)
    literals = v.pick(yours)
    for x, row in zip(v.pick(mine), far.tolist(), strict=True):
        if any(row):  # apart_by >= row @ yours - most * (1 - x)
            v.between(-most, [apart_by, x, *literals], FREE, times=[1, -most, *(-d for d in row)])


def not_connecting(v: Variables) -> None:
    """Members of a group that wants connecting rooms, without one of it behind a door."""
    a = v.arrays
    if not a.not_connecting:
        return
    for members, others in _groups(v):
        if not a.wants_doors[a.group[v.stays[members[0]]]]:
            continue
        for k in members:
            by_doors: dict[bytes, list[int]] = {}
            for p in v.of_stay[k].tolist():
                by_doors.setdefault(a.doors[v.room[p]].tobytes(), []).append(p)
            for doors, pairs in by_doors.items():
                behind = np.frombuffer(doors, np.int64)
                if not np.isin(behind, others).any():
                    company = [
                        q for m in members if m != k for q in v.of_stay[m][np.isin(v.room[v.of_stay[m]], behind)]
                    ]
                    _lonely(v, pairs, company)
        for room in others.tolist():
            behind = a.doors[room]
            if not np.isin(behind, others).any():
                company = [q for m in members for q in v.of_stay[m][np.isin(v.room[v.of_stay[m]], behind)]]
                _lonely(v, None, company)


def _lonely(v: Variables, pairs: list[int] | None, company: list[int]) -> None:
    """Charge for taking one of some pairs (None: whatever happens) unless one of ``company`` is taken."""
    cost = v.arrays.not_connecting
    if not company:
        for x in v.pick(pairs or []):
            v.charge(x, cost)
        return
    met = bool(v.chosen[company].any())
    here = pairs is None or bool(v.chosen[pairs].any())
    lonely = v.literal(here and not met)
    v.charge(lonely, cost)
    if pairs is None:
        v.any_of([lonely, *v.pick(company)])
    else:
        there = v.pick(pairs)
        v.between(0, [lonely, *v.pick(company), *there], FREE, times=[1] * (1 + len(company)) + [-1] * len(there))


def _groups(v: Variables) -> list[tuple[list[int], Ints]]:
    """Return for each group its free members by place, and the rooms of the others."""
    a = v.arrays
    if not a.has_pair_terms:
        return []
    mine: dict[int, list[int]] = {}
    for k, g in enumerate(a.group[v.stays].tolist()):
        if g >= 0:
            mine.setdefault(g, []).append(k)
    others = v.occupancy.room[(a.group >= 0) & (v.occupancy.room >= 0)]
    theirs = a.group[(a.group >= 0) & (v.occupancy.room >= 0)]
    return [(members, others[theirs == g]) for g, members in mine.items()]
