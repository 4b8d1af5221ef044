"""Windows never make a plan worse, repeat, and find what takes more than two rooms."""

from collections.abc import Collection
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest

from allocator import objective
from allocator.arrays import NOWHERE, Arrays, Ints, build, plan_of
from allocator.check import check
from allocator.cpsat.run import run
from allocator.problem import Group, Link, Problem, Room, RoomType, Stay, Weights
from allocator.score import score
from allocator.search import windows
from allocator.search.greedy import greedy
from allocator.search.need import group_costs
from allocator.search.windows import WindowSearch, improve
from tests.allocator.cpsat.test_model import draw, everything
from tests.allocator.problems import random_problem
from tests.allocator.search.quiet import Quiet


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no problem be small enough to be solved as one window."""
    monkeypatch.setattr(windows, "WHOLE", -1)


def improved(arrays: Arrays, rooms: Ints, effort: float, seed: int = 1) -> Ints:
    return improve(arrays, rooms, Quiet(), np.random.default_rng(seed), effort)


def test_small_problems_are_solved_and_proven() -> None:
    for seed in range(40):
        problem = draw(seed, 9)
        arrays = build(problem)
        before = greedy(arrays)
        report = Quiet()
        after = improve(arrays, before, report, np.random.default_rng(seed), 1.0)
        assert report.bound <= objective.total(arrays, after)
        assert check(problem, plan_of(problem, after)) == ()
        assert (after[arrays.fixed] == arrays.held[arrays.fixed]).all()
        window = everything(arrays, before)
        found = run(window.model, 1, 10.0)
        assert found.values is not None
        least = before.copy()
        least[window.stays] = window.rooms(found.values)
        assert objective.total(arrays, after) == objective.total(arrays, least), seed
        assert report.bound in (0, objective.total(arrays, after)), seed


def test_a_whole_that_takes_all_the_effort_leaves_none_for_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "CORE_LIMIT", 1e-5)
    monkeypatch.setattr(WindowSearch, "_choose", lambda *_: pytest.fail("there is no effort left for a window"))
    for seed in range(3):
        arrays = build(draw(seed, 40))
        search = WindowSearch(arrays, greedy(arrays), np.random.default_rng(seed))
        search.run(Quiet(), 1e-4)
        assert search.effort > 1e-4


@pytest.mark.usefixtures("in_parts")
def test_no_plan_gets_worse_and_most_get_best() -> None:
    best = 0
    for seed in range(25):
        problem = draw(seed + 100, 9)
        arrays = build(problem)
        before = greedy(arrays)
        after = improved(arrays, before, 0.1)
        assert check(problem, plan_of(problem, after)) == ()
        assert (after[arrays.fixed] == arrays.held[arrays.fixed]).all()
        window = everything(arrays, before)
        found = run(window.model, 1, 10.0)
        assert found.values is not None
        gained = objective.total(arrays, before) - objective.total(arrays, after)
        assert 0 <= gained <= window.before - window.cost(found.values)
        best += gained == window.before - window.cost(found.values)
    assert best >= 23


@pytest.mark.usefixtures("in_parts")
def test_the_score_it_keeps_is_the_score() -> None:
    for seed in range(20):
        problem = draw(seed, 20)
        arrays = build(problem)
        report = Quiet()
        search = WindowSearch(arrays, greedy(arrays), np.random.default_rng(seed))
        search.run(report, 0.1)
        assert search.score == score(problem, plan_of(problem, search.rooms)).total
        assert [objective.total(arrays, rooms) for rooms in report.plans[-1:]] in ([], [search.score])


def test_merging_takes_each_room_from_one_of_the_plans_and_the_best_of_them() -> None:
    better = 0
    for seed in range(20):
        problem = draw(seed, 12)
        arrays = build(problem)
        plans = [greedy(arrays), improved(arrays, greedy(arrays), 0.02, 1)]
        budget = problem.policy.move_budget
        plans += [improved(arrays, np.where(arrays.fixed, arrays.held, NOWHERE), 0.02, 2)] if budget is None else []
        search = WindowSearch(arrays, plans[0], np.random.default_rng(seed))
        solved = search.merge(plans, limit=5.0)
        merged = search.rooms
        assert check(problem, plan_of(problem, merged)) == (), seed
        assert all(int(merged[i]) in {NOWHERE, *(int(plan[i]) for plan in plans)} for i in range(arrays.n_stays)), seed
        totals = [objective.total(arrays, plan) for plan in plans]
        assert solved.optimal, seed
        assert search.score == objective.total(arrays, merged) <= min(totals), seed
        better += search.score < totals[0]
    assert better > 5


@pytest.mark.usefixtures("in_parts")
def test_windows_solved_at_once_share_no_room_and_keep_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = 0
    choose = WindowSearch._choose

    def counted(search: WindowSearch, others: Collection[Any]) -> Any:
        nonlocal at_once
        chosen = choose(search, others)
        at_once += len(others) > 0 and chosen is not None
        return chosen

    monkeypatch.setattr(WindowSearch, "_choose", counted)
    for seed in range(4):
        problem = random_problem(Random(seed), rooms=16, stays=40)
        problem = replace(
            problem,
            links=tuple(link for link in problem.links if link.kind == "connecting"),
            policy=replace(problem.policy, move_budget=None),
            weights=replace(problem.weights, apart=0, not_connecting=0),
        )
        arrays = build(problem)
        before = greedy(arrays)
        search = WindowSearch(arrays, before, np.random.default_rng(seed))
        for kind in search.kinds:
            kind.size = 30.0
        report = Quiet()
        search.run(report, 0.2, threads=2)
        totals = [objective.total(arrays, rooms) for rooms in report.plans]
        assert totals == sorted(totals, reverse=True)
        for rooms in [*report.plans, search.rooms]:  # those whose windows were being solved among them
            assert check(problem, plan_of(problem, rooms)) == ()
        assert search.score == score(problem, plan_of(problem, search.rooms)).total <= objective.total(arrays, before)
    assert at_once > 3


@pytest.mark.usefixtures("in_parts")
def test_the_same_seed_gives_the_same_plan() -> None:
    for seed in range(5):
        arrays = build(draw(seed + 50, 30))
        rooms = greedy(arrays)
        assert (improved(arrays, rooms, 0.1) == improved(arrays, rooms, 0.1)).all()


def ring(n: int) -> Problem:
    """Return n rooms in a ring, stays that fit two of them each, and a last one that fits if all the others shift."""
    rooms = tuple(Room(str(r), "A") for r in range(n))
    stays = [
        Stay(f"S{k}", 0, 3, 3, "A", 1000, allowed_rooms=frozenset({str(k), str((k + 1) % n)})) for k in range(n - 1)
    ]
    stays.append(Stay("last", 0, 3, 3, "A", 1000, allowed_rooms=frozenset({"0"})))
    return Problem("ring", 3, (RoomType("A"),), rooms, tuple(stays))


@pytest.mark.usefixtures("in_parts")
def test_room_is_made_for_one_more_by_a_chain_of_moves() -> None:
    arrays = build(ring(7))
    stuck = np.array([0, 1, 2, 3, 4, 5, -1])
    assert objective.total(arrays, stuck) == 1000
    assert improved(arrays, stuck, 2.0).tolist() == [1, 2, 3, 4, 5, 6, 0]


@pytest.mark.usefixtures("in_parts")
def test_a_group_is_brought_together_behind_doors() -> None:
    rooms = tuple(Room(str(r), "A", building="H", floor=r // 4, position=r % 4) for r in range(12))
    doors = (Link("connecting", ("6", "7")), Link("connecting", ("9", "10")))
    guests = [Stay(f"G{k}", 0, 4, 4, "A", 1000, group="G") for k in range(2)]
    others = [Stay(f"S{k}", 1, 3, 2, "A", 1000) for k in range(8)]
    problem = Problem(
        "group", 4, (RoomType("A"),), rooms, (*guests, *others), links=doors, groups=(Group("G", True),),
        weights=Weights(apart=20, not_connecting=40),
    )  # fmt: skip
    arrays = build(problem)
    apart = np.array([0, 11, 6, 7, 9, 10, 1, 2, 3, 4])
    assert group_costs(arrays, apart).tolist() == [objective.groups(arrays, apart)] == [120]
    assert objective.total(arrays, improved(arrays, apart, 2.0)) == 0


@pytest.mark.usefixtures("in_parts")
def test_there_is_nothing_to_do_in_an_empty_or_a_perfect_plan() -> None:
    none = build(Problem("none", 1, (RoomType("A"),), (), (Stay("S", 0, 1, 1, "A", 5),)))
    assert improved(none, np.array([-1]), 0.1).tolist() == [-1]
    perfect = build(ring(3))
    assert improved(perfect, np.array([1, 2, 0]), 0.1).tolist() == [1, 2, 0]
