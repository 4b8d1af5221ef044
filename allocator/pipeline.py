"""The order of work of a solve: bound, construct, improve, prove."""

from __future__ import annotations

from collections.abc import Mapping

from allocator.arrays import Arrays, Ints
from allocator.bound.capacity import CapacityBound
from allocator.classes import classify
from allocator.objective import total
from allocator.report import Report
from allocator.search.greedy import greedy


def run(arrays: Arrays, wanted: tuple[Ints, ...], prices: Mapping[str, object], report: Report) -> None:
    """Solve until done or out of time, telling every better plan and bound."""
    report.phase("greedy")
    for rooms in wanted:
        plan = greedy(arrays, rooms)
        report.plan(plan, total(arrays, plan))
    report.phase("prices")
    bound = CapacityBound(arrays, classify(arrays))
    bound.climb(2000, report.stop)
    report.raise_bound(bound.bound())
