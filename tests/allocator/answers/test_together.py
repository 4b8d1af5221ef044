"""Several stays that ask together: everybody fits, and few move."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from allocator.answers.fit import Fits, Fitting
from allocator.check import check
from allocator.params import SolveParams
from allocator.problem import Problem, Stay
from allocator.solve import solve_here
from benchmarks.core.hotels import hotel


def without(problem: Problem, rng: Random, number: int) -> tuple[Problem, list[Stay]]:
    """Take some stays for new ones."""
    new = rng.sample([stay for stay in problem.stays if not stay.locked], number)
    return replace(problem, stays=tuple(stay for stay in problem.stays if stay not in new)), new


def test_whoever_fits_together_fits_one_after_the_other_with_few_more_moves(seed: int) -> None:
    both = 0
    for case in range(4):
        rng = Random(f"together {case} {seed}")
        whole = hotel(30, seed=case)
        problem, new = without(whole, rng, 5)
        plan = solve_here(problem, SolveParams(time_limit_s=60, deterministic_limit=0.5)).plan
        together = Fitting(problem, plan).fit(new)
        in_turn = Fitting(problem, plan).fit(new, quick=0, prove=False)  # no look at all of them at once
        for found in (together, in_turn):
            if isinstance(found, Fits):
                assert check(whole, found.plan) == ()
                moved = {s for s, r in plan.rooms.items() if r is not None and found.plan[s] != r}
                assert {change.stay for change in found.moves} == moved
                assert found.at_least <= len(found.moves)
        if isinstance(together, Fits) and isinstance(in_turn, Fits):
            both += 1
            assert together.at_least <= len(in_turn.moves)
    assert both >= 2
