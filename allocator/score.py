"""Every soft term as a function of a problem and a plan; no solver here.

Each function bears the name of its term in :mod:`allocator.rules` and returns a penalty in integers, at least 0.
The formulas are those of ``docs/model.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations, pairwise
from typing import Final

from allocator.check import placed_by_room, placements
from allocator.period import merge
from allocator.plan import Plan
from allocator.problem import Problem, Room, Stay
from allocator.result import Score


def score(problem: Problem, plan: Plan) -> Score:
    """Return the penalties of a plan by term, zero terms left out."""
    penalties = {name: term(problem, plan) for name, term in SCORES.items()}
    return Score({name: penalty for name, penalty in penalties.items() if penalty})


def unplaced(problem: Problem, plan: Plan) -> int:
    """Sum of ``unplaced_penalty`` over stays without a room."""
    return sum(s.unplaced_penalty for s in problem.stays if plan.rooms.get(s.id) is None)


def upgrade(problem: Problem, plan: Plan) -> int:
    """``weights.upgrade * nights * max(0, rank(room type) - rank(booked type))`` of each placed stay."""
    return sum(upgrade_of(problem, stay, room) for stay, room in placements(problem, plan))


def upgrade_of(problem: Problem, stay: Stay, room: Room) -> int:
    """Return the ``upgrade`` penalty of one stay in one room."""
    steps = problem.type_by_id[room.type].rank - problem.type_by_id[stay.type].rank
    return problem.weights.upgrade * stay.nights * max(0, steps)


def wish(problem: Problem, plan: Plan) -> int:
    """``weight * nights`` for each wish missed by a placed stay."""
    return sum(wish_of(stay, room) for stay, room in placements(problem, plan))


def wish_of(stay: Stay, room: Room) -> int:
    """Return the ``wish`` penalty of one stay in one room."""
    return sum(w.weight for w in stay.wishes if not w.met_by(room)) * stay.nights


def room_cost(problem: Problem, plan: Plan) -> int:
    """``room_costs[room]`` of each placed stay."""
    return sum(stay.room_costs.get(room.id, 0) for stay, room in placements(problem, plan))


def move(problem: Problem, plan: Plan) -> int:
    """``move_penalty`` of each placed stay that held another room; nothing for one that ends unplaced."""
    return sum(move_of(stay, room) for stay, room in placements(problem, plan))


def move_of(stay: Stay, room: Room) -> int:
    """Return the ``move`` penalty of one stay in one room."""
    return stay.move_penalty if stay.room not in (None, room.id) else 0


def wear(problem: Problem, plan: Plan) -> int:
    """``use_cost * nights`` of the rooms used."""
    return sum(room.use_cost * stay.nights for stay, room in placements(problem, plan))


def apart(problem: Problem, plan: Plan) -> int:
    """``weights.apart * distance`` of each pair of placed members of a group."""
    if not problem.weights.apart:
        return 0
    return problem.weights.apart * sum(
        distance(problem, a, b) for rooms in _group_rooms(problem, plan).values() for a, b in combinations(rooms, 2)
    )


def distance(problem: Problem, a: Room, b: Room) -> int:
    """Return how far two rooms are: 0 next to each other or connecting, 1 same floor, 2 same building, 3 otherwise."""
    if a.id == b.id or b.id in problem.connected.get(a.id, ()):
        return 0
    if a.building != b.building:
        return 3
    if a.floor != b.floor:
        return 2
    return 0 if abs(a.position - b.position) <= 1 else 1


def not_connecting(problem: Problem, plan: Plan) -> int:
    """``weights.not_connecting`` for each placed member of a group wanting doors that has no member behind one."""
    wanting = {group.id for group in problem.groups if group.wants_connecting}
    lonely = 0
    for group, rooms in _group_rooms(problem, plan).items():
        if group in wanting:
            taken = {room.id for room in rooms}
            lonely += sum(taken.isdisjoint(problem.connected.get(room.id, ())) for room in rooms)
    return problem.weights.not_connecting * lonely


def gap(problem: Problem, plan: Plan) -> int:
    """``weights.gap[n - 1]`` for each idle run of n nights between consecutive occupancies of a private room.

    ``n = (next.start - previous.end) // slots_per_night``; closures that touch or overlap count as one occupancy.
    """
    weights = problem.weights.gap
    if not weights:
        return 0
    closures: dict[str, list[tuple[int, int]]] = {}
    for closure in problem.closures:
        closures.setdefault(closure.room, []).append((closure.start, closure.end))
    stays = placed_by_room(problem, plan)
    private = [room for room in problem.rooms if room.beds == 1 and (room.id in stays or room.id in closures)]
    return sum(
        _gaps(problem, sorted([(s.start, s.end) for s in stays.get(room.id, ())] + merge(closures.get(room.id, ()))))
        for room in private
    )


def _gaps(problem: Problem, occupied: list[tuple[int, int]]) -> int:
    weights = problem.weights.gap
    nights = ((b[0] - a[1]) // problem.slots_per_night for a, b in pairwise(occupied))
    return sum(weights[n - 1] for n in nights if 1 <= n <= len(weights))


SCORES: Final[Mapping[str, Callable[[Problem, Plan], int]]] = {
    "unplaced": unplaced,
    "upgrade": upgrade,
    "wish": wish,
    "room_cost": room_cost,
    "move": move,
    "wear": wear,
    "apart": apart,
    "not_connecting": not_connecting,
    "gap": gap,
}


def _group_rooms(problem: Problem, plan: Plan) -> dict[str, list[Room]]:
    rooms: dict[str, list[Room]] = {}
    for stay, room in placements(problem, plan):
        if stay.group is not None:
            rooms.setdefault(stay.group, []).append(room)
    return rooms
