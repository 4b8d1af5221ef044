"""Small problems of every kind against brute force: the optimum is found, the bound holds, the rules are kept."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from allocator import objective
from allocator.arrays import build, plan_of, rooms_of
from allocator.bound.flow import FlowBound
from allocator.check import check
from allocator.classes import broader, classify
from allocator.errors import InvalidProblem
from allocator.params import SolveParams
from allocator.problem import Problem
from allocator.score import score
from allocator.search.greedy import greedy
from allocator.solve import solve_here
from tests.allocator.brute import best_plan
from tests.allocator.problems import random_problem


def small_problem(seed: int) -> Problem:
    rng = Random(seed)
    return random_problem(rng, minutes=rng.random() < 0.3)


EFFORT = SolveParams(time_limit_s=60, deterministic_limit=0.4)


@pytest.mark.parametrize("seed", range(60))
def test_between_bound_and_greedy(seed: int) -> None:
    problem = small_problem(seed)
    best = best_plan(problem)
    if best is None:
        with pytest.raises(InvalidProblem, match="move"):
            solve_here(problem, EFFORT)
        return
    result = solve_here(problem, EFFORT)
    assert check(problem, result.plan) == ()
    assert result.score == score(problem, result.plan)
    assert result.bound <= best[1] == result.score.total
    assert result.score.total <= score(problem, plan_of(problem, greedy(build(problem)))).total
    assert (result.status == "OPTIMAL") == (result.bound == result.score.total)


@pytest.mark.parametrize("seed", range(200))
def test_bound_holds_at_any_prices(seed: int) -> None:
    problem = small_problem(seed)
    arrays = build(problem)
    bound = FlowBound(arrays, classify(arrays))
    broad = FlowBound(arrays, broader(bound.classes))
    best = best_plan(problem)
    assert best is None or bound.bound() <= best[1]
    broad.prove(lambda: False, lambda _: None, 60)
    assert best is None or broad.bound() <= best[1]
    bound.start_from(broad)
    assert bound.bound() >= broad.bound()
    bound.prove(lambda: False, lambda _: None, 150)
    fine = FlowBound(arrays, classify(arrays, fine=True))
    fine.start_from(bound)
    assert fine.bound() >= bound.bound()
    fine.prove(lambda: False, lambda _: None, 60)
    assert best is None or fine.bound() <= best[1]
    assert best is None or bound.bound() <= best[1]


@pytest.mark.parametrize("seed", range(200))
def test_arrays_price_a_plan_as_the_score_does(seed: int) -> None:
    problem = small_problem(seed)
    arrays = build(problem)
    rng = Random(seed)
    rooms = np.array([rng.choice([*np.flatnonzero(arrays.costs.row(i) >= 0), -1]) for i in range(arrays.n_stays)], int)
    rooms[arrays.fixed] = arrays.held[arrays.fixed]
    plan = plan_of(problem, rooms)
    assert objective.total(arrays, rooms) == score(problem, plan).total
    assert objective.total(arrays, rooms) % arrays.lattice == 0
    assert rooms_of(problem, plan).tolist() == rooms.tolist()


@pytest.mark.parametrize("seed", range(100))
def test_factored_and_expanded_costs_agree(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = small_problem(seed)
    small = build(problem)
    monkeypatch.setattr("allocator.arrays.EXPAND_LIMIT", -1)
    large = build(problem)
    for i in np.flatnonzero(~small.fixed):
        assert small.costs.row(int(i)).tolist() == large.costs.row(int(i)).tolist()


@pytest.mark.parametrize("seed", range(100))
def test_cliques_overlap_as_periods_do(seed: int) -> None:
    arrays = build(small_problem(seed))
    for i in range(arrays.n_stays):
        for j in range(arrays.n_stays):
            periods = arrays.start[i] < arrays.end[j] and arrays.start[j] < arrays.end[i]
            assert periods == (arrays.first[i] < arrays.last[j] and arrays.first[j] < arrays.last[i])
