"""Two rooms at a time, exactly, by dynamic programming: the local search that does most of the work.

Pool what two rooms hold, and a few stays that have no room; sort it by start and go through it once: each goes to A, to B, or
is left out. The state is when A and B were last left, so gaps are priced exactly. Ends further back than the longest
priced gap are all alike, and a partial solution dearer than what the two rooms hold now is dropped, which leaves a
handful of states a step. Noise on the costs, shrinking to nothing, takes the search out of local optima.

Beds of a dorm are rooms of their own here; those of a ``same`` gender dorm are left to other searches.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
import numpy.typing as npt

from allocator.arrays import NOWHERE, SAME, Arrays, Ints
from allocator.jit import compiled

MAX_STATES: Final = 20_000
MAX_LOOSE: Final = 12
"""Stays without a room that one pair looks at, and states it keeps in all, at most."""

FAR: Final = -(2**62)
GUIDED: Final = 0.7
"""Share of the pairs whose second room is chosen by prices."""


class Rows:
    """A plan as rows: for each bed the occupancies in it, in order of time; closures stand at the end of the items.

    Attributes
    ----------
    room : (n_beds,)
        Room of each bed; only those of rooms without a ``same`` gender policy are here.
    row : (n_beds, longest)
        Items in each bed.
    length : (n_beds,)
        How many.
    bed : (n_stays,)
        Bed of each stay, -1 if unplaced, -2 if in a room that is not here.
    """

    def __init__(self, arrays: Arrays, rooms: Ints) -> None:
        a = self.arrays = arrays
        here = np.flatnonzero(a.policy != SAME)
        self.room: Ints = np.repeat(here, a.beds[here])
        closures = [(r, int(s), int(e)) for r in here for s, e in zip(a.closed[r][::2], a.closed[r][1::2], strict=True)]
        n = a.n_stays
        self.start: Ints = np.concatenate([a.start, np.array([c[1] for c in closures], np.int64)])
        self.end: Ints = np.concatenate([a.end, np.array([c[2] for c in closures], np.int64)])
        first_bed = np.full(a.n_rooms, -1, np.int64)
        beds, where = np.unique(self.room, return_index=True)
        first_bed[beds] = where
        self.first_bed = first_bed
        self._closures = closures
        most = max([len(a.closed[r]) // 2 for r in here], default=0)
        self.row: Ints = np.full((len(self.room), a.n_cliques + most + 2), -1, np.int64)
        self.length: Ints = np.zeros(len(self.room), np.int64)
        self.bed: Ints = np.full(n, NOWHERE, np.int64)
        self.load(rooms)

    def load(self, rooms: Ints) -> None:
        """Take over a plan, giving beds from left to right."""
        a = self.arrays
        self.length[:] = 0
        self.bed[:] = np.where(rooms >= 0, -2, NOWHERE)
        items = [(s, e, a.n_stays + k, r) for k, (r, s, e) in enumerate(self._closures)]
        items += [
            (int(a.start[i]), int(a.end[i]), int(i), int(rooms[i]))
            for i in np.flatnonzero(rooms >= 0)
            if self.first_bed[rooms[i]] >= 0
        ]
        free = np.full(len(self.room), FAR, np.int64)
        for start, end, item, room in sorted(items):
            begin = self.first_bed[room]
            beds = range(begin, begin + a.beds[room])
            if item >= a.n_stays:
                mine = list(beds)
            else:
                mine = [next(b for b in beds if free[b] <= start)]
                self.bed[item] = mine[0]
            for b in mine:
                free[b] = end
                self.row[b, self.length[b]] = item
                self.length[b] += 1

    def rooms(self, otherwise: Ints) -> Ints:
        """Return the room of each stay; where it is in none of these beds but placed, that of ``otherwise``."""
        found: Ints = np.where(self.bed >= 0, self.room[np.maximum(self.bed, 0)], NOWHERE)
        return np.where(self.bed == -2, otherwise, found)


@compiled
def _random(state: npt.NDArray[np.uint64]) -> float:
    """Return a number in [0, 1): xorshift64*."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) / 9007199254740992.0


