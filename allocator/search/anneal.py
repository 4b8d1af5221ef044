"""Simulated annealing on counts: for dorms, where beds are interchangeable and company may have to be of one gender.

A step moves a stay to another room, or exchanges two stays; it is accepted by Metropolis' rule while the temperature
falls geometrically (Ceschia and Schaerf 2011 solve patient admission scheduling this way). Occupancy is a count by
clique: a dorm of any size costs the same. Gaps and groups are not seen: rooms where gaps cost are left to pairs.
"""

from __future__ import annotations

from math import exp
from typing import Final

import numpy as np
import numpy.typing as npt

from allocator.arrays import NOWHERE, SAME, Arrays, Ints, Lists
from allocator.jit import compiled
from allocator.search.occupancy import Occupancy

GUIDED: Final = 0.3
"""Share of the steps whose room is chosen by prices (hostel after 20 s: 855, with 0: 867, with 0.7: 903)."""

Counts = npt.NDArray[np.int32]


@compiled
def _draw(state: npt.NDArray[np.uint64]) -> float:
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) / 9007199254740992.0


# fmt: off
@compiled
def _price(i: int, r: int, rate: Ints, column: Ints, profile: Ints, nights: Ints, extra: Ints, special: Ints, special_room: Ints, special_cost: Ints) -> int:  # noqa: E501
    """Return the cost of a stay in a room, -1 if it may not have it."""
    for k in range(special[i], special[i + 1]):
        if special_room[k] == r:
            return int(special_cost[k])
    v = rate[column[r], profile[i]]
    if v < 0:
        return -1
    return int(v * nights[i] + extra[i])


@compiled
def _fits(i: int, r: int, first: Ints, last: Ints, gender: Ints, load: Counts, beds: Ints, same_at: Ints, guests: Counts) -> bool:  # noqa: E501
    """Tell whether there is a bed and fitting company for a stay in a room."""
    for t in range(first[i], last[i]):
        if load[r, t] >= beds[r]:
            return False
    s = same_at[r]
    if s >= 0:
        for g in range(3):
            if g != gender[i]:
                for t in range(first[i], last[i]):
                    if guests[g, s, t] > 0:
                        return False
    return True


@compiled
def _put(i: int, r: int, change: int, first: Ints, last: Ints, gender: Ints, load: Counts, beds: Ints, same_at: Ints, guests: Counts, rival_start: Ints, rival: Ints) -> None:  # noqa: E501
    """Count a stay in or out of a room, and the rooms that exclude it."""
    for t in range(first[i], last[i]):
        load[r, t] += change
        if same_at[r] >= 0:
            guests[gender[i], same_at[r], t] += change
        for k in range(rival_start[r], rival_start[r + 1]):
            load[rival[k], t] += change * beds[rival[k]]


@compiled
def _anneal(  # type: ignore[no-untyped-def]
    steps: int, hot: float, cold: float, budget: int, rng: npt.NDArray[np.uint64], mobile: Ints, here: Ints,
    room: Ints, member: Ints, n_members: Ints, slot: Ints, moved: Ints,
    first: Ints, last: Ints, gender: Ints, penalty: Ints, held: Ints, fixed: npt.NDArray[np.bool_],
    load: Counts, beds: Ints, same_at: Ints, guests: Counts, rival_start: Ints, rival: Ints,
    rate: Ints, column: Ints, profile: Ints, nights: Ints, extra: Ints, special: Ints, special_room: Ints, special_cost: Ints,  # noqa: E501
    near: Ints, class_start: Ints, class_room: Ints,
):
    """Take so many steps while the temperature falls from hot to cold; return the change of the placing terms."""
    total = 0
    drift = (cold / hot) ** (1.0 / max(1, steps))
    heat = hot
    for _ in range(steps):
        heat *= drift
        i = mobile[int(_draw(rng) * len(mobile))]
        a = room[i]
        b = -1
        if near[i, 0] >= 0 and _draw(rng) < GUIDED:
            u = _draw(rng)
            k = near[i, int(u * u * near.shape[1])]
            if k >= 0 and class_start[k + 1] > class_start[k]:
                b = class_room[class_start[k] + int(_draw(rng) * (class_start[k + 1] - class_start[k]))]
        if b < 0:
            b = here[int(_draw(rng) * len(here))]
        if a == b:
            continue
        cb = _price(i, b, rate, column, profile, nights, extra, special, special_room, special_cost)
        if cb < 0:
            continue
        ca = penalty[i] if a < 0 else _price(i, a, rate, column, profile, nights, extra, special, special_room, special_cost)  # noqa: E501
        gain = cb - ca
        hope = heat * 12.0
        j = -1
        if a >= 0:
            _put(i, a, -1, first, last, gender, load, beds, same_at, guests, rival_start, rival)
        fine = gain < hope and _fits(i, b, first, last, gender, load, beds, same_at, guests)
        delta = gain
        if not fine and n_members[b] > 0:
            j = member[b, int(_draw(rng) * n_members[b])]
            if fixed[j]:
                j = -1
            else:
                cj = _price(j, b, rate, column, profile, nights, extra, special, special_room, special_cost)
                delta = gain - cj
                if a >= 0:
                    back = _price(j, a, rate, column, profile, nights, extra, special, special_room, special_cost)
                    delta += back
                else:
                    back = penalty[j]
                    delta += back
                if back >= 0 and delta < hope:
                    _put(j, b, -1, first, last, gender, load, beds, same_at, guests, rival_start, rival)
                    fine = _fits(i, b, first, last, gender, load, beds, same_at, guests)
                    if fine and a >= 0:
                        _put(i, b, 1, first, last, gender, load, beds, same_at, guests, rival_start, rival)
                        fine = _fits(j, a, first, last, gender, load, beds, same_at, guests)
                        _put(i, b, -1, first, last, gender, load, beds, same_at, guests, rival_start, rival)
                    if not fine:
                        _put(j, b, 1, first, last, gender, load, beds, same_at, guests, rival_start, rival)
        if fine and delta > 0 and _draw(rng) >= exp(-delta / heat):
            fine = False
            if j >= 0:
                _put(j, b, 1, first, last, gender, load, beds, same_at, guests, rival_start, rival)
        if fine and budget >= 0:
            more = 0
            if held[i] >= 0:
                more += (1 if b != held[i] else 0) - (1 if a != held[i] else 0)
            if j >= 0 and held[j] >= 0:
                more += (1 if a != held[j] else 0) - (1 if b != held[j] else 0)
            if more > 0 and moved[0] + more > budget:
                fine = False
                if j >= 0:
                    _put(j, b, 1, first, last, gender, load, beds, same_at, guests, rival_start, rival)
            else:
                moved[0] += more
        if not fine:
            if a >= 0:
                _put(i, a, 1, first, last, gender, load, beds, same_at, guests, rival_start, rival)
            continue
        total += delta
        if a >= 0:
            _leave(i, a, member, n_members, slot)
        if j >= 0:
            _leave(j, b, member, n_members, slot)
            room[j] = a
            if a >= 0:
                _put(j, a, 1, first, last, gender, load, beds, same_at, guests, rival_start, rival)
                _join(j, a, member, n_members, slot)
        room[i] = b
        _put(i, b, 1, first, last, gender, load, beds, same_at, guests, rival_start, rival)
        _join(i, b, member, n_members, slot)
    return total
