"""The steps of annealing on counts, compiled: a stay goes to a room, and who stands in its way goes elsewhere.

A step is accepted by Metropolis' rule: always if the plan gets no dearer, else with probability ``exp(-delta / heat)``.
All stands in one file, as what is compiled must (``jit``).
"""

from __future__ import annotations

from math import log
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from allocator.arrays import NOWHERE, Bools, Ints
from allocator.jit import compiled

Counts = npt.NDArray[np.int32]
State = npt.NDArray[np.uint64]

GUIDED: Final = 0.3
"""Share of the steps whose room is chosen by prices (hostel after 20 s: 855, with 0: 867, with 0.7: 903)."""

CHAINS: Final = 0.1
"""Share of the steps that may move a whole chain (patient admission 03 in 30 s: 7,711; 0: 7,817, 0.3: 7,723)."""

LONGEST: Final = 12
"""Most stays in a chain (with 6: 7,746, with 24: 7,737)."""


class Given(NamedTuple):
    """What the problem says; names as in ``Arrays`` and ``Costs``, ``same_at`` as in ``Occupancy``.

    ``wish_room`` and ``wish_cost`` are the exceptions of costs, those of stay i from ``wish[i]`` to ``wish[i + 1]``.
    ``rival`` from ``rivals[r]`` are the rooms that exclude room r; ``budget`` is the most stays that may move, -1: any.
    All costs are taken ``scale`` times, and 1 more wherever a stay is not in its ``home``, if it has one.
    """

    first: Ints
    last: Ints
    gender: Ints
    penalty: Ints
    held: Ints
    fixed: Bools
    beds: Ints
    same_at: Ints
    rivals: Ints
    rival: Ints
    rate: Ints
    column: Ints
    profile: Ints
    nights: Ints
    extra: Ints
    wish: Ints
    wish_room: Ints
    wish_cost: Ints
    budget: int
    home: Ints
    scale: int


class Placed(NamedTuple):
    """Who is where: room by stay, beds taken and guests by gender as in ``Occupancy``, and the stays of each room.

    Those of room r are the first ``number[r]`` of ``member[r]``, stay i at ``slot[i]``; ``moved[0]`` counts who left
    the room held, where that is limited.
    """

    room: Ints
    load: Counts
    guests: Counts
    member: Ints
    number: Ints
    slot: Ints
    moved: Ints


class Proposals(NamedTuple):
    """Which stays are moved to which rooms: ``near`` are classes by stay, best first, -1: none known."""

    stays: Ints
    rooms: Ints
    near: Ints
    class_start: Ints
    class_room: Ints


@compiled
def draw(rng: State) -> float:
    """Return a number of [0, 1)."""
    x = rng[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    rng[0] = x
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) / 9007199254740992.0


@compiled
def price(g: Given, i: int, r: int) -> int:
    """Return the cost of a stay in a room, -1 if it may not have it; nowhere costs the penalty."""
    away = int(g.home[i] >= 0 and r != g.home[i])
    if r < 0:
        return int(g.penalty[i]) * g.scale + away
    for k in range(g.wish[i], g.wish[i + 1]):
        if g.wish_room[k] == r:
            return int(g.wish_cost[k]) * g.scale + away if g.wish_cost[k] >= 0 else -1
    v = g.rate[g.column[r], g.profile[i]]
    if v < 0:
        return -1
    return int(v * g.nights[i] + g.extra[i]) * g.scale + away


@compiled
def full(g: Given, p: Placed, r: int, first: int, last: int) -> bool:
    """Tell whether a room has no free bed in some of the cliques."""
    for t in range(first, last):  # noqa: SIM110  numba knows no any()
        if p.load[r, t] >= g.beds[r]:
            return True
    return False


@compiled
def fits(g: Given, p: Placed, i: int, r: int) -> bool:
    """Tell whether there is a bed and fitting company for a stay in a room."""
    if full(g, p, r, g.first[i], g.last[i]):
        return False
    s = g.same_at[r]
    if s >= 0:
        for gender in range(3):
            if gender != g.gender[i]:
                for t in range(g.first[i], g.last[i]):
                    if p.guests[gender, s, t] > 0:
                        return False
    return True


@compiled
def put(g: Given, p: Placed, i: int, r: int, change: int) -> None:
    """Count a stay in or out of a room, and the rooms that exclude it."""
    for t in range(g.first[i], g.last[i]):
        p.load[r, t] += change
        if g.same_at[r] >= 0:
            p.guests[g.gender[i], g.same_at[r], t] += change
        for k in range(g.rivals[r], g.rivals[r + 1]):
            p.load[g.rival[k], t] += change * g.beds[g.rival[k]]


@compiled
def leave(p: Placed, i: int) -> None:
    """Take a stay off the list of its room."""
    r = p.room[i]
    p.number[r] -= 1
    other = p.member[r, p.number[r]]
    p.member[r, p.slot[i]] = other
    p.slot[other] = p.slot[i]
    p.room[i] = NOWHERE


@compiled
def join(p: Placed, i: int, r: int) -> None:
    """Put a stay that is nowhere on the list of a room."""
    p.member[r, p.number[r]] = i
    p.slot[i] = p.number[r]
    p.number[r] += 1
    p.room[i] = r


@compiled
def more_moves(g: Given, i: int, a: int, b: int) -> int:
    """Return how many more stays have left the room they hold if one goes from a to b: -1, 0 or 1."""
    if g.held[i] < 0:
        return 0
    return int(b != g.held[i]) - int(a != g.held[i])


