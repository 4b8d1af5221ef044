"""The order of work of a solve: greedy plan, prices and bound, improvement; the bound climbs while the search runs."""

from __future__ import annotations

import threading
from typing import Final

import numpy as np

from allocator import objective
from allocator.arrays import Arrays, Ints
from allocator.bound.climb import Climb
from allocator.bound.flow import FlowBound
from allocator.classes import classify
from allocator.prices import Kept
from allocator.report import Report
from allocator.search.classlevel import by_class, kinds_of, suits
from allocator.search.greedy import greedy
from allocator.search.improve import Improver
from allocator.search.relaxed import by_relaxation
from allocator.search.windows import WHOLE, improve

SLOPES_PER_EFFORT: Final = 60
BOUND_SHARE: Final = 0.35
"""Of the time of a single worker, what the bound may take."""

PRICE_STEPS: Final = 300
"""Of the climb by class before the relaxation: one to two seconds for a night of 3,000 stays."""

WINDOWS_EFFORT: Final = 4.0
WINDOWS_SHARE: Final = 0.15
"""What windows get between classes and relaxations, and the most of the time that is left."""

CLASS_EFFORT: Final = 10.0
"""Limit of the model by class; a night of 3,000 stays takes 0.2."""


def run(arrays: Arrays, wanted: tuple[Ints, ...], prices: Kept | None, report: Report) -> None:
    """Solve until done or out of time, telling every better plan and bound, and at last the prices.

    Where effort is counted nothing but the problem decides: prices of an earlier solve are left aside.
    """
    report.phase("greedy")
    plans = [greedy(arrays, rooms) for rooms in wanted]
    best = min(plans, key=lambda rooms: objective.total(arrays, rooms))
    report.plan(best, objective.total(arrays, best))
    best = _by_class(arrays, best, report)
    if int((~arrays.fixed).sum()) * arrays.n_rooms <= WHOLE and not report.stop():
        report.phase("windows")  # a small problem is one window, and solved exactly
        effort = 0.5 * report.time_left if report.limits.effort is None else 1.0
        best = improve(arrays, best, report, np.random.default_rng(report.limits.seed), effort)
    if report.stop():
        return
    report.phase("prices")
    limits = report.limits
    climb = Climb(arrays, report, prices if limits.effort is None else None)
    improver = Improver(arrays, best, climb.bound, report)
    if limits.effort is not None:
        climb.prove(report.stop, int(limits.effort * SLOPES_PER_EFFORT))
        report.phase("search")
        improver.guide()
        improver.run()
    elif limits.workers == 1:
        end = report.clock() + BOUND_SHARE * report.time_left
        climb.prove(lambda: report.stop() or report.clock() > end)
        improver.guide()
        report.phase("search")
        improver.run()
    else:
        climbing = threading.Thread(target=climb.prove, args=(report.stop,), daemon=True)
        climbing.start()
        improver.threads = lambda: limits.workers - climbing.is_alive()
        report.phase("search")
        improver.run()
        climbing.join()
    report.prices(climb.kept())


def _by_class(arrays: Arrays, best: Ints, report: Report) -> Ints:
    """Return the best of a plan and those that classes and relaxations give, if the problem is of that sort."""
    if not suits(arrays) or report.stop():
        return best
    report.phase("classes")
    limit = report.limits.effort
    kinds = kinds_of(arrays)
    if kinds is not None:
        rooms = by_class(arrays, kinds, report, CLASS_EFFORT if limit is None else min(CLASS_EFFORT, limit / 3))
        if rooms is not None and objective.total(arrays, rooms) < objective.total(arrays, best):
            best = rooms
    if report.stop():
        return best
    report.phase("windows")
    rng = np.random.default_rng(report.limits.seed)
    effort = WINDOWS_SHARE * (report.time_left if limit is None else limit)
    best = improve(arrays, best, report, rng, min(WINDOWS_EFFORT, effort), threads=report.limits.threads)
    if kinds is not None and arrays.budget < 0 and not report.stop():
        report.phase("relaxation")
        prices = FlowBound(arrays, classify(arrays))
        prices.prove(report.stop, report.raise_bound, PRICE_STEPS)
        best = by_relaxation(arrays, best, kinds.of_room, prices, report)
    return best
