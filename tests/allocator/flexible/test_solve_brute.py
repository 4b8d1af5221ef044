"""Small flexible problems against brute force: valid, split only where it must be, between bound and optimum."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from allocator.errors import InvalidProblem
from allocator.flexible.check import check
from allocator.flexible.problem import FlexiblePlan, FlexibleProblem
from allocator.flexible.score import score
from allocator.flexible.solve import solve
from allocator.params import SolveParams
from allocator.solve import solve_here
from tests.allocator.flexible.problems import (
    Oracle,
    flexible_problem,
    oracle,
    placed_in,
    plans,
    scattered_problem,
    size,
)

EFFORT = SolveParams(time_limit_s=60, deterministic_limit=0.2)
LARGEST = 10_000
"""Plans that are tried."""


def small(rng: Random) -> FlexibleProblem:
    """Return a problem whose plans can all be tried."""
    while True:
        problem = scattered_problem(rng) if rng.random() < 0.6 else flexible_problem(rng)
        if size(problem) <= LARGEST:
            return problem


@pytest.mark.parametrize("cases", [8, pytest.param(400, marks=pytest.mark.large)])
@pytest.mark.parametrize("exactly", [True, False])
def test_between_bound_and_optimum(seed: int, cases: int, exactly: bool, capsys: pytest.CaptureFixture[str]) -> None:
    rng = Random(f"flexible {seed}")
    seen: Counter[str] = Counter()
    while seen["solved"] < cases or not seen["split"] or not seen["movable"]:
        problem = small(rng)
        known = oracle(problem)
        if known.least is None:
            seen["impossible"] += 1
            with pytest.raises(InvalidProblem, match="move"):
                solve(problem, EFFORT, exactly=exactly, solver=solve_here)
            continue
        result = solve(problem, EFFORT, exactly=exactly, solver=solve_here)
        assert check(problem, result.plan) == ()
        assert result.score == score(problem, result.plan)
        assert result.bound <= known.least <= result.score.total
        assert splits_only_where_it_must(problem, result.plan, known, strictly=exactly)
        seen["solved"] += 1
        seen["equal"] += result.score.total == known.least
        seen["proven"] += result.status == "OPTIMAL"
        seen["split"] += bool(result.plan.split)
        seen["movable"] += bool(problem.movable)
    with capsys.disabled():
        print(f" {'exactly' if exactly else 'in steps'}: {dict(seen)}", end="")
    assert seen["equal"] >= 0.6 * seen["solved"]


def splits_only_where_it_must(problem: FlexibleProblem, plan: FlexiblePlan, known: Oracle, *, strictly: bool) -> bool:
    """Tell whether nobody can change less; not strictly, whether nobody split could be whole, other things equal.

    Other things are the times of closures, and where the other split stays are cut; whoever is placed stays placed.
    """
    if strictly or not plan.split:
        return plan.changes == known.must_change(placed_in(plan)) or not strictly
    placed, cuts = placed_in(plan), cuts_of(plan)
    for other in plans(problem):
        if other.starts == plan.starts and placed_in(other) >= placed:
            theirs = cuts_of(other)
            joined = [stay for stay in plan.split if len(theirs[stay]) == 1]
            if len(joined) == 1 and all(theirs[s] == cuts[s] for s in placed if s not in joined):
                return False
    return True


def cuts_of(plan: FlexiblePlan) -> dict[str, tuple[int, ...]]:
    """Return the nights of the parts of each stay."""
    return {stay: tuple(part.nights for part in parts) for stay, parts in plan.parts.items()}