@compiled
def _cost(  # type: ignore[no-untyped-def]
    i: int,
    r: int,
    rate: Ints,
    column: Ints,
    profile: Ints,
    nights: Ints,
    extra: Ints,
    special: Ints,
    special_room: Ints,
    special_cost: Ints,
):
    """Return the cost of a stay in a room, -1 if it may not have it."""
    for k in range(special[i], special[i + 1]):
        if special_room[k] == r:
            return special_cost[k]
    v = rate[column[r], profile[i]]
    if v < 0:
        return v
    return v * nights[i] + extra[i]


@compiled
def _distance(x: int, y: int, place: Ints, door_start: Ints, door: Ints) -> int:
    if x == y:
        return 0
    for k in range(door_start[x], door_start[x + 1]):
        if door[k] == y:
            return 0
    if place[x, 0] != place[y, 0]:
        return 3
    if place[x, 1] != place[y, 1]:
        return 2
    return 0 if abs(place[x, 2] - place[y, 2]) <= 1 else 1


@compiled
def _company(  # type: ignore[no-untyped-def]
    i: int,
    r: int,
    bed_a: int,
    bed_b: int,
    group: Ints,
    members: Ints,
    member: Ints,
    bed: Ints,
    bed_room: Ints,
    place: Ints,
    door_start: Ints,
    door: Ints,
    wants: npt.NDArray[np.bool_],
    apart: int,
    lonely: int,
):
    """Return what the group of a stay would pay for it being in room r, those in beds A and B left out."""
    g = group[i]
    total = 0
    met = False
    for k in range(members[g], members[g + 1]):
        j = member[k]
        b = bed[j]
        if j == i or b < 0 or b == bed_a or b == bed_b:
            continue
        other = bed_room[b]
        total += apart * _distance(r, other, place, door_start, door)
        if wants[g]:
            for q in range(door_start[r], door_start[r + 1]):
                if door[q] == other:
                    met = True
    if wants[g] and not met:
        total += 2 * lonely  # its own, and most often that of the one it could have met
    return total


@compiled
def _rival_free(
    i: int,
    r: int,
    bed_a: int,
    bed_b: int,
    start: Ints,
    end: Ints,
    row: Ints,
    length: Ints,
    rival_start: Ints,
    rival: Ints,
    first_bed: Ints,
    beds: Ints,
) -> bool:
    """Tell whether it is sure that no room that excludes r, beds A and B apart, is taken during stay i."""
    for k in range(rival_start[r], rival_start[r + 1]):
        q = rival[k]
        if first_bed[q] < 0:
            return False  # who is in it is not known here
        for b in range(first_bed[q], first_bed[q] + beds[q]):
            if b == bed_a or b == bed_b:
                continue
            for x in range(length[b]):
                j = row[b, x]
                if start[j] < end[i] and start[i] < end[j]:
                    return False
    return True


