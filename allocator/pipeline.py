"""The order of work of a solve: greedy plan, prices and bound, improvement; the bound climbs while the search runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from allocator import objective
from allocator.arrays import Arrays, Ints
from allocator.bound.flow import ENOUGH, FlowBound
from allocator.classes import Classes, broader, by_room, classify
from allocator.report import Report
from allocator.search.classlevel import by_class, kinds_of, suits
from allocator.search.greedy import greedy
from allocator.search.improve import Improver
from allocator.search.relaxed import by_relaxation
from allocator.search.windows import WHOLE, improve

SLOPES_PER_EFFORT: Final = 60
BOUND_SHARE: Final = 0.35
"""Of the time of a single worker, what the bound may take."""

COARSE: Final = 0.02
"""Width in ``unit_cost`` at which the climb goes over to smaller classes (city: 33,500 after 14 s of one core)."""

FINE_PAIRS: Final = 100_000
FINE_MORE: Final = 1.1
"""(stay, class) pairs, and by how much more than of kin, up to which the smallest classes are priced from the start."""

ROOM_PAIRS: Final = 400_000
"""(stay, room) pairs up to which every room has prices of its own where there are groups, who want certain rooms."""

PAIR_S: Final = 1e-4
"""Seconds for each (stay, class) pair that a climb must have to be begun, some 1,500 slopes: it takes a core."""

PRICE_STEPS: Final = 300
"""Of the climb by class before the relaxation: one to two seconds for a night of 3,000 stays."""

WINDOWS_EFFORT: Final = 4.0
WINDOWS_SHARE: Final = 0.15
"""What windows get between classes and relaxations, and the most of the time that is left."""

CLASS_EFFORT: Final = 10.0
"""Limit of the model by class; a night of 3,000 stays takes 0.2."""


def run(arrays: Arrays, wanted: tuple[Ints, ...], prices: Mapping[str, object], report: Report) -> None:  # noqa: ARG001
    """Solve until done or out of time, telling every better plan and bound; prices are not yet taken over."""
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
    bound = FlowBound(arrays, _classes(arrays))
    report.raise_bound(bound.bound())
    improver = Improver(arrays, best, bound, report)
    limits = report.limits
    if limits.effort is not None:
        _prove(arrays, bound, report.stop, report, int(limits.effort * SLOPES_PER_EFFORT))
        report.phase("search")
        improver.guide()
        improver.run()
    elif limits.workers == 1:
        end = report.clock() + BOUND_SHARE * report.time_left
        _prove(arrays, bound, lambda: report.stop() or report.clock() > end, report)
        improver.guide()
        report.phase("search")
        improver.run()
    else:
        climb = threading.Thread(target=_prove, args=(arrays, bound, report.stop, report), daemon=True)
        climb.start()
        improver.threads = lambda: limits.workers - climb.is_alive()
        report.phase("search")
        improver.run()
        climb.join()


def _classes(arrays: Arrays) -> Classes:
    """Return the classes to begin with: the smallest where there are few pairs of them, or hardly more than of kin."""
    kin = classify(arrays)
    if kin.n == len(arrays.costs.rate):
        return kin
    fine = classify(arrays, fine=True)
    return fine if len(fine.klass) <= max(FINE_PAIRS, FINE_MORE * len(kin.klass)) else kin


def _prove(arrays: Arrays, bound: FlowBound, stop: Callable[[], bool], report: Report, steps: int = 1_000_000) -> None:
    """Climb with rooms classed by who may have them, by what they offer, and by room where holders tell them apart.

    The larger the classes, the faster the climb, and each begins where the one before it ended.
    """
    larger = broader(bound.classes)
    if larger.n < bound.classes.n:
        broad = FlowBound(arrays, larger)
        broad.prove(stop, report.raise_bound, steps // 3, ENOUGH[:1])
        bound.start_from(broad)
        steps -= broad.evaluations
        if report.limits.effort is None and PAIR_S * len(bound.classes.klass) > report.time_left:
            broad.prove(stop, report.raise_bound, steps, ENOUGH[1:])
            bound.start_from(broad)
            return
    if len(arrays.costs.rate) == bound.classes.n:
        bound.prove(stop, report.raise_bound, steps)
        _by_room(arrays, bound, stop, report, steps)
        return
    bound.prove(stop, report.raise_bound, steps // 2, ENOUGH[:1], COARSE * bound.unit)
    if stop():
        return
    fine = FlowBound(arrays, classify(arrays, fine=True))
    fine.start_from(bound)
    fine.prove(stop, report.raise_bound, steps - steps // 2)
    _by_room(arrays, fine, stop, report, steps)


def _by_room(arrays: Arrays, bound: FlowBound, stop: Callable[[], bool], report: Report, steps: int) -> None:
    """Climb on with every room a class of its own, where groups want certain rooms of a class."""
    if stop() or not bound.groups.any or int((~arrays.fixed).sum()) * arrays.n_rooms > ROOM_PAIRS:
        return
    single = FlowBound(arrays, by_room(arrays, bound.classes))
    single.start_from(bound)
    single.prove(stop, report.raise_bound, steps // 2)


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
