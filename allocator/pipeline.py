"""The order of work of a solve: greedy plan, prices and bound, improvement; the bound climbs while the search runs."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Final

from allocator import objective
from allocator.arrays import Arrays, Ints
from allocator.bound.flow import FlowBound
from allocator.classes import classify
from allocator.report import Report
from allocator.search.greedy import greedy
from allocator.search.improve import Improver

SLOPES_PER_EFFORT: Final = 60
BOUND_SHARE: Final = 0.35
"""Of the time of a single worker, what the bound may take."""


def run(arrays: Arrays, wanted: tuple[Ints, ...], prices: Mapping[str, object], report: Report) -> None:
    """Solve until done or out of time, telling every better plan and bound."""
    report.phase("greedy")
    plans = [greedy(arrays, rooms) for rooms in wanted]
    best = min(plans, key=lambda rooms: objective.total(arrays, rooms))
    report.plan(best, objective.total(arrays, best))
    report.phase("prices")
    bound = FlowBound(arrays, classify(arrays))
    report.raise_bound(bound.bound())
    improver = Improver(arrays, best, bound, report)
    limits = report.limits
    if limits.effort is not None:
        bound.prove(report.stop, report.raise_bound, int(limits.effort * SLOPES_PER_EFFORT))
        report.phase("search")
        improver.guide()
        improver.run()
    elif limits.workers == 1:
        end = report.clock() + BOUND_SHARE * report.time_left
        bound.prove(lambda: report.stop() or report.clock() > end, report.raise_bound)
        improver.guide()
        report.phase("search")
        improver.run()
    else:
        climb = threading.Thread(target=bound.prove, args=(report.stop, report.raise_bound), daemon=True)
        climb.start()
        improver.threads = lambda: limits.workers - climb.is_alive()
        report.phase("search")
        improver.run()
        climb.join()
