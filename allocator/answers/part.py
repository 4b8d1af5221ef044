"""A part of a problem as a problem of its own, for CP-SAT: some stays free to move among some rooms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from allocator.answers.rack import Rack, bits
from allocator.arrays import build
from allocator.problem import Problem, Stay


def reach(rack: Rack, limit: int) -> tuple[set[int], int]:
    """Return everybody who may have to move so that those who ask fit, themselves included, and all rooms of theirs.

    It stops where they would make more (stay, room) pairs than the limit.
    """
    found = set(rack.asking)
    queue = list(found)
    rooms = size = 0
    for i in queue:
        can = rack.can(i)
        rooms |= can
        size += can.bit_count()
        if size > limit:
            break
        near = {q for r in bits(can & ~rack.plain) for q in rack.rivals.get(r, ())}
        among = can & (rack.taken(i) | ~rack.plain)
        for room in {*bits(among), *near}:
            for j in rack.occupants(i, room):
                if j not in found and not rack.fixed[j]:
                    found.add(j)
                    queue.append(j)
    return found, rooms


def pairs(rack: Rack, stays: set[int]) -> int:
    """Return how many (stay, room) literals a model of these stays has."""
    return sum(rack.can(i).bit_count() for i in stays)


def nearest(rack: Rack, limit: int) -> tuple[set[int], int]:
    """Return the rooms where the fewest are in the way of those who ask, as many as the limit allows, and who moves."""
    ways: dict[int, int] = {}
    for i in rack.asking:
        for room in bits(rack.can(i)):
            others = rack.occupants(i, room)
            if not any(rack.fixed[j] for j in others):
                ways[room] = min(ways.get(room, len(others)), len(others))
    guests: dict[int, set[int]] = {}
    for j, room in enumerate(rack.room):
        if room in ways and not rack.fixed[j]:
            guests.setdefault(room, set()).add(j)
    rooms = 0
    stays = set(rack.asking)
    for room in sorted(ways, key=lambda r: (ways[r], r)):
        mine = guests.get(room, set())
        if (len(stays) + len(mine)) * (rooms.bit_count() + 1) > limit and rooms.bit_count() > 2:
            break
        rooms |= 1 << room
        stays |= mine
    return stays, rooms


def meeting(rack: Rack, everybody: set[int], limit: int) -> set[int]:
    """Return those who are there at about the time of those who ask, the nearest first, as many as the limit allows."""
    first = min(rack.first[i] for i in rack.asking)
    last = max(rack.last[i] for i in rack.asking)
    stays, size = set(rack.asking), pairs(rack, set(rack.asking))
    for i in sorted(everybody - stays, key=lambda j: (max(first - rack.last[j], rack.first[j] - last, -1), j)):
        size += rack.can(i).bit_count()
        if size > limit:
            break
        stays.add(i)
    return stays


class Part:
    """A problem of some stays free to move among some rooms, in which everybody else who is there is locked.

    Attributes
    ----------
    rooms
        The rooms that the free stays may have, by number in ``arrays``.
    """

    def __init__(self, rack: Rack, stays: set[int], rooms: int) -> None:
        names = _with_suites(rack, rooms)
        problem = rack.problem
        kept = []
        for i, stay in enumerate(rack.stays):
            room = None if rack.home[i] < 0 else rack.rooms[rack.home[i]].id
            if i in stays or room in names:
                kept.append(_bare(stay, room, locked=i not in stays, known=names))
        self.problem = Problem(
            name="part",
            slots=problem.slots,
            slots_per_night=problem.slots_per_night,
            room_types=problem.room_types,
            rooms=tuple(replace(room, use_cost=0) for room in problem.rooms if room.id in names),
            links=tuple(link for link in problem.links if link.kind == "component" and link.suite in names),
            closures=tuple(closure for closure in problem.closures if closure.room in names),
            stays=tuple(kept),
        )
        self.arrays = build(self.problem)
        free = set(rack.names(bits(rooms)))
        self.rooms = np.array([r for r, room in enumerate(self.problem.rooms) if room.id in free], np.int64)


def _bare(stay: Stay, room: str | None, *, locked: bool, known: set[str]) -> Stay:
    """Return a stay without all that only costs something."""
    return replace(
        stay,
        wishes=(),
        room_costs={},
        group=None,
        room=room,
        locked=locked,
        move_penalty=0,
        unplaced_penalty=0,
        allowed_rooms=None if stay.allowed_rooms is None else stay.allowed_rooms & known,
        forbidden_rooms=stay.forbidden_rooms & known,
    )


def _with_suites(rack: Rack, rooms: int) -> set[str]:
    """Return the ids of rooms, and of all that share a suite with one of them, directly or by way of others."""
    names = set(rack.names(bits(rooms)))
    suites = [{*parts, suite} for suite, parts in rack.problem.suite_parts.items()]
    while True:
        more = {name for suite in suites if suite & names for name in suite} - names
        if not more:
            return names
        names |= more
