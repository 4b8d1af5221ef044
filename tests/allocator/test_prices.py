"""Prices kept for the next solve: they come back as they were, help at once, and can do no harm."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from random import Random

import pytest

from allocator.arrays import build
from allocator.bound.climb import Climb
from allocator.params import SolveParams
from allocator.prices import moved_on, named, numbered
from allocator.problem import Problem
from allocator.report import Limits
from allocator.solve import solve_here
from allocator.warm import Deaf
from benchmarks.core.hotels import hotel
from tests.allocator.brute import best_plan
from tests.allocator.problems import random_problem


def climbing(problem: Problem, kept: object = None) -> Climb:
    """Return a climb of a problem, at the prices of a document if there is one."""
    prices = numbered(kept, problem) if isinstance(kept, dict) else None
    report = Deaf(Limits(deadline=time.monotonic() + 3600, workers=1, seed=1, gap=0.0, effort=1.0))
    return Climb(build(problem), report, prices)


def climbed(problem: Problem, steps: int = 200) -> tuple[int, dict[str, object]]:
    """Return the bound of a climb, and its prices as they are stored."""
    climb = climbing(problem)
    climb.prove(lambda: False, steps)
    return climb.best.bound(), json.loads(json.dumps(named(climb.kept(), problem)))


def tomorrow(problem: Problem) -> Problem:
    """Return what is left of a hotel's problem a day later; rooms in another order."""
    stays = tuple(replace(s, start=s.start - 1, end=s.end - 1) for s in problem.stays if s.end > 1)
    closures = tuple(replace(c, start=c.start - 1, end=c.end - 1) for c in problem.closures if c.end > 1)
    return replace(problem, stays=stays, closures=closures, rooms=problem.rooms[::-1])


def test_the_next_night_begins_where_the_last_one_ended() -> None:
    problem = hotel(40, seed=1)
    bound, kept = climbed(problem)
    assert bound > 0
    assert climbing(problem, kept).bound.bound() >= 0.98 * bound  # they are rounded
    changed = tomorrow(problem)
    least, _ = climbed(changed)
    cold = climbing(changed).bound.bound()
    warm = climbing(changed, moved_on(kept, 1))
    assert warm.warm
    assert warm.bound.bound() > cold + 0.8 * (least - cold)
    assert climbing(changed, kept).bound.bound() < warm.bound.bound()  # not moved on: prices of the wrong day


@pytest.mark.parametrize("case", range(60))
def test_the_bound_holds_at_the_prices_of_another_hotel(case: int, seed: int) -> None:
    rng = Random(f"kept {case} {seed}")
    problem, other = random_problem(rng), random_problem(rng, minutes=rng.random() < 0.3)
    best = best_plan(problem)
    _, kept = climbed(other, 40)
    climb = climbing(problem, {**kept, "slots_per_night": problem.slots_per_night})
    climb.prove(lambda: False, 40)
    assert best is None or climb.best.bound() <= best[1]


def test_prices_in_another_form_are_left_aside() -> None:
    problem = hotel(20, seed=1)
    _, kept = climbed(problem, 20)
    assert numbered(kept, problem) is not None
    assert numbered({**kept, "form": 0}, problem) is None
    assert numbered({}, problem) is None
    assert numbered(kept, replace(problem, slots_per_night=24)) is None


def test_a_solve_leaves_prices_and_takes_them() -> None:
    problem = hotel(20, seed=2)
    first = solve_here(problem, SolveParams(time_limit_s=1.5))
    assert first.prices["form"] == 1
    again = solve_here(problem, SolveParams(time_limit_s=1.0), prices=first.prices, incumbent=first.plan)
    assert again.score.total <= first.score.total


def test_where_effort_is_counted_nothing_but_the_problem_decides() -> None:
    problem = hotel(20, seed=3)
    params = SolveParams(time_limit_s=60, deterministic_limit=0.5)
    one = solve_here(problem, params)
    two = solve_here(problem, params, prices=one.prices)
    assert one.prices
    assert (one.plan, one.score, one.bound) == (two.plan, two.score, two.bound)