@compiled
def _sweep(  # type: ignore[no-untyped-def]
    pairs: int,
    noise: float,
    move_price: float,
    ease: float,
    rng: npt.NDArray[np.uint64],
    mine: Ints,
    loose: Ints,
    counts: Ints,
    n_stays: int,
    start: Ints,
    end: Ints,
    nights_of: Ints,
    fixed: npt.NDArray[np.bool_],
    held: Ints,
    penalty: Ints,
    row: Ints,
    length: Ints,
    bed: Ints,
    bed_room: Ints,
    first_bed: Ints,
    beds: Ints,
    rate: Ints,
    column: Ints,
    profile: Ints,
    nights: Ints,
    extra: Ints,
    special: Ints,
    special_room: Ints,
    special_cost: Ints,
    gap: Ints,
    per_night: int,
    rival_start: Ints,
    rival: Ints,
    with_groups: bool,
    group: Ints,
    members: Ints,
    member: Ints,
    place: Ints,
    door_start: Ints,
    door: Ints,
    wants: npt.NDArray[np.bool_],
    apart: int,
    lonely: int,
    tally: Ints,
    near: Ints,
    class_start: Ints,
    class_bed: Ints,
    hand_of: Ints,
    hand: int,
):
    """Re-solve so many random pairs of the beds ``mine``, in place.

    ``loose[:counts[0]]`` are the stays without a room; ``tally`` counts pairs changed and given up.
    """
    reach = (len(gap) + 1) * per_night if len(gap) else 0
    pool = np.empty(2 * row.shape[1] + 2 * MAX_LOOSE, np.int64)
    cost_a = np.empty(len(pool))
    cost_b = np.empty(len(pool))
    cost_out = np.empty(len(pool))
    now = np.empty(len(pool), np.int64)  # 0 in A, 1 in B, 2 out
    end_a = np.empty(MAX_STATES, np.int64)
    end_b = np.empty(MAX_STATES, np.int64)
    value = np.empty(MAX_STATES)
    parent = np.empty(MAX_STATES, np.int64)
    choice = np.empty(MAX_STATES, np.int64)
    for _ in range(pairs):
        if ease > 0 and counts[0] == 0:
            break
        # --- which two beds
        bed_a = mine[int(_random(rng) * len(mine))]
        seed_stay = -1
        if counts[0] > 0 and _random(rng) < 0.2:
            seed_stay = loose[int(_random(rng) * counts[0])]
            bed_a = -1
            for _try in range(40):
                b = mine[int(_random(rng) * len(mine))]
                if (
                    _cost(
                        seed_stay,
                        bed_room[b],
                        rate,
                        column,
                        profile,
                        nights,
                        extra,
                        special,
                        special_room,
                        special_cost,
                    )
                    >= 0
                ):
                    bed_a = b
                    break
            if bed_a < 0:
                continue
        if length[bed_a] > 0:
            k = row[bed_a, int(_random(rng) * length[bed_a])]
            if k < n_stays and not fixed[k]:
                seed_stay = k
        bed_b = -1
        best_seen = 0
        wanted_tries = 1 if _random(rng) < 0.4 else 3
        found = 0
        if seed_stay >= 0 and _random(rng) < GUIDED and near[seed_stay, 0] >= 0:
            for _try in range(6):
                u = _random(rng)
                k = near[seed_stay, int(u * u * near.shape[1])]
                if k < 0 or class_start[k + 1] == class_start[k]:  # a class may have no beds here
                    continue
                b = class_bed[class_start[k] + int(_random(rng) * (class_start[k + 1] - class_start[k]))]
                if hand_of[b] == hand and b != bed_a and bed_room[b] != bed_room[bed_a]:
                    bed_b = b
                    break
        for _try in range(60 if bed_b < 0 else 0):
            b = mine[int(_random(rng) * len(mine))]
            if b == bed_a or bed_room[b] == bed_room[bed_a]:
                continue
            if seed_stay >= 0:
                c = _cost(
                    seed_stay, bed_room[b], rate, column, profile, nights, extra, special, special_room, special_cost
                )
                if c < 0:
                    continue
                if found == 0 or c < best_seen:
                    best_seen = c
                    bed_b = b
                found += 1
                if found >= wanted_tries:
                    break
            else:
                bed_b = b
                break
        if bed_b < 0:
            continue
        room_a, room_b = bed_room[bed_a], bed_room[bed_b]
        rivals = False
        for k in range(rival_start[room_a], rival_start[room_a + 1]):
            if rival[k] == room_b:
                rivals = True
        gap_a, gap_b = beds[room_a] == 1 and reach > 0, beds[room_b] == 1 and reach > 0
        # --- the pool, by start
        m = 0
        x, y = 0, 0
        while x < length[bed_a] or y < length[bed_b]:
            if y >= length[bed_b] or (x < length[bed_a] and start[row[bed_a, x]] <= start[row[bed_b, y]]):
                pool[m] = row[bed_a, x]
                now[m] = 0
                x += 1
            else:
                pool[m] = row[bed_b, y]
                now[m] = 1
                y += 1
            m += 1
        added = 0
        if counts[0] > 0:
            shift = int(_random(rng) * counts[0])
            for k in range(counts[0]):
                i = loose[(k + shift) % counts[0]]
                ca = _cost(i, room_a, rate, column, profile, nights, extra, special, special_room, special_cost)
                cb = _cost(i, room_b, rate, column, profile, nights, extra, special, special_room, special_cost)
                if ca < 0 and cb < 0:
                    continue
                at = m
                while at > 0 and start[pool[at - 1]] > start[i]:
                    pool[at] = pool[at - 1]
                    now[at] = now[at - 1]
                    at -= 1
                pool[at] = i
                now[at] = 2
                m += 1
                added += 1
                if added >= MAX_LOOSE or k > 60:
                    break
        # --- what each item costs where
        upper = 0.0
        last_a, last_b = FAR, FAR
        for k in range(m):
            i = pool[k]
            if i >= n_stays or fixed[i]:
                cost_a[k] = 0.0 if now[k] == 0 else np.inf
                cost_b[k] = 0.0 if now[k] == 1 else np.inf
                cost_out[k] = np.inf
            else:
                ca = float(_cost(i, room_a, rate, column, profile, nights, extra, special, special_room, special_cost))
                cb = float(_cost(i, room_b, rate, column, profile, nights, extra, special, special_room, special_cost))
                co = float(penalty[i])
                if ease > 0:
                    co = min(co, ease * nights_of[i] * (0.5 + _random(rng)))
                if rival_start[room_a + 1] > rival_start[room_a] and now[k] != 0 and ca >= 0:
                    if not _rival_free(
                        i, room_a, bed_a, bed_b, start, end, row, length, rival_start, rival, first_bed, beds
                    ):
                        ca = -1.0
                if rival_start[room_b + 1] > rival_start[room_b] and now[k] != 1 and cb >= 0:
                    if not _rival_free(
                        i, room_b, bed_a, bed_b, start, end, row, length, rival_start, rival, first_bed, beds
                    ):
                        cb = -1.0
                if with_groups and group[i] >= 0:
                    if ca >= 0:
                        ca += _company(
                            i,
                            room_a,
                            bed_a,
                            bed_b,
                            group,
                            members,
                            member,
                            bed,
                            bed_room,
                            place,
                            door_start,
                            door,
                            wants,
                            apart,
                            lonely,
                        )
                    if cb >= 0:
                        cb += _company(
                            i,
                            room_b,
                            bed_a,
                            bed_b,
                            group,
                            members,
                            member,
                            bed,
                            bed_room,
                            place,
                            door_start,
                            door,
                            wants,
                            apart,
                            lonely,
                        )
                if held[i] >= 0:
                    if held[i] != room_a and ca >= 0:
                        ca += move_price
                    if held[i] != room_b and cb >= 0:
                        cb += move_price
                    co += move_price
                if ca < 0:
                    ca = np.inf
                if cb < 0:
                    cb = np.inf
                if noise > 0:
                    ca += noise * _random(rng)
                    cb += noise * _random(rng)
                    co += noise * _random(rng)
                base = min(ca, min(cb, co))
                cost_a[k] = ca - base
                cost_b[k] = cb - base
                cost_out[k] = co - base
            if now[k] == 0:
                upper += cost_a[k]
                if gap_a:
                    idle = (start[i] - last_a) // per_night if last_a != FAR else 0
                    if 1 <= idle <= len(gap):
                        upper += gap[idle - 1]
                last_a = end[i]
            elif now[k] == 1:
                upper += cost_b[k]
                if gap_b:
                    idle = (start[i] - last_b) // per_night if last_b != FAR else 0
                    if 1 <= idle <= len(gap):
                        upper += gap[idle - 1]
                last_b = end[i]
            else:
                upper += cost_out[k]
        if upper < 1e-9:
            continue
        upper += 1e-6
        # --- the program
        end_a[0] = FAR
        end_b[0] = FAR
        value[0] = 0.0
        parent[0] = -1
        choice[0] = 2
        begin, stop = 0, 1
        full = False
        for k in range(m):
            i = pool[k]
            s, e = start[i], end[i]
            nxt = start[pool[k + 1]] if k + 1 < m else 2**62
            top = stop
            for q in range(begin, stop):
                for option in range(3):
                    v = value[q]
                    ea, eb = end_a[q], end_b[q]
                    if option == 0:
                        if cost_a[k] == np.inf or ea > s or (rivals and eb > s):
                            continue
                        v += cost_a[k]
                        if gap_a and ea != FAR:
                            idle = (s - ea) // per_night
                            if 1 <= idle <= len(gap):
                                v += gap[idle - 1]
                        ea = e
                    elif option == 1:
                        if cost_b[k] == np.inf or eb > s or (rivals and ea > s):
                            continue
                        v += cost_b[k]
                        if gap_b and eb != FAR:
                            idle = (s - eb) // per_night
                            if 1 <= idle <= len(gap):
                                v += gap[idle - 1]
                        eb = e
                    else:
                        if cost_out[k] == np.inf:
                            continue
                        v += cost_out[k]
                    if v > upper:
                        continue
                    if nxt - ea >= reach:
                        ea = FAR
                    if nxt - eb >= reach:
                        eb = FAR
                    hit = -1
                    for z in range(stop, top):
                        if end_a[z] == ea and end_b[z] == eb:
                            hit = z
                            break
                    if hit < 0:
                        if top >= MAX_STATES:
                            full = True
                            break
                        hit = top
                        top += 1
                        end_a[hit] = ea
                        end_b[hit] = eb
                    elif value[hit] <= v:
                        continue
                    value[hit] = v
                    parent[hit] = q
                    choice[hit] = option
                if full:
                    break
            if full:
                break
            begin, stop = stop, top
        if full or begin == stop:
            tally[1] += 1
            continue
        best = begin
        for z in range(begin + 1, stop):
            if value[z] < value[best]:
                best = z
        # --- take it over
        changed = False
        z = best
        for k in range(m - 1, -1, -1):
            if choice[z] != now[k]:
                changed = True
                now[k] = choice[z]
            z = parent[z]
        if not changed:
            continue
        tally[0] += 1
        na, nb, w = 0, 0, 0
        for k in range(m):
            i = pool[k]
            if now[k] == 0:
                row[bed_a, na] = i
                na += 1
                if i < n_stays:
                    bed[i] = bed_a
            elif now[k] == 1:
                row[bed_b, nb] = i
                nb += 1
                if i < n_stays:
                    bed[i] = bed_b
        length[bed_a] = na
        length[bed_b] = nb
        for k in range(counts[0]):  # those that were loose and still are
            i = loose[k]
            out = True
            for p in range(m):
                if pool[p] == i:
                    out = now[p] == 2
            if out:
                loose[w] = i
                w += 1
        for p in range(m):
            i = pool[p]
            if now[p] == 2 and i < n_stays and bed[i] >= 0:
                bed[i] = -1
                loose[w] = i
                w += 1
        counts[0] = w


