"""The count of what can still be sold equals brute force."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from allocator.answers.fit import DoesNotFit
from allocator.answers.sellable import sellable
from allocator.check import check
from allocator.plan import Plan
from tests.allocator.answers.plans import fewest_moves, newcomer, tight_case


@pytest.mark.parametrize("cases", [25, pytest.param(500, marks=pytest.mark.faults)])
def test_count_equals_brute_force(seed: int, cases: int) -> None:
    rng = Random(f"sellable {seed}")
    counts = set()
    for _ in range(cases):
        problem, plan, name = tight_case(rng)
        problem, sample = newcomer(problem, name)
        sample = replace(sample, end=sample.start + max(1, (sample.end - sample.start) // 2))
        plan = Plan({s: r for s, r in plan.rooms.items() if s != name})
        found = sellable(problem, plan, sample)
        assert found.exact
        assert isinstance(found.next, DoesNotFit)
        counts.add(found.count)
        several = problem
        for n in range(found.count + 1):
            if n:
                several = replace(several, stays=(*several.stays, replace(sample, id=f"{name}#{n}")))
            if n == found.count:
                assert check(several, found.plan) == ()
                assert all(found.plan[s] is not None for s, r in plan.rooms.items() if r is not None)
                assert all(found.plan[f"{name}#{k}"] for k in range(1, n + 1))
        more = replace(several, stays=(*several.stays, replace(sample, id="more")))
        assert fewest_moves(more, Plan({**found.plan.rooms, "more": None}), {"more"}) is None
    assert len(counts) > 2


def test_counting_stops_where_asked() -> None:
    problem, plan, name = tight_case(Random(3))
    problem, sample = newcomer(problem, name)
    plan = Plan({s: r for s, r in plan.rooms.items() if s != name})
    found = sellable(problem, plan, replace(sample, start=90_000, end=90_002), most=1)
    assert (found.count, found.exact, found.next) == (1, False, None)
