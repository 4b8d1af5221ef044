"""Timefold's model says what the exchange format says: its plans are allowed, and cost what it claims."""

from __future__ import annotations

from random import Random

import pytest

from allocator.arrays import build, plan_of
from allocator.check import check
from allocator.score import score
from benchmarks.core.peers.timefold.environment import missing
from tests.allocator.brute import best_plan
from tests.allocator.problems import random_problem

pytestmark = pytest.mark.faults  # not for a fault: it starts a virtual machine, and solves for seconds


def test_its_plans_are_allowed_cost_what_it_says_and_are_mostly_the_best() -> None:
    reason = missing()
    if reason is not None:
        pytest.skip(reason)
    from benchmarks.core.peers.timefold.peer import Model

    solved = optimal = 0
    with Model(2) as model:
        for seed in range(50):
            problem = random_problem(Random(seed), minutes=seed % 3 == 0)
            best = best_plan(problem)
            plans = [(claimed, plan_of(problem, rooms)) for claimed, rooms in model.plans(build(problem), 0.2)]
            for claimed, plan in plans:
                assert check(problem, plan) == (), seed
                assert score(problem, plan).total == claimed, seed
            assert best is not None or not plans, seed
            if best is not None and plans:
                solved += 1
                optimal += plans[-1][0] == best[1]
    assert solved > 35
    assert optimal > 0.8 * solved
