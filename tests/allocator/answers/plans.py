"""Random plans in force, and the oracle of every question about moving others: all plans there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from random import Random

from allocator.check import check
from allocator.errors import InvalidProblem
from allocator.plan import Plan
from allocator.problem import Closure, Link, Policy, Problem, Room, RoomType, Stay
from tests.allocator.brute import valid_rooms
from tests.allocator.problems import random_plan, random_problem


def valid_plan(rng: Random, problem: Problem, *, unplaced: float = 0.1) -> Plan | None:
    """Return a plan without violations: a random one, emptied until it has none; None where locks stand in the way."""
    rooms = dict(random_plan(rng, problem, unplaced=unplaced).rooms)
    rooms |= {stay.id: stay.room for stay in problem.stays if stay.locked}
    while violations := check(problem, Plan(rooms)):
        loose = [s for v in violations for s in v.stays if not problem.stay_by_id[s].locked and rooms[s] is not None]
        if not loose:
            return None
        rooms[rng.choice(loose)] = None
    return Plan(rooms)


def tight_case(rng: Random) -> tuple[Problem, Plan, str]:
    """Return a problem, a plan in force that is rather full, and a stay that has no room in it."""
    while True:
        case = fragmented_case(rng) if rng.random() < 0.8 else motley_case(rng)
        if case is not None:
            return case


def motley_case(rng: Random, *, rooms: int = 4, stays: int = 7) -> tuple[Problem, Plan, str] | None:
    """Return a case with every rule of the format; None: try again."""
    problem = random_problem(rng, rooms=rooms, stays=stays, slots=5, minutes=rng.random() < 0.3)
    problem = replace(problem, policy=Policy())
    plan = valid_plan(rng, problem, unplaced=0.0)
    if plan is None:
        return None
    plan = filled(rng, problem, plan)
    waiting = [s.id for s in problem.stays if plan[s.id] is None]
    return (problem, plan, rng.choice(waiting)) if waiting else None


def fragmented_case(rng: Random, *, rooms: int = 4, nights: int = 6) -> tuple[Problem, Plan, str] | None:
    """Return a case where free nights lie scattered over rooms: what is hard is who moves; None: try again."""
    types = (RoomType("STD"), RoomType("DLX", 1))
    house = [Room(str(101 + i), "DLX" if rng.random() < 0.25 else "STD") for i in range(rng.randint(2, rooms))]
    if rng.random() < 0.2:
        house[0] = replace(house[0], beds=2, gender=rng.choice(("any", "same")))
    links = (
        (Link("component", (house[1].id, house[2].id), house[0].id),) if len(house) > 2 and rng.random() < 0.2 else ()
    )
    stays: list[Stay] = []
    closures: list[Closure] = []
    for room in house:
        at = rng.randint(0, 2)
        while at < nights:
            end = at + rng.randint(1, 3)
            if rng.random() < 0.08:
                closures.append(Closure(f"C{len(closures)}", room.id, at, end))
            else:
                stays.append(_guest(rng, f"S{len(stays)}", at, end, room))
            at = end + rng.choice((0, 0, 1, 1, 2))
    start = rng.randint(0, nights - 2)
    stays.append(replace(_guest(rng, "new", start, rng.randint(start + 1, nights), house[-1]), room=None, locked=False))
    free = [i for i, s in enumerate(stays) if not s.locked]
    for i in rng.sample(free, max(0, len(free) - 9)):  # or the oracle would take too long
        if stays[i].id != "new":
            stays[i] = replace(stays[i], locked=True)
    try:
        problem = Problem("fragments", nights, types, tuple(house), tuple(stays), links=links, closures=tuple(closures))
    except InvalidProblem:
        return None
    plan = Plan({s.id: s.room for s in stays})
    if check(problem, plan):
        return None
    new = problem.stay_by_id["new"]
    direct = any(check(problem, Plan({**plan.rooms, "new": r.id})) == () for r in house)
    load = [sum(s.start <= t < s.end for s in (*stays, *closures)) for t in range(new.start, new.end)]
    hard = not direct and max(load) <= sum(room.beds for room in house)
    return (problem, plan, "new") if hard or rng.random() < 0.05 else None


def _guest(rng: Random, name: str, start: int, end: int, room: Room) -> Stay:
    both = ("STD", "DLX")
    return Stay(
        name,
        start,
        end,
        end - start,
        room.type,
        unplaced_penalty=100,
        types_allowed=both if rng.random() < 0.7 else (room.type,),
        gender=rng.choice(("female", "male")),
        room=room.id,
        locked=rng.random() < 0.15,
        move_penalty=10,
    )


def filled(rng: Random, problem: Problem, plan: Plan) -> Plan:
    """Return a plan in which nobody but perhaps one could be placed without moving somebody."""
    rooms = dict(plan.rooms)
    waiting = [s for s in problem.stays if rooms[s.id] is None]
    rng.shuffle(waiting)
    for stay in waiting[rng.randint(0, 1) :]:
        for room in valid_rooms(problem, stay):
            rooms[stay.id] = room
            if not check(problem, Plan(rooms)):
                break
            rooms[stay.id] = None
    return Plan(rooms)


def ways(problem: Problem, plan: Plan, asked: set[str]) -> Iterator[tuple[Plan, int]]:
    """Yield every valid plan that places those who ask beside all who are placed, and nobody else; and its moves."""
    choices: dict[str, list[str | None]] = {}
    for stay in problem.stays:
        if stay.id in asked:
            choices[stay.id] = [*valid_rooms(problem, stay)]
        elif plan[stay.id] is None or stay.locked:
            choices[stay.id] = [plan[stay.id]]
        else:
            choices[stay.id] = [*valid_rooms(problem, stay)]
    first = {name: rooms[0] if len(rooms) == 1 else None for name, rooms in choices.items()}

    # Whatever is added, what is broken stays broken: neither it nor what contains it is looked at again.
    @cache
    def possible(*placed: tuple[str, str | None]) -> bool:
        return not check(problem, Plan({**first, **dict(placed)}))

    def place(rooms: dict[str, str | None], left: dict[str, list[str | None]]) -> Iterator[tuple[Plan, int]]:
        if check(problem, Plan(rooms)):
            return
        if not left:
            yield Plan(rooms), sum(rooms[s] != plan[s] for s in rooms if s not in asked)
            return
        name = min(left, key=lambda open_: len(left[open_]))
        for room in left[name]:
            others = {
                other: [r for r in theirs if possible((name, room), (other, r))]
                for other, theirs in left.items()
                if other != name
            }
            yield from place({**rooms, name: room}, others)

    yield from place(
        first,
        {
            name: [room for room in rooms if possible((name, room))]
            for name, rooms in choices.items()
            if len(rooms) != 1
        },
    )


def fewest_moves(problem: Problem, plan: Plan, asked: set[str]) -> int | None:
    """Return how few others must move so that those who ask fit; None if they do not."""
    return min((moves for _, moves in ways(problem, plan, asked)), default=None)


def without(problem: Problem, *names: str) -> Problem:
    """Return the problem without some stays."""
    return replace(problem, stays=tuple(s for s in problem.stays if s.id not in names))


def newcomer(problem: Problem, name: str) -> tuple[Problem, Stay]:
    """Return the problem without a stay, and the stay."""
    return without(problem, name), problem.stay_by_id[name]