# fmt: on


@compiled
def _leave(i: int, r: int, member: Ints, n_members: Ints, slot: Ints) -> None:
    n_members[r] -= 1
    other = member[r, n_members[r]]
    member[r, slot[i]] = other
    slot[other] = slot[i]


@compiled
def _join(i: int, r: int, member: Ints, n_members: Ints, slot: Ints) -> None:
    member[r, n_members[r]] = i
    slot[i] = n_members[r]
    n_members[r] += 1


class Annealer:
    """A plan under annealing.

    Attributes
    ----------
    rooms : (n_stays,)
        Where the stays are now.
    """

    def __init__(self, arrays: Arrays, seed: int) -> None:
        self.arrays = a = arrays
        self.here: Ints = np.flatnonzero((a.beds > 1) | (a.policy == SAME))
        self.rng = np.array([(seed * 2 + 1) * 0xD1342543DE82EF95 % 2**64 or 1], np.uint64)
        c = a.costs
        self._costs = (
            c.rate, c.column, c.profile, c.nights, c.extra, c.exception_room.start, c.exception_room.items,
            c.exception_cost,
        )  # fmt: skip
        self._near: Ints = np.full((a.n_stays, 1), -1, np.int64)
        self._class_rooms = Lists.of([])
        self.load(np.full(a.n_stays, NOWHERE, np.int64))

    def load(self, rooms: Ints) -> None:
        """Go on from another plan."""
        a = self.arrays
        self._occupancy = occupancy = Occupancy(a)
        for i in np.flatnonzero((rooms >= 0) & ~a.fixed).tolist():
            occupancy.place(i, int(rooms[i]))
        self.rooms = occupancy.room
        most = int((a.beds * max(1, a.n_cliques)).max(initial=1))
        self._member: Ints = np.zeros((a.n_rooms, min(most, a.n_stays) + 1), np.int64)
        self._n_members: Ints = np.zeros(a.n_rooms, np.int64)
        self._slot: Ints = np.zeros(a.n_stays, np.int64)
        for i in np.flatnonzero(self.rooms >= 0).tolist():
            _join(i, int(self.rooms[i]), self._member, self._n_members, self._slot)
        mine = np.isin(self.rooms, self.here) | (self.rooms < 0)
        self._mobile: Ints = np.flatnonzero(mine & ~a.fixed)
        self._moved = np.array([((a.held >= 0) & (self.rooms != a.held)).sum()], np.int64)

    def guide(self, near: Ints, of_room: Ints) -> None:
        """Propose most often one of the classes that prices say suit a stay.

        Parameters
        ----------
        near : (n_stays, k)
            Classes, best first.
        of_room : (n_rooms,)
            Class of each room.
        """
        self._near = near
        self._class_rooms = Lists.by(of_room[self.here], self.here, int(of_room.max()) + 1)

    def run(self, steps: int, hot: float, cold: float) -> int:
        """Anneal, and return by how much the placing terms changed."""
        a, o = self.arrays, self._occupancy
        if not len(self._mobile) or not len(self.here):
            return 0
        return int(
            _anneal(
                steps, hot, cold, a.budget, self.rng, self._mobile, self.here,
                self.rooms, self._member, self._n_members, self._slot, self._moved,
                a.first, a.last, a.gender, a.penalty, a.held, a.fixed,
                o.load, a.beds, o.same_at, o.guests, a.rivals.start, a.rivals.items, *self._costs,
                self._near, self._class_rooms.start, self._class_rooms.items,
            )
        )  # fmt: skip
