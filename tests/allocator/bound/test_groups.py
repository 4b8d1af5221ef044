"""What groups add to a bound, against trying everything."""

from __future__ import annotations

from itertools import combinations, product
from random import Random

import numpy as np
import pytest

from allocator import objective
from allocator.arrays import NOWHERE, Arrays, Ints, build
from allocator.bound import groups
from allocator.bound.groups import GroupTerms
from allocator.classes import Classes, classify
from allocator.problem import Group, Link, Problem, Room, RoomType, Stay, Weights

SCALE = 8


def hotel(rng: Random, members: int) -> Problem:
    """Return a few rooms, some connecting, and one group of which some members are locked or apart in time."""
    rooms = tuple(
        Room(f"{n}", "STD", building=rng.choice("AAB"), floor=rng.randint(1, 2), position=rng.randint(0, 3))
        for n in range(rng.randint(2, 5))
    )
    doors = tuple(
        Link("connecting", (a.id, b.id)) for a, b in combinations(rooms, 2) if rng.random() < 0.3
    )  # fmt: skip
    stays = []
    for n in range(members):
        start = rng.choice([0, 0, 0, 2])
        room = rng.choice(rooms).id if rng.random() < 0.1 else None
        locked = room is not None and all(s.room != room for s in stays)
        stays.append(Stay(f"m{n}", start, start + 2, 2, "STD", 40, room=room, locked=locked, group="g"))
    return Problem(
        "group", 6, (RoomType("STD"),), rooms, tuple(stays), links=doors,
        groups=(Group("g", wants_connecting=rng.random() < 0.6),),
        weights=Weights(apart=rng.randint(0, 5), not_connecting=rng.randint(0, 9)),
    )  # fmt: skip


def costs(rng: Random, classes: Classes) -> tuple[Ints, Ints]:
    """Return reduced costs of pairs and of having no room, at least one of them nothing for each stay."""
    reduced = np.array([rng.randint(0, 9 * SCALE) for _ in classes.klass], np.int64)
    outside = np.array([rng.randint(0, 20 * SCALE) for _ in classes.stays], np.int64)
    for i in range(len(classes.stays)):
        pairs = slice(classes.begin[i], classes.begin[i + 1])
        least = min(outside[i], *reduced[pairs], 10**9)
        reduced[pairs] -= least
        outside[i] -= least
    return reduced, outside


def by_trying(arrays: Arrays, classes: Classes, reduced: Ints, outside: Ints) -> int:
    """Return the least joint cost over all rooms of all members."""
    place = {int(stay): i for i, stay in enumerate(classes.stays)}
    choices = []
    for i in range(arrays.n_stays):
        if i not in place:
            choices.append([(int(arrays.held[i]), 0)])
            continue
        k = place[i]
        pairs = range(classes.begin[k], classes.begin[k + 1])
        by_class = {int(classes.klass[q]): int(reduced[q]) for q in pairs}
        allowed = [(r, by_class[int(c)]) for r, c in enumerate(classes.of_room) if int(c) in by_class]
        choices.append([*allowed, (NOWHERE, int(outside[k]))])
    best = 10**12
    for chosen in product(*choices):
        rooms = [room for room, _ in chosen]
        if all(
            rooms[i] != rooms[j] or rooms[i] == NOWHERE or arrays.start[i] != arrays.start[j]
            for i, j in combinations(range(len(rooms)), 2)
        ):
            together = objective.groups(arrays, np.array(rooms))
            best = min(best, SCALE * together + sum(cost for _, cost in chosen))
    return best


@pytest.mark.parametrize("seed", range(150))
def test_the_least_of_a_group_is_found_and_of_a_larger_one_never_overstated(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = Random(f"groups {seed}")
    members = rng.randint(1, 5)
    arrays = build(hotel(rng, members))
    classes = classify(arrays, fine=rng.random() < 0.5)
    reduced, outside = costs(rng, classes)
    truth = by_trying(arrays, classes, reduced, outside)
    adds = GroupTerms(arrays, classes).adds(reduced, outside, SCALE)
    assert adds == truth if members <= groups.MOST else 0 <= adds <= truth
    monkeypatch.setattr(groups, "NODES", rng.randint(0, 30))
    monkeypatch.setattr(groups, "PARTS", rng.randint(1, 9))
    assert 0 <= GroupTerms(arrays, classes).adds(reduced, outside, SCALE) <= truth


def test_a_larger_group_still_adds_most_of_what_it_costs() -> None:
    rooms = tuple(Room(f"{n}", "STD", building="A", floor=1, position=n) for n in range(12))
    stays = tuple(Stay(f"m{n}", 0, 2, 2, "STD", 1000, group="g") for n in range(8))
    problem = Problem(
        "row", 4, (RoomType("STD"),), rooms, stays, groups=(Group("g"),), weights=Weights(apart=10)
    )  # fmt: skip
    arrays = build(problem)
    classes = classify(arrays)
    nothing = np.zeros(len(classes.klass), np.int64)
    adds = GroupTerms(arrays, classes).adds(nothing, np.full(len(stays), 10**6), SCALE)
    truth = 10 * (8 * 7 // 2 - 7) * SCALE  # eight in a row: all pairs but the neighbours are one apart
    assert truth / 2 < adds <= truth
