"""The climb of a problem's prices: classes of rooms from the largest to the smallest, each from where the last ended.

It may begin at the prices of an earlier solve; those of the end are kept for the next one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from allocator.arrays import Arrays
from allocator.bound.flow import ENOUGH, WIDEST, FlowBound
from allocator.classes import Classes, broader, by_room, classify
from allocator.prices import Kept
from allocator.report import Report

COARSE: Final = 0.02
"""Width in ``unit_cost`` at which the climb goes over to smaller classes (city: 33,500 after 14 s of one core)."""

FINE_PAIRS: Final = 100_000
FINE_MORE: Final = 1.1
"""(stay, class) pairs, and by how much more than of kin, up to which the smallest classes are priced from the start."""

ROOM_PAIRS: Final = 400_000
"""(stay, room) pairs up to which every room has prices of its own where there are groups, who want certain rooms."""

PAIR_S: Final = 1e-4
"""Seconds for each (stay, class) pair that a climb must have to be begun, some 1,500 slopes: it takes a core."""

WARM: Final = 0.25
"""Of the first width, where a climb begins at the prices of an earlier one."""

STEPS: Final = 1_000_000
"""Slopes: more than there is ever time for."""


class Climb:
    """The climb of one problem.

    Attributes
    ----------
    bound
        That of the classes it begins with, which lead the search.
    best
        That of the smallest classes so far, which is the highest.
    warm
        Whether it begins at the prices of an earlier solve.
    """

    def __init__(self, arrays: Arrays, report: Report, kept: Kept | None = None) -> None:
        self.arrays, self.report = arrays, report
        self.bound = self.best = FlowBound(arrays, _classes(arrays))
        self.warm = kept is not None and take(self.bound, kept)
        self._widest = WARM * WIDEST if self.warm else WIDEST
        report.raise_bound(self.bound.bound())

    def prove(self, stop: Callable[[], bool], steps: int = STEPS) -> None:
        """Climb with rooms classed by who may have them, by what they offer, by room where groups want certain ones."""
        a, bound, report = self.arrays, self.bound, self.report
        larger = broader(bound.classes)
        if larger.n < bound.classes.n and not self.warm:
            broad = FlowBound(a, larger)
            broad.prove(stop, report.raise_bound, steps // 3, ENOUGH[:1])
            bound.start_from(broad)
            steps -= broad.evaluations
            if report.limits.effort is None and PAIR_S * len(bound.classes.klass) > report.time_left:
                broad.prove(stop, report.raise_bound, steps, ENOUGH[1:])
                bound.start_from(broad)
                return
        if len(a.costs.rate) == bound.classes.n:
            bound.prove(stop, report.raise_bound, steps, widest=self._widest)
        else:
            bound.prove(stop, report.raise_bound, steps // 2, ENOUGH[:1], COARSE * bound.unit, self._widest)
            if stop():
                return
            steps -= steps // 2
            self._go_on(classify(a, fine=True), stop, steps)
        if not stop() and self.best.groups.any and int((~a.fixed).sum()) * a.n_rooms <= ROOM_PAIRS:
            self._go_on(by_room(a, self.best.classes), stop, steps // 2)

    def _go_on(self, classes: Classes, stop: Callable[[], bool], steps: int) -> None:
        """Climb with smaller classes."""
        smaller = FlowBound(self.arrays, classes)
        smaller.start_from(self.best)
        self.best = smaller
        smaller.prove(stop, self.report.raise_bound, steps, widest=self._widest)

    def kept(self) -> Kept:
        """Return the best prices so far."""
        best = self.best
        return Kept(best.time, best.classes.of_room, best.leave.T, best.unused)


def take(bound: FlowBound, kept: Kept) -> bool:
    """Begin at kept prices, each class at those of one of its rooms; tell whether they are better than none.

    Whoever left before slot 0 may be none of this problem's stays, so a room that they left counts as never used.
    """
    row = np.full(bound.classes.n, -1, np.int64)
    known = np.flatnonzero(kept.of_room >= 0)
    row[bound.classes.of_room[known]] = kept.of_room[known]
    past = kept.leave[:, kept.time <= 0].min(axis=1, initial=np.inf)
    leave, unused, vacated = np.zeros_like(bound.leave), np.zeros_like(bound.unused), np.zeros_like(bound.unused)
    for klass in np.flatnonzero(row >= 0).tolist():
        leave[:, klass] = np.interp(bound.time, kept.time, kept.leave[row[klass]])
        unused[klass] = kept.unused[row[klass]]
        vacated[klass] = min(unused[klass], past[row[klass]])
    before = bound.value
    bound.begin_at(leave, unused)
    bound.begin_at(leave, vacated)
    return bound.value > before


def _classes(arrays: Arrays) -> Classes:
    """Return the classes to begin with: the smallest where there are few pairs of them, or hardly more than of kin."""
    kin = classify(arrays)
    if kin.n == len(arrays.costs.rate):
        return kin
    fine = classify(arrays, fine=True)
    return fine if len(fine.klass) <= max(FINE_PAIRS, FINE_MORE * len(kin.klass)) else kin