@compiled
def in_the_way(g: Given, p: Placed, i: int, r: int, m: int) -> bool:
    """Tell whether a stay of the room keeps another from coming: by its gender, or by a bed of a full night."""
    if g.first[m] >= g.last[i] or g.last[m] <= g.first[i]:
        return False
    if g.same_at[r] >= 0 and g.gender[m] != g.gender[i]:
        return True
    return full(g, p, r, max(g.first[m], g.first[i]), min(g.last[m], g.last[i]))


@compiled
def make_way(g: Given, p: Placed, i: int, r: int, chain: Ints, n: int, taken: Bools, rng: State) -> int:
    """Take stays out of a room, onto the end of a chain of n, until another one fits; return its new length."""
    begin = int(draw(rng) * p.number[r])
    for step in range(p.number[r]):
        if fits(g, p, i, r):
            break
        m = p.member[r, (begin + step) % p.number[r]]
        if taken[m] or not in_the_way(g, p, i, r, m):
            continue
        if g.fixed[m] or n == len(chain):
            break
        put(g, p, m, r, -1)
        taken[m] = True
        chain[n] = m
        n += 1
    return n


@compiled
def exchange(g: Given, p: Placed, i: int, b: int, limit: float, chain: Ints, taken: Bools, rng: State) -> int:
    """Move a stay to room b, who stands in its way to its room, who stands in theirs to b, and so on (a Kempe chain).

    Return the change of cost. Nobody moves, and it is 0, if the chain gets too long, is not allowed, or costs more than
    the limit.
    """
    a = p.room[i]
    put(g, p, i, a, -1)
    chain[0] = i
    taken[i] = True
    n, done, delta, more = 1, 0, 0, 0
    while done < n:
        s = chain[done]
        to = b if p.room[s] == a else a
        cost = price(g, s, to)
        if cost < 0:
            break
        n = make_way(g, p, s, to, chain, n, taken, rng)
        if not fits(g, p, s, to):
            break
        put(g, p, s, to, 1)
        delta += cost - price(g, s, p.room[s])
        more += more_moves(g, s, p.room[s], to)
        done += 1
    allowed = done == n and delta <= limit and (g.budget < 0 or more <= 0 or p.moved[0] + more <= g.budget)
    for k in range(n):
        s = chain[k]
        taken[s] = False
        to = b if p.room[s] == a else a
        if allowed:
            leave(p, s)
            join(p, s, to)
        else:
            if k < done:
                put(g, p, s, to, -1)
            put(g, p, s, p.room[s], 1)
    if not allowed:
        return 0
    p.moved[0] += more
    return delta


@compiled
def move(g: Given, p: Placed, i: int, b: int, limit: float, rng: State) -> int:
    """Move a stay to room b, or exchange it for one there; return the change of cost, 0 if nobody moves."""
    a = p.room[i]
    delta = price(g, i, b) - price(g, i, a)
    j = NOWHERE
    if a >= 0:
        put(g, p, i, a, -1)
    fine = delta <= limit and fits(g, p, i, b)
    if not fine and p.number[b] > 0:
        j = p.member[b, int(draw(rng) * p.number[b])]
        back = price(g, j, a)
        delta += back - price(g, j, b)
        if not g.fixed[j] and back >= 0 and delta <= limit:
            put(g, p, j, b, -1)
            fine = fits(g, p, i, b)
            if fine and a >= 0:
                put(g, p, i, b, 1)
                fine = fits(g, p, j, a)
                put(g, p, i, b, -1)
            if not fine:
                put(g, p, j, b, 1)
    if fine and g.budget >= 0:
        more = more_moves(g, i, a, b) + (more_moves(g, j, b, a) if j >= 0 else 0)
        if more > 0 and p.moved[0] + more > g.budget:
            fine = False
            if j >= 0:
                put(g, p, j, b, 1)
        else:
            p.moved[0] += more
    if not fine:
        if a >= 0:
            put(g, p, i, a, 1)
        return 0
    if a >= 0:
        leave(p, i)
    if j >= 0:
        leave(p, j)
        if a >= 0:
            put(g, p, j, a, 1)
            join(p, j, a)
    put(g, p, i, b, 1)
    join(p, i, b)
    return delta


@compiled
def propose(q: Proposals, i: int, rng: State) -> int:
    """Draw a room for a stay: often of the classes that prices say suit it, the best most often."""
    if q.near[i, 0] >= 0 and draw(rng) < GUIDED:
        u = draw(rng)
        k = q.near[i, int(u * u * q.near.shape[1])]
        if k >= 0 and q.class_start[k + 1] > q.class_start[k]:
            return int(q.class_room[q.class_start[k] + int(draw(rng) * (q.class_start[k + 1] - q.class_start[k]))])
    return int(q.rooms[int(draw(rng) * len(q.rooms))])


@compiled
def anneal(g: Given, p: Placed, q: Proposals, steps: int, heat: float, rng: State) -> int:
    """Take so many steps at one temperature; return the change of the placing terms."""
    total = 0
    chain = np.zeros(LONGEST, np.int64)
    taken = np.zeros(len(p.room), np.bool_)
    for _ in range(steps):
        i = q.stays[int(draw(rng) * len(q.stays))]
        b = propose(q, i, rng)
        if p.room[i] == b or price(g, i, b) < 0:
            continue
        # exp(-delta / heat) >= u is delta <= -heat * log(u): drawn first, most steps end at the price
        limit = -heat * log(1.0 - draw(rng))
        if p.room[i] >= 0 and draw(rng) < CHAINS:
            total += exchange(g, p, i, b, limit, chain, taken, rng)
        else:
            total += move(g, p, i, b, limit, rng)
    return total
