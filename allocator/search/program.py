"""The compiled part of :mod:`allocator.search.pairs`: choosing pairs, the program of two rooms, the score of rows."""
# ruff: noqa: PLR1714, SIM109, SIM102, PLW3301
# compiled code: plain comparisons are what the compiler turns into good code

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from allocator.arrays import Ints
from allocator.jit import compiled

MAX_STATES: Final = 20_000
MAX_LOOSE: Final = 12
"""States one pair keeps in all, and stays without a room that it looks at, at most."""

FAR: Final = -(2**62)
"""When a bed was last left that never was."""

COMPANY: Final = 0.15
JOIN: Final = 0.5
"""Share of the pairs that begin with a member of a group, and of a member's pairs that end beside another member."""

GUIDED: Final = 0.7
"""Share of the pairs whose second room is chosen by prices (boutique: 64,800 for 65,200 after 20 s)."""


@compiled
def draw(state: npt.NDArray[np.uint64]) -> float:
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
def sweep(  # type: ignore[no-untyped-def]
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
    close_start: Ints,
    close: Ints,
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
        bed_a = mine[int(draw(rng) * len(mine))]
        seed_stay = -1
        if counts[0] > 0 and draw(rng) < 0.2:
            seed_stay = loose[int(draw(rng) * counts[0])]
            bed_a = -1
            for _try in range(40):
                b = mine[int(draw(rng) * len(mine))]
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
        if seed_stay < 0 and with_groups and draw(rng) < COMPANY:
            k = member[int(draw(rng) * len(member))]
            if bed[k] >= 0 and hand_of[bed[k]] == hand and not fixed[k]:
                bed_a, seed_stay = bed[k], k
        if seed_stay < 0 and length[bed_a] > 0:
            k = row[bed_a, int(draw(rng) * length[bed_a])]
            if k < n_stays and not fixed[k]:
                seed_stay = k
        bed_b = -1
        if with_groups and seed_stay >= 0 and group[seed_stay] >= 0 and draw(rng) < JOIN:
            g = group[seed_stay]
            k = member[members[g] + int(draw(rng) * (members[g + 1] - members[g]))]
            if k != seed_stay and bed[k] >= 0:
                room = bed_room[bed[k]]
                near_by = close_start[room + 1] - close_start[room]
                if near_by > 0:
                    room = close[close_start[room] + int(draw(rng) * near_by)]
                    if first_bed[room] >= 0:
                        b = first_bed[room] + int(draw(rng) * beds[room])
                        if hand_of[b] == hand and b != bed_a and bed_room[b] != bed_room[bed_a]:
                            bed_b = b
        best_seen = 0
        wanted_tries = 1 if draw(rng) < 0.4 else 3
        found = 0
        if bed_b < 0 and seed_stay >= 0 and draw(rng) < GUIDED and near[seed_stay, 0] >= 0:
            for _try in range(6):
                u = draw(rng)
                k = near[seed_stay, int(u * u * near.shape[1])]
                if k < 0 or class_start[k + 1] == class_start[k]:  # a class may have no beds here
                    continue
                b = class_bed[class_start[k] + int(draw(rng) * (class_start[k + 1] - class_start[k]))]
                if hand_of[b] == hand and b != bed_a and bed_room[b] != bed_room[bed_a]:
                    bed_b = b
                    break
        for _try in range(60 if bed_b < 0 else 0):
            b = mine[int(draw(rng) * len(mine))]
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
            shift = int(draw(rng) * counts[0])
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
                    co = min(co, ease * nights_of[i] * (0.5 + draw(rng)))
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
                    ca += noise * draw(rng)
                    cb += noise * draw(rng)
                    co += noise * draw(rng)
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
def rows_score(
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
