"""Improve a plan by pairs of rooms: find a room for everybody, then cycle from much noise to none, ever longer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from allocator import objective
from allocator.arrays import Arrays, Ints
from allocator.report import Report
from allocator.search.occupancy import move_count
from allocator.search.pairs import PairSearch

CHUNK: Final = 6_000
"""Pairs between two looks at the clock: about 0.05 s."""

PAIRS_PER_EFFORT: Final = 60_000
"""Pairs that count as one step of deterministic effort: about a second at 16 microseconds each."""

NOISE: Final = 0.5
EASE: Final = 20.0
"""First noise, and what a night without a room costs while rooms are sought, in units of ``unit_cost``."""


class Improver:
    """The best plan found, and the search for a better one.

    Attributes
    ----------
    best, score
        The best plan so far as rooms by stay, and its score.
    """

    def __init__(self, arrays: Arrays, rooms: Ints, unit: float, report: Report) -> None:
        self.arrays, self.report, self.unit = arrays, report, unit
        self.best = rooms.copy()
        self.score = objective.total(arrays, rooms)
        limits = report.limits
        self.search = PairSearch(arrays, rooms, limits.seed, limits.workers if limits.effort is None else 1)
        self.threads: Callable[[], int] = lambda: 1
        self.done_pairs = 0
        self._move_price = 0.0

    def run(self, share: float = 1.0) -> None:
        """Use so much of the time (or effort) that is left."""
        report = self.report
        if report.limits.effort is not None:
            end = self.done_pairs + share * (report.limits.effort * PAIRS_PER_EFFORT - self.done_pairs)
        else:
            end = report.clock() + share * report.time_left
        if len(self.search.waiting):
            self._ease(0.15 * (end - self._now()))
        length = max((end - self._now()) / 12, 1.0 if report.limits.effort is None else CHUNK)
        noise = NOISE * self.unit
        while self._now() < end and not report.stop():
            left = end - self._now()
            if left < 2.2 * length:
                length = left
            self._cycle(length, noise)
            length *= 2.5
            noise = 0.7 * NOISE * self.unit
            self.search.load(self.best)

    def _now(self) -> float:
        return self.done_pairs if self.report.limits.effort is not None else self.report.clock()

    def _ease(self, length: float) -> None:
        """Look for rooms for those who have none, whatever else it costs."""
        end = self._now() + length
        while len(self.search.waiting) and self._now() < end and not self.report.stop():
            self._sweep(NOISE * self.unit, EASE * self.unit)

    def _cycle(self, length: float, noise: float) -> None:
        """Sweep while the noise shrinks to nothing."""
        begun = self._now()
        while not self.report.stop():
            part = (self._now() - begun) / max(length, 1e-9)
            if part >= 1:
                break
            self._sweep(noise * max(0.0, 1 - part / 0.95), 0.0)

    def _sweep(self, noise: float, ease: float) -> None:
        a = self.arrays
        self.search.sweep(CHUNK * self.threads(), noise, self._move_price, ease, self.threads())
        self.done_pairs += CHUNK
        value = self.search.value()
        if value >= self.score and a.budget < 0:
            return
        rooms = self.search.rows.rooms(self.best)
        if a.budget >= 0:
            over = move_count(a, rooms) > a.budget
            self._move_price = max(self.unit, 1.5 * self._move_price) if over else 0.9 * self._move_price
            if over:
                return
        value = objective.total(a, rooms)
        if value < self.score:
            self.best, self.score = rooms, value
            self.report.plan(rooms, value)