@compiled
def _score(
    n_stays: int,
    start: Ints,
    end: Ints,
    fixed: npt.NDArray[np.bool_],
    penalty: Ints,
    row: Ints,
    length: Ints,
    bed: Ints,
    bed_room: Ints,
    beds: Ints,
    rate: Ints,
    column: Ints,
    profile: Ints,
    nights: Ints,
    extra: Ints,
    special: Ints,
    special_room: Ints,
    special_cost: Ints,
    gap: Ints,
    per_night: int,
) -> int:
    """Return the placing and gap terms of the rows, locked stays' own costs left out."""
    total = 0
    for i in range(n_stays):
        if bed[i] == -1:
            total += penalty[i]
    for b in range(len(length)):
        for x in range(length[b]):
            i = row[b, x]
            if i < n_stays and not fixed[i]:
                total += _cost(
                    i, bed_room[b], rate, column, profile, nights, extra, special, special_room, special_cost
                )
            if x > 0 and beds[bed_room[b]] == 1:
                idle = (start[i] - end[row[b, x - 1]]) // per_night
                if 1 <= idle <= len(gap):
                    total += gap[idle - 1]
    return total


class _Hand:
    """What a thread needs for itself: its random numbers, its share of the stays without a room, its counts."""

    def __init__(self, n_stays: int, seed: int, number: int) -> None:
        self.number = number
        self.rng = np.array([(seed * 2 + 1) * 0x9E3779B97F4A7C15 % 2**64 or 1], np.uint64)
        for _ in range(8):
            _random(self.rng)
        self.loose: Ints = np.zeros(n_stays + 1, np.int64)
        self.count: Ints = np.zeros(1, np.int64)
        self.tally: Ints = np.zeros(2, np.int64)


