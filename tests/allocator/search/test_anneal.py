"""Annealing: what it counts is what is there, chains of stays change rooms, plans come nearer to one another."""

from dataclasses import replace
from random import Random

import numpy as np

from allocator import objective
from allocator.arrays import Arrays, Ints, build, plan_of
from allocator.check import check
from allocator.problem import Problem, Room, RoomType, Stay
from allocator.search.anneal import Annealer
from allocator.search.greedy import greedy
from allocator.search.occupancy import Occupancy, move_count
from tests.allocator.problems import random_problem


def shared(seed: int) -> Problem:
    """Return a problem of which annealing sees all that costs: no gaps, no groups."""
    problem = random_problem(Random(seed), rooms=7, stays=24)
    return replace(problem, weights=replace(problem.weights, gap=(), apart=0, not_connecting=0))


def annealer(arrays: Arrays, rooms: Ints, seed: int = 1) -> Annealer:
    mine = Annealer(arrays, seed)
    mine.load(rooms)
    return mine


def test_what_it_counts_is_what_is_there() -> None:
    moved = 0
    for seed in range(60):
        problem = shared(seed)
        arrays = build(problem)
        before = greedy(arrays, arrays.held)
        if check(problem, plan_of(problem, before)):
            continue  # what is held breaks a rule, and more stays than may would have to move
        mine = annealer(arrays, before)
        assert mine.sees_all
        change = sum(mine.run(2_000, heat) for heat in (30.0, 5.0, 1.0))
        assert check(problem, plan_of(problem, mine.rooms)) == (), seed
        assert objective.total(arrays, mine.rooms) == objective.total(arrays, before) + change, seed
        assert (mine.rooms[arrays.fixed] == arrays.held[arrays.fixed]).all()
        afresh = Occupancy(arrays)
        for i in np.flatnonzero((mine.rooms >= 0) & ~arrays.fixed).tolist():
            afresh.place(i, int(mine.rooms[i]))
        placed = mine._placed
        assert (placed.load == afresh.load).all(), seed
        assert (placed.guests == afresh.guests).all(), seed
        if arrays.budget >= 0:
            assert placed.moved[0] == move_count(arrays, mine.rooms), seed
        for r in range(arrays.n_rooms):
            listed = sorted(placed.member[r, : placed.number[r]].tolist())
            assert listed == np.flatnonzero(mine.rooms == r).tolist(), (seed, r)
        moved += bool((mine.rooms != before).any())
    assert moved > 20


def test_the_same_seed_takes_the_same_steps() -> None:
    arrays = build(shared(3))
    first, second = annealer(arrays, greedy(arrays)), annealer(arrays, greedy(arrays))
    for mine in (first, second):
        mine.run(5_000, 3.0)
    assert (first.rooms == second.rooms).all()


def ward(*stays: tuple[str, str, int]) -> Problem:
    """Return two rooms of two beds for one gender each, and stays of (id, gender, what room A costs)."""
    return Problem(
        "ward",
        4,
        room_types=(RoomType("W", 0),),
        rooms=tuple(Room(name, "W", beds=2, gender="same") for name in "AB"),
        stays=tuple(
            Stay(name, k % 2, k % 2 + 2, 2, "W", 100, gender=gender, room_costs={"A": cost})  # type: ignore[arg-type]
            for k, (name, gender, cost) in enumerate(stays)
        ),
    )


def test_all_who_stand_in_each_others_way_change_rooms() -> None:
    problem = ward(("F1", "female", 9), ("F2", "female", 9), ("M1", "male", 0), ("M2", "male", 0))
    arrays = build(problem)
    mine = annealer(arrays, np.array([0, 0, 1, 1]))
    assert mine.run(1_000, 1e-6) == -18  # no one of them can move, and no two can change places
    assert mine.rooms.tolist() == [1, 1, 0, 0]


def test_one_who_is_locked_stays_and_so_do_those_it_holds() -> None:
    problem = ward(("F1", "female", 9), ("F2", "female", 9), ("M1", "male", 0), ("M2", "male", 0))
    held = replace(problem.stays[3], room="B", locked=True)
    arrays = build(replace(problem, stays=(*problem.stays[:3], held)))
    mine = annealer(arrays, np.array([0, 0, 1, 1]))
    assert mine.run(1_000, 1e-6) == 0
    assert mine.rooms.tolist() == [0, 0, 1, 1]


def test_a_plan_comes_nearer_to_another_at_no_cost() -> None:
    near = far = 0
    for seed in range(40):
        arrays = build(shared(seed))
        here, there = annealer(arrays, greedy(arrays), 1), annealer(arrays, greedy(arrays), 2)
        for mine in (here, there):
            for heat in (30.0, 5.0, 0.01):
                mine.run(2_000, heat)
        before, cost = here.rooms.copy(), objective.total(arrays, here.rooms)
        for heat in (3.0, 1.0, 0.2):
            here.approach(there.rooms, 2_000, heat)
        assert objective.total(arrays, here.rooms) <= cost, seed
        far += int((before != there.rooms).sum())
        near += int((here.rooms != there.rooms).sum())
    assert near < 0.7 * far
