"""Problems that nobody would draw: extremes of every sort, and documents with something wrong."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any, Final

from allocator.flexible.serialize import to_json
from allocator.problem import Problem, Room, RoomType, Stay, Weights
from allocator.serialize import problem_to_json
from tests.allocator.flexible.problems import flexible_problem
from tests.allocator.problems import random_problem

WRONG: Final = (None, -1, 0, 10**9, 10**30, -(10**10), 1.5, True, "", "x", [], {}, [None], {"id": "S0"}, "\x00", "101")
"""Values that hardly any field may have."""


def no_rooms(rng: Random) -> Problem:
    """Return stays in a hotel without rooms."""
    problem = random_problem(rng)
    stays = (
        replace(s, room=None, locked=False, allowed_rooms=None, forbidden_rooms=frozenset(), room_costs={}, wishes=())
        for s in problem.stays
    )
    return replace(problem, rooms=(), links=(), closures=(), stays=tuple(stays))


def no_stays(rng: Random) -> Problem:
    """Return an empty hotel with an empty horizon."""
    return replace(random_problem(rng), stays=(), slots=0)


def overbooked(rng: Random) -> Problem:
    """Return ten times as many stays as rooms on the same nights."""
    rooms = tuple(Room(str(r), "A", beds=rng.choice((1, 1, 3))) for r in range(rng.randint(1, 4)))
    stays = tuple(
        Stay(f"S{k}", 0, 2, 2, "A", rng.randint(0, 9), room=rng.choice((None, "0")), group=None)
        for k in range(10 * sum(room.beds for room in rooms))
    )
    return Problem("overbooked", 2, (RoomType("A"),), rooms, stays, weights=Weights(gap=rng.choice(((), (5,)))))


def all_locked(rng: Random) -> Problem:
    """Return a hotel in which everybody is locked, in rooms they may not have too."""
    problem = random_problem(rng)
    rooms = [room.id for room in problem.rooms]
    return replace(problem, stays=tuple(replace(s, room=rng.choice(rooms), locked=True) for s in problem.stays))


def huge(rng: Random) -> Problem:
    """Return costs as large as they may be, or larger."""
    most = rng.choice((10**7, 10**8, 10**9))
    problem = random_problem(rng, stays=4)
    stays = tuple(
        replace(s, unplaced_penalty=most, move_penalty=rng.choice((0, most)), nights=1) for s in problem.stays
    )
    weights = Weights(*(rng.choice((0, most)) for _ in range(2)), (most, most), rng.choice((0, most)))
    return replace(problem, stays=stays, weights=weights)


def far_apart(rng: Random) -> Problem:
    """Return periods at the ends of the time there is, and stays of as many nights as there are."""
    problem = random_problem(rng, stays=4)
    far = 10**9

    def moved(stay: Stay) -> Stay:
        start, end = rng.choice(((-far, far), (-far, 1 - far), (far - 1, far), (stay.start, far)))
        return replace(stay, start=start, end=end, nights=rng.choice((1, far)))

    return replace(problem, stays=tuple(moved(s) if rng.random() < 0.5 else s for s in problem.stays))


EXTREMES: Final[tuple[Callable[[Random], Problem], ...]] = (
    no_rooms,
    no_stays,
    overbooked,
    all_locked,
    huge,
    far_apart,
)


def poisoned(rng: Random) -> Any:
    """Return a document of either version with one to three things wrong, or by chance none."""
    version_2 = rng.random() < 0.4
    drawn = to_json(flexible_problem(rng)) if version_2 else problem_to_json(random_problem(rng))
    document = copy.deepcopy(drawn)
    for _ in range(rng.randint(1, 3)):
        _poison(rng, document)
    return document


def _poison(rng: Random, document: Any) -> None:
    """Change one value somewhere in a document."""
    at, holder = document, document
    while True:
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        if not keys:
            return
        key = rng.choice(keys)
        holder, at = at, at[key]
        if not isinstance(at, dict | list) or rng.random() < 0.15:
            break
    way = rng.random()
    if way < 0.15:
        del holder[key]
    elif way < 0.25 and isinstance(holder, dict):
        holder["surprise"] = at
    elif way < 0.35 and isinstance(holder, list):
        holder.append(copy.deepcopy(at))
    else:
        holder[key] = copy.deepcopy(rng.choice(WRONG))
