"""What has to hold for any problem: the best plan by every term, an answer to any extreme, no corruption unseen.

Each runs with a few problems in every run, and as a campaign, among the fault tests or by ``--large``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest

from allocator.check import CHECKS, check
from allocator.errors import Fault, InvalidProblem
from allocator.flexible.check import check as check_flexible
from allocator.flexible.score import score as score_flexible
from allocator.flexible.serialize import from_json
from allocator.flexible.solve import solve as solve_flexible
from allocator.params import SolveParams
from allocator.problem import Problem, Weights
from allocator.rules import TERMS
from allocator.score import score
from allocator.serialize import problem_from_json
from allocator.solve import solve_here
from tests.allocator.answers.plans import valid_plan
from tests.allocator.brute import best_plan
from tests.allocator.corrupt import corruptions
from tests.allocator.extremes import EXTREMES, poisoned
from tests.allocator.problems import random_problem

EFFORT = SolveParams(time_limit_s=60, deterministic_limit=0.1)


def some_or(few: int, many: int, mark: pytest.MarkDecorator) -> pytest.MarkDecorator:
    """Ask for a few cases in every run, and for many in campaigns."""
    return pytest.mark.parametrize("cases", [few, pytest.param(many, marks=mark)])


def with_terms(problem: Problem, *terms: str) -> Problem:
    """Return the problem in which only some terms cost anything, beside ``unplaced``."""
    had = problem.weights
    weights = Weights(
        upgrade=(had.upgrade or 10) if "upgrade" in terms else 0,
        apart=(had.apart or 3) if "apart" in terms else 0,
        gap=(had.gap or (12, 5)) if "gap" in terms else (),
        not_connecting=(had.not_connecting or 7) if "not_connecting" in terms else 0,
    )
    stays = tuple(
        replace(
            s,
            wishes=s.wishes if "wish" in terms else (),
            room_costs=s.room_costs if "room_cost" in terms else {},
            move_penalty=s.move_penalty if "move" in terms else 0,
        )
        for s in problem.stays
    )
    rooms = tuple(replace(r, use_cost=r.use_cost if "wear" in terms else 0) for r in problem.rooms)
    return replace(problem, weights=weights, stays=stays, rooms=rooms)


@some_or(2, 100, pytest.mark.faults)
@pytest.mark.parametrize(
    "terms", [*((name,) for name in TERMS), tuple(TERMS)], ids=lambda t: t[0] if len(t) == 1 else "all"
)
def test_the_best_plan_by_each_term_alone_and_by_all(terms: tuple[str, ...], seed: int, cases: int) -> None:
    rng = Random(f"terms {terms} {seed}")
    for _ in range(cases):
        problem = with_terms(random_problem(rng, minutes=rng.random() < 0.3), *terms)
        best = best_plan(problem)
        if best is None:
            with pytest.raises(InvalidProblem, match="move"):
                solve_here(problem, EFFORT)
            continue
        result = solve_here(problem, EFFORT)
        assert check(problem, result.plan) == ()
        assert result.score == score(problem, result.plan)
        assert result.bound <= best[1] == result.score.total
        assert set(result.score.terms) <= {*terms, "unplaced"}


@some_or(40, 2_000, pytest.mark.faults)
def test_any_extreme_ends_in_a_plan_or_a_named_fault(seed: int, cases: int) -> None:
    rng = Random(f"extreme {seed}")
    seen: Counter[str] = Counter()
    for case in range(cases):
        kind = EXTREMES[case // 2 % len(EXTREMES)] if case % 2 else None
        name = "poisoned" if kind is None else kind.__name__
        if kind is None:
            faults = faults_of(lambda: document_is_answered(poisoned(rng)))
        else:
            faults = faults_of(lambda kind=kind: plan_is_sound(kind(rng)))
        assert faults is None or (faults and all(fault.where and fault.message for fault in faults))
        seen[f"{name}: {'plan' if faults is None else 'fault'}"] += 1
    assert {"poisoned: fault", "overbooked: plan"} <= seen.keys(), seen


def faults_of(answer: Callable[[], None]) -> tuple[Fault, ...] | None:
    """Return the faults that a problem is refused for, None if it is answered."""
    try:
        answer()
    except InvalidProblem as error:
        return error.faults
    return None


def plan_is_sound(problem: Problem) -> None:
    """Solve a problem, and hold the result against the specification."""
    result = solve_here(problem, EFFORT)
    assert check(problem, result.plan) == ()
    assert result.score == score(problem, result.plan)
    assert result.bound <= result.score.total


def document_is_answered(document: object) -> None:
    """Read a document of either version, and solve it if it can be read."""
    if not isinstance(document, dict) or document.get("schema_version") != 2:
        plan_is_sound(problem_from_json(document))
        return
    problem = from_json(document)
    result = solve_flexible(problem, EFFORT, solver=solve_here)
    assert check_flexible(problem, result.plan) == ()
    assert result.score == score_flexible(problem, result.plan)
    assert result.bound <= result.score.total


@some_or(100, 1_000, pytest.mark.faults)
def test_every_single_corruption_is_refused(seed: int, cases: int) -> None:
    rng = Random(f"corruption {seed}")
    seen: Counter[str] = Counter()
    while seen.total() < cases or CHECKS.keys() - seen.keys():
        problem = random_problem(rng, minutes=rng.random() < 0.3)
        plan = valid_plan(rng, problem)
        if plan is None:
            continue
        for rule, bad in corruptions(rng, problem, plan):
            seen[rule] += 1
            assert rule in {violation.rule for violation in check(problem, bad)}, (rule, plan, bad)


@some_or(3, 100, pytest.mark.large)
def test_a_run_replays(seed: int, cases: int) -> None:
    rng = Random(f"replay {seed}")
    for _ in range(cases):
        problem = random_problem(rng, rooms=12, stays=60, slots=20)
        if problem.policy.move_budget is not None:
            problem = replace(problem, policy=replace(problem.policy, move_budget=None))
        params = replace(EFFORT, seed=rng.randrange(100))
        one, two = solve_here(problem, params), solve_here(problem, params)
        assert (one.plan, one.score, one.bound) == (two.plan, two.score, two.bound)
