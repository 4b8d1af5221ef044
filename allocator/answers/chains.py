"""Chains of moves: a quick yes, though perhaps not with the fewest moves."""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heappop, heappush

from allocator.answers.hints import Hints
from allocator.answers.rack import EMPTY, Rack, bits


def chain(rack: Rack, hints: Hints, most: int) -> bool:
    """Place the one who asks by a chain: whoever is driven out drives out the next, the last one finds a free room.

    Where several stand in the way of one, all of them but the next in the chain must find free rooms. Chains are tried
    in order of their moves, up to so many. There may be shorter ways, and ways where there is no chain.
    """
    (asking,) = rack.asking
    queue: list[tuple[int, int, int]] = [(0, 0, asking)]
    came: dict[int, tuple[int, int, set[int]]] = {}
    done: set[int] = set()
    number, tries = 0, 30
    while queue:
        moves, _, i = heappop(queue)
        if i in done:
            continue
        done.add(i)
        if hints.free(i):
            if _replay(rack, asking, i, came):
                return True
            tries -= 1
            if not tries:
                return False
        for room, leaving in hints.ways(i):
            if moves + len(leaving) > most:
                break
            stuck = [j for j in leaving if not hints.free(j)]
            if len(stuck) > 1 or any(rack.fixed[j] for j in leaving):
                continue
            for j in stuck or leaving:
                if j not in done and j not in came:
                    came[j] = (i, room, leaving)
                    number += 1
                    heappush(queue, (moves + len(leaving), number, j))
    return False


def _replay(rack: Rack, asking: int, last: int, came: Mapping[int, tuple[int, int, set[int]]]) -> bool:
    """Carry out a chain, if its steps do not get into each other's way; otherwise everybody is put back."""
    steps = []
    i = last
    while i != asking:
        before, room, leaving = came[i]
        steps.append((before, room, leaving))
        i = before
    gone = {j for _, _, leaving in steps for j in leaving}
    for j in gone:
        rack.remove(j)
    placed = []
    for i, room, _ in reversed(steps):
        if rack.room[i] != EMPTY or rack.occupants(i, room):
            break
        rack.place(i, room)
        placed.append(i)
    else:
        for i in sorted(gone | {asking}, key=lambda j: (rack.can(j) & rack.plain & ~rack.taken(j)).bit_count()):
            if rack.room[i] != EMPTY:
                continue
            free = [room for room in bits(rack.can(i) & rack.plain & ~rack.taken(i)) if room != rack.home[i]]
            if not free:
                break
            rack.place(i, min(free, key=lambda room: rack.price(i, room)))
            placed.append(i)
        else:
            return True
    for i in placed:
        rack.remove(i)
    for j in gone:
        rack.place(j, rack.home[j])
    return False
