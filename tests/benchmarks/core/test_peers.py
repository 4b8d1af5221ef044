"""The peers play by the same rules: the plain model has the optimum of brute force, the simple ones an allowed plan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest

from allocator.arrays import Ints, build, plan_of
from allocator.check import check
from allocator.problem import Problem
from allocator.score import score
from benchmarks.core.peers import exact, simple
from benchmarks.core.peers.offers import Offers
from tests.allocator.brute import best_plan
from tests.allocator.problems import random_problem


class Kept(Offers):
    """Keeps the last plan."""

    rooms: Ints

    def offer(self, rooms: Ints) -> None:
        """Keep it."""
        self.rooms = rooms.copy()


def without_groups(seed: int) -> Problem:
    problem = random_problem(Random(seed), minutes=seed % 3 == 0)
    stays = tuple(replace(stay, group=None) for stay in problem.stays)
    return replace(problem, stays=stays, groups=())


@pytest.mark.parametrize("solver", [exact.no_overlap, exact.cliques, exact.highs])
def test_the_plain_model_has_the_optimum(solver) -> None:  # type: ignore[no-untyped-def]
    compared = 0
    for seed in range(60):
        problem = without_groups(seed)
        best = best_plan(problem)
        if best is None:
            continue
        offers = Kept(problem, 1e9, 1)
        solver(build(problem), offers)
        plan = plan_of(problem, offers.rooms)
        assert check(problem, plan) == (), seed
        assert score(problem, plan).total == best[1], seed
        compared += 1
    assert compared > 40


def test_the_simple_ones_keep_every_rule(tmp_path: Path) -> None:
    for seed in range(60):
        problem = random_problem(Random(seed))
        arrays = build(problem)
        if arrays.budget >= 0:
            continue  # they move whom they must
        for peer in (simple.first_fit, simple.best_fit):
            offers = Offers(problem, 10.0, 1)
            peer(arrays, offers)
            assert offers.write(tmp_path / "result.json")
            kept = Kept(problem, 10.0, 1)
            peer(arrays, kept)
            assert check(problem, plan_of(problem, kept.rooms)) == (), seed
            assert np.array_equal(kept.rooms[arrays.fixed], arrays.held[arrays.fixed])