class PairSearch:
    """A plan under improvement, two rooms at a time."""

    def __init__(self, arrays: Arrays, rooms: Ints, seed: int, threads: int = 1) -> None:
        a, c = arrays, arrays.costs
        self.arrays = arrays
        self.rows = r = Rows(arrays, rooms)
        self.beds: Ints = np.arange(len(r.room))
        self._costs = (
            c.rate, c.column, c.profile, c.nights, c.extra, c.exception_room.start, c.exception_room.items, c.exception_cost,
        )  # fmt: skip
        order = np.argsort(a.group, kind="stable")
        grouped = order[a.group[order] >= 0]
        n_groups = len(a.wants_doors)
        members = np.concatenate([[0], np.cumsum(np.bincount(a.group[grouped], minlength=n_groups))]).astype(np.int64)
        self._groups = (
            a.has_pair_terms, a.group, members, grouped.astype(np.int64), a.place, a.doors.start, a.doors.items, a.wants_doors,
            a.apart, a.not_connecting,
        )  # fmt: skip
        self._length: Ints = np.maximum(1, (a.end - a.start) // a.slots_per_night)
        self._rival_rooms = np.diff(a.rivals.start) > 0
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None
        self._hands = [_Hand(a.n_stays, seed * 64 + k, k) for k in range(threads)]
        self._dealt: Ints = np.full(len(r.room), -1, np.int64)  # which hand has which bed
        order = np.argsort(a.kin[r.room], kind="stable")
        size = np.bincount(a.kin[r.room], minlength=int(a.kin.max()) + 1)
        self._class_beds = (np.concatenate([[0], np.cumsum(size)]).astype(np.int64), order.astype(np.int64))
        self._near: Ints = np.full((a.n_stays, 1), -1, np.int64)
        self._shuffle = np.random.default_rng(seed)
        self.waiting: Ints = np.zeros(0, np.int64)
        self.load(rooms)

    @property
    def changed(self) -> int:
        """Pairs changed so far."""
        return sum(int(hand.tally[0]) for hand in self._hands)

    def load(self, rooms: Ints) -> None:
        """Go on from another plan."""
        self.rows.load(rooms)
        self.waiting = np.flatnonzero(self.rows.bed == NOWHERE)

    def guide(self, near: Ints) -> None:
        """Prefer, as the second room of a pair, one of the classes that prices say suit a stay: (n_stays, k), best first."""
        self._near = near

    def sweep(self, pairs: int, noise: float, move_price: float = 0.0, ease: float = 0.0, threads: int = 1) -> None:
        """Re-solve so many random pairs, with so much noise on the costs.

        Parameters
        ----------
        move_price
            What leaving the room held costs beyond the term ``move``.
        ease
            If positive, being without a room costs about so much a night, so that hard stays change places with easy ones.
        threads
            The beds are dealt out to so many hands for the time of this sweep.
        """
        threads = min(threads, self._threads, len(self.beds) // 8)
        if threads <= 1 or self._pool is None:
            self._dealt[self.beds] = 0
            self.waiting = self._run(self._hands[0], self.beds, self.waiting, pairs, noise, move_price, ease)
            return
        dealt = self._shuffle.integers(threads, size=len(self.beds))
        dealt[self._rival_rooms[self.rows.room[self.beds]]] = 0
        self._dealt[self.beds] = dealt
        owed = self._shuffle.integers(threads, size=len(self.waiting))
        tasks = [
            self._pool.submit(
                self._run,
                self._hands[k],
                self.beds[dealt == k],
                self.waiting[owed == k],
                pairs // threads,
                noise,
                move_price,
                ease,
            )
            for k in range(threads)
        ]
        self.waiting = np.concatenate([task.result() for task in tasks])

    def _run(
        self, hand: _Hand, beds: Ints, waiting: Ints, pairs: int, noise: float, move_price: float, ease: float
    ) -> Ints:
        if len(beds) < 2:
            return waiting
        a, r = self.arrays, self.rows
        hand.loose[: len(waiting)] = waiting
        hand.count[0] = len(waiting)
        _sweep(
            pairs, noise, move_price, ease, hand.rng, beds, hand.loose, hand.count,
            a.n_stays, r.start, r.end, self._length, a.fixed, a.held, a.penalty,
            r.row, r.length, r.bed, r.room, r.first_bed, a.beds,
            *self._costs, a.gap, a.slots_per_night, a.rivals.start, a.rivals.items,
            *self._groups, hand.tally, self._near, *self._class_beds, self._dealt, hand.number,
        )  # fmt: skip
        return hand.loose[: hand.count[0]].copy()

    def value(self) -> int:
        """Return the placing and gap terms of the rows."""
        a, r = self.arrays, self.rows
        return a.fixed_cost + int(
            _score(
                a.n_stays, r.start, r.end, a.fixed, a.penalty, r.row, r.length, r.bed, r.room, a.beds,
                *self._costs, a.gap, a.slots_per_night,
            )
        )  # fmt: skip
