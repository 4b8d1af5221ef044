"""Relaxations by room: the bound holds for every plan, the plan is allowed, and most often the two meet."""

from dataclasses import replace

import numpy as np
import pytest

from allocator import objective
from allocator.arrays import build, plan_of
from allocator.bound.flow import FlowBound
from allocator.bound.relaxation import pairs_of, relax
from allocator.check import check
from allocator.classes import classify
from allocator.cpsat.run import run
from allocator.search import relaxed
from allocator.search.classlevel import kinds_of, suits
from allocator.search.greedy import greedy
from allocator.search.need import Excess
from allocator.search.occupancy import Occupancy
from allocator.search.relaxed import by_relaxation
from allocator.search.windows import improve
from tests.allocator.cpsat.test_model import draw, everything
from tests.allocator.search.quiet import Quiet
from tests.allocator.search.test_classlevel import night, without_pairs


def solved(problem):  # type: ignore[no-untyped-def]
    """Return the arrays, the plan that relaxations give, and what they prove."""
    arrays, report = build(problem), Quiet(effort=20.0)
    kinds = kinds_of(arrays)
    assert suits(arrays)
    assert kinds is not None
    start = greedy(arrays)
    report.plan(start, objective.total(arrays, start))
    prices = FlowBound(arrays, classify(arrays))
    prices.prove(report.stop, report.raise_bound, 60)
    rooms = by_relaxation(arrays, start, kinds.of_room, prices, report)
    assert check(problem, plan_of(problem, rooms)) == ()
    assert objective.total(arrays, rooms) <= objective.total(arrays, start)
    return arrays, rooms, report.bound


def test_the_bound_holds_where_rules_are_mixed() -> None:
    for seed in range(60):
        problem = without_pairs(draw(seed, 9))
        problem = replace(problem, policy=replace(problem.policy, move_budget=None))
        arrays, rooms, bound = solved(problem)
        window = everything(arrays, greedy(arrays))
        found = run(window.model, 1, 10.0)
        assert found.values is not None
        best = arrays.held.copy()
        best[window.stays] = window.rooms(found.values)
        assert bound <= objective.total(arrays, best) <= objective.total(arrays, rooms), seed


def test_a_plan_with_a_pair_costs_its_excess_above_the_floor() -> None:
    for seed in range(40):
        problem = without_pairs(draw(seed, 9))
        arrays = build(replace(problem, policy=replace(problem.policy, move_budget=None)))
        kinds, free = kinds_of(arrays), np.flatnonzero(~arrays.fixed)
        assert kinds is not None
        stays = free[np.argsort(arrays.start[free], kind="stable")]
        some = np.arange(len(stays)) < np.random.default_rng(seed).integers(len(stays) + 1)
        near = arrays.start[stays] <= max(arrays.start[stays][some], default=-1)  # who start together, together
        excess, start = Excess(arrays), Occupancy(arrays)
        every_room = np.ones(arrays.n_rooms, np.bool_)
        pairs = pairs_of(start, stays, near, kinds.of_room, lambda _, rooms=every_room: rooms)  # type: ignore[misc]
        found = relax(start, kinds.of_room, pairs)
        assert found is not None
        excess.guide_by(found, pairs, kinds.of_room)
        window = everything(arrays, greedy(arrays))
        exact = run(window.model, 1, 10.0)
        assert exact.values is not None
        best = arrays.held.copy()
        best[window.stays] = window.rooms(exact.values)
        for rooms in (greedy(arrays), best):
            placed = free[rooms[free] >= 0]
            dear = np.array([excess.row(i)[rooms[i]] for i in placed.tolist()])
            for i in placed[np.isinf(dear)].tolist():  # left out: to place him is no cheaper than not to
                assert arrays.costs.row(i)[rooms[i]] >= arrays.penalty[i]
                assert excess.of(rooms)[i] == arrays.penalty[i]
            assert excess.floor + dear[np.isfinite(dear)].max(initial=0.0) <= objective.total(arrays, rooms) + 1e-6


def test_who_is_where_no_better_plan_has_him_is_looked_at_first() -> None:
    for seed in range(10):
        arrays = build(night(seed))
        kinds, rooms = kinds_of(arrays), greedy(arrays)
        assert kinds is not None
        free = np.flatnonzero(~arrays.fixed)
        inside = free[rooms[free] >= 0]
        odd = int(inside[seed])
        others = np.arange(arrays.n_rooms) != rooms[odd]
        every_room = np.ones(arrays.n_rooms, np.bool_)
        pairs = pairs_of(
            Occupancy(arrays),
            free,
            free >= 0,
            kinds.of_room,
            lambda i, *, o=odd, w=others, e=every_room: w if i == o else e,
        )
        found = relax(Occupancy(arrays), kinds.of_room, pairs)
        assert found is not None
        excess = Excess(arrays)
        excess.guide_by(found, pairs, kinds.of_room)
        dear = excess.of(rooms)
        assert np.isfinite(dear).all()
        assert dear[odd] == dear[free].max()
        report = Quiet(effort=1.0)
        report.plan(rooms, objective.total(arrays, rooms))
        after = improve(arrays, rooms, report, np.random.default_rng(seed), 0.3, excess)
        assert objective.total(arrays, after) <= objective.total(arrays, rooms)


@pytest.mark.parametrize(("size", "nights"), [(40, 6), (100_000, 15)])
def test_nights_are_proven_in_one_block_and_in_many(size: int, nights: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relaxed, "BLOCKS", (size, 2 * size))
    proven = 0
    for seed in range(nights):
        arrays, rooms, bound = solved(night(seed))
        assert bound <= objective.total(arrays, rooms)
        proven += bound == objective.total(arrays, rooms)
    assert proven > nights // 2, proven
