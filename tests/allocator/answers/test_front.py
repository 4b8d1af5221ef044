"""The points of a front: valid plans, none dominated, and on small problems none that any plan at all dominates."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from random import Random

import pytest

from allocator.answers.front import EMPHASES, Emphasis, emphasised, front, undominated
from allocator.answers.frontchild import front_apart
from allocator.check import check
from allocator.errors import SolverBug
from allocator.params import SolveParams
from allocator.plan import Plan
from allocator.problem import Policy, Problem, Weights
from allocator.result import Score
from allocator.score import score
from allocator.solve import solve_here
from allocator.validate import LARGEST
from tests.allocator.answers.plans import valid_plan
from tests.allocator.brute import valid_rooms
from tests.allocator.problems import random_problem

EXACT = SolveParams(deterministic_limit=3.0, time_limit_s=60.0)


def three_terms_only(rng: Random) -> tuple[Problem, Plan]:
    """Return a problem in which only moves, gaps, wishes and stays without a room cost anything, and a plan."""
    while True:
        problem = random_problem(rng, rooms=3, stays=5, slots=5)
        if min(len(problem.stays), 2 * len(problem.rooms)) < 4:
            continue
        problem = replace(
            problem,
            stays=tuple(replace(s, room_costs={}, move_penalty=9, unplaced_penalty=1000) for s in problem.stays),
            rooms=tuple(replace(room, use_cost=0) for room in problem.rooms),
            weights=Weights(gap=(12, 5)),
            policy=Policy(),
        )
        plan = valid_plan(rng, problem)
        if plan is not None:
            stays = tuple(replace(stay, room=plan[stay.id]) for stay in problem.stays)
            return replace(problem, stays=stays), plan


def axes(problem: Problem, plan: Plan) -> tuple[int, ...]:
    terms = score(problem, plan).terms
    moved = sum(stay.room is not None and plan[stay.id] != stay.room for stay in problem.stays)
    return terms.get("unplaced", 0), moved, terms.get("gap", 0), terms.get("wish", 0)


def test_no_plan_at_all_dominates_a_point(seed: int) -> None:
    rng = Random(f"front {seed}")
    several = 0
    while several < 4:
        problem, plan = three_terms_only(rng)
        found = front(problem, plan, time_limit_s=600.0, params=EXACT, solver=solve_here)
        choices = [[*valid_rooms(problem, s), *([] if s.locked else [None])] for s in problem.stays]
        every = (Plan(dict(zip((s.id for s in problem.stays), rooms, strict=True))) for rooms in product(*choices))
        true = {axes(problem, p) for p in every if not check(problem, p)}
        least = min(unplaced for unplaced, *_ in true)
        for point in found.points:
            assert check(problem, point.plan) == ()
            assert point.score == score(problem, point.plan)
            mine = axes(problem, point.plan)
            assert mine == (least, *point.axes)
            released = any(change.after is None for change in point.moved)  # a move that no price is asked for
            if point.emphasis is not None and not released:
                assert not any(all(a <= b for a, b in zip(t, mine, strict=True)) and t != mine for t in true)
        assert len({p.axes for p in found.points}) == len(found.points)
        several += len(found.points) > 1


def test_the_best_by_every_price_is_among_them(seed: int) -> None:
    rng = Random(f"prices {seed}")
    problem, plan = three_terms_only(rng)
    found = front(problem, plan, points=99, time_limit_s=600.0, params=EXACT, solver=solve_here)
    assert found.tried == 1 + len(EMPHASES)
    for emphasis in EMPHASES:
        priced = emphasised(problem, emphasis)
        best = solve_here(priced, EXACT).score.total
        assert min(score(priced, point.plan).total for point in found.points) == best


def test_dominated_points_are_left_out(seed: int) -> None:
    rng = Random(f"dominated {seed}")
    problem, plan = three_terms_only(rng)
    found = front(problem, plan, points=99, time_limit_s=600.0, params=EXACT, solver=solve_here)
    assert undominated([*found.points, *found.points]) == found.points
    first = found.points[0]
    for term in ("unplaced", "gap", "wish"):
        terms = {**first.score.terms, term: first.score.terms.get(term, 0) + 1}
        worse = replace(first, score=Score(terms))
        assert worse not in undominated([worse, *found.points])


def test_the_largest_prices_stay_valid() -> None:
    rng = Random(1)
    problem, _ = three_terms_only(rng)
    dear = replace(problem, stays=tuple(replace(s, unplaced_penalty=LARGEST) for s in problem.stays))
    assert all(s.unplaced_penalty == LARGEST for s in emphasised(dear, Emphasis(16, 16, 16)).stays)


def test_a_process_of_its_own_answers_too(seed: int) -> None:
    problem, plan = three_terms_only(Random(f"apart {seed}"))
    found = front_apart(problem, plan, points=3, time_limit_s=60.0)
    assert 2 <= found.tried <= 1 + len(EMPHASES)
    assert undominated(found.points) == found.points
    for point in found.points:
        assert check(problem, point.plan) == ()
        assert point.score == score(problem, point.plan)


def test_a_process_that_fails_says_why() -> None:
    problem, plan = three_terms_only(Random(1))
    with pytest.raises(SolverBug, match="failed"):
        front_apart(problem, Plan({**plan.rooms, next(iter(plan)): "nowhere"}), time_limit_s=5.0)
