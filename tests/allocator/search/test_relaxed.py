"""Relaxations by room: the bound holds for every plan, the plan is allowed, and most often the two meet."""

from dataclasses import replace

import pytest

from allocator import objective
from allocator.arrays import build, plan_of
from allocator.bound.flow import FlowBound
from allocator.check import check
from allocator.classes import classify
from allocator.cpsat.run import run
from allocator.search import relaxed
from allocator.search.classlevel import kinds_of, suits
from allocator.search.greedy import greedy
from allocator.search.relaxed import by_relaxation
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


@pytest.mark.parametrize("size", [40, 100_000])
def test_nights_are_proven_in_one_block_and_in_many(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relaxed, "BLOCKS", (size, 2 * size))
    proven = 0
    for seed in range(15):
        arrays, rooms, bound = solved(night(seed))
        assert bound <= objective.total(arrays, rooms)
        proven += bound == objective.total(arrays, rooms)
    assert proven >= 8, proven
