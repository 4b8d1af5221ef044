"""The problem by class: its bound holds for every plan, and its plan is allowed, most often the best there is."""

from dataclasses import replace
from random import Random

import numpy as np

from allocator import objective
from allocator.arrays import Arrays, Ints, build, plan_of
from allocator.check import check
from allocator.cpsat.run import run
from allocator.problem import Problem, Room, RoomType, Stay, Weights
from allocator.search.classlevel import by_class, kinds_of, suits
from allocator.search.greedy import greedy
from tests.allocator.cpsat.test_model import draw, everything, only
from tests.allocator.search.quiet import Quiet


def without_pairs(problem: Problem) -> Problem:
    """Return the problem without gaps, groups, suites and same-gender dorms."""
    rooms = tuple(replace(r, gender="any" if r.gender == "same" else r.gender) for r in problem.rooms)
    links = tuple(link for link in problem.links if link.kind == "connecting")
    return replace(problem, rooms=rooms, links=links, weights=Weights(upgrade=problem.weights.upgrade))


def night(seed: int, rooms: int = 12, stays: int = 70) -> Problem:
    """Return a hotel of two types whose stays hold rooms at a price, some locked, beside new ones without a room."""
    rng = Random(seed)
    house = tuple(Room(str(r), "AB"[r >= rooms - 4]) for r in range(rooms))
    guests = []
    for k in range(stays):
        start, length = rng.randint(-2, 24), rng.randint(1, 5)
        types = rng.choice((("A", "B"), ("B",)))
        guests.append(Stay(f"S{k}", start, start + length, length, types[0], 100_000, types_allowed=types))
    ladder = (RoomType("A", 0), RoomType("B", 1))
    problem = Problem("night", 30, ladder, house, tuple(guests), weights=Weights(upgrade=100))
    today = greedy(build(problem))
    held = tuple(
        replace(s, room=house[r].id, move_penalty=rng.choice((50, 300)), locked=s.start < 0)
        if r >= 0 and (s.start < 0 or rng.random() < 0.7)
        else s
        for s, r in zip(guests, today.tolist(), strict=True)
    )
    return replace(problem, stays=held)


def shared(arrays: Arrays) -> tuple[Ints | None, int]:
    """Return the plan by class, and its bound."""
    kinds, report = kinds_of(arrays), Quiet()
    assert kinds is not None
    return by_class(arrays, kinds, report), report.bound


def test_the_bound_holds_and_the_plan_is_allowed() -> None:
    tried = 0
    for seed in range(60):
        problem = without_pairs(draw(seed, 9))
        arrays = build(problem)
        assert suits(arrays)
        rooms, bound = shared(arrays)
        assert rooms is not None
        assert check(problem, plan_of(problem, rooms)) == ()
        window = everything(arrays, greedy(arrays))
        found = run(window.model, 1, 10.0)
        assert found.values is not None
        best = arrays.held.copy()
        best[window.stays] = window.rooms(found.values)
        assert bound <= objective.total(arrays, best) <= objective.total(arrays, rooms), seed
        tried += bound == objective.total(arrays, best)
    assert tried > 30  # a bound of 0 would be one too


def test_interchangeable_rooms_are_solved_exactly() -> None:
    for seed in range(20):
        problem = night(seed)
        fresh = replace(problem, stays=tuple(replace(s, room=None, locked=False) for s in problem.stays))
        arrays = build(fresh)
        rooms, bound = shared(arrays)
        assert rooms is not None
        assert check(fresh, plan_of(fresh, rooms)) == ()
        assert objective.total(arrays, rooms) == bound, seed


def test_nobody_is_given_the_room_he_holds_but_may_not_have() -> None:
    barred = 0
    for seed in range(60):
        rng = Random(seed)
        guests = []
        for k in range(rng.randint(5, 9)):
            start, nights, held = rng.randint(0, 4), rng.randint(1, 2), rng.choice((None, "1", "2", "3"))
            forbidden = frozenset({held} if held is not None and rng.random() < 0.5 else ())
            barred += len(forbidden)
            price = rng.choice((0, 20))
            stay = Stay(f"S{k}", start, start + nights, nights, "A", 100, forbidden_rooms=forbidden)
            guests.append(replace(stay, room=held, move_penalty=price))
        problem = Problem("barred", 8, (RoomType("A"),), tuple(Room(r, "A") for r in "123"), tuple(guests))
        rooms, bound = shared(build(problem))
        assert rooms is not None
        assert check(problem, plan_of(problem, rooms)) == ()
        assert bound <= objective.total(build(problem), rooms)
    assert barred > 60


def test_guests_keep_their_rooms_and_new_ones_find_theirs() -> None:
    proven = 0
    for seed in range(20):
        problem = night(seed, stays=60)
        arrays = build(problem)
        rooms, bound = shared(arrays)
        assert rooms is not None
        assert check(problem, plan_of(problem, rooms)) == ()
        assert bound <= objective.total(arrays, rooms)
        proven += objective.total(arrays, rooms) == bound
    assert proven >= 12


def test_kinds_say_what_every_stay_costs_in_every_room() -> None:
    for seed in range(60):
        arrays = build(draw(seed, 9))
        kinds = kinds_of(arrays)
        assert kinds is not None
        for k, i in enumerate(np.flatnonzero(~arrays.fixed).tolist()):
            said = kinds.cost[kinds.of_room, k]
            if arrays.held[i] >= 0:
                said[arrays.held[i]] = kinds.home_cost[k]
            assert (said == arrays.costs.row(i)).all()


def test_a_problem_with_gaps_is_not_of_that_sort() -> None:
    problem = next(p for p in (only(draw(seed, 9), "gap") for seed in range(50)) if len(p.stays) > 3)
    assert not suits(build(problem))
