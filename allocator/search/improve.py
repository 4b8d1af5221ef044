"""Improve a plan by pairs of rooms: find a room for everybody, then cycle from much noise to none, ever longer."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Final

import numpy as np

from allocator import objective
from allocator.arrays import NOWHERE, SAME, Arrays, Ints
from allocator.bound.flow import FlowBound
from allocator.report import Report
from allocator.search import windows
from allocator.search.anneal import Annealer
from allocator.search.need import Excess
from allocator.search.occupancy import move_count
from allocator.search.pairs import PairSearch

CHUNK: Final = 6_000
"""Least pairs between two looks at the clock and the plan, about 0.05 s; half as many as stays where those are more."""

GUIDE_EVERY: Final = 20 * CHUNK
"""Pairs after which newer prices are asked for."""

PAIRS_PER_EFFORT: Final = 60_000
"""Pairs that count as one step of deterministic effort: about a second at 16 microseconds each."""

STEPS: Final = 100_000
"""Steps of annealing between two looks at the clock."""

NOISE: Final = 1.0
EASE: Final = 15.0
EASE_SHARE: Final = 0.4
"""First noise, what a night without a room costs while rooms are sought (in ``unit_cost``), and the time for that."""

WINDOWS_SHARE: Final = 0.3
DORMS_SHARE: Final = 0.85
"""Of each cycle but the first, what windows get where pairs cannot see all, and where company must be of one gender."""

HOT: Final = 2.0
COLD: Final = 0.03
"""First and last temperature, in units of ``unit_cost``."""


def _has_dorms(arrays: Arrays) -> bool:
    return bool(((arrays.beds > 1) | (arrays.policy == SAME)).any())


class Improver:
    """The best plan found, and the search for a better one.

    Attributes
    ----------
    best, score
        The best plan so far as rooms by stay, and its score.
    """

    def __init__(self, arrays: Arrays, rooms: Ints, bound: FlowBound, report: Report) -> None:
        self.arrays, self.report, self.bound, self.unit = arrays, report, bound, bound.unit
        self.best = rooms.copy()
        self.score = objective.total(arrays, rooms)
        limits = report.limits
        self.search = PairSearch(arrays, rooms, limits.seed, limits.threads)
        private = arrays.beds[self.search.rows.room] == 1
        self.search.beds = self.search.beds[private]
        self.annealer: Annealer | None = Annealer(arrays, limits.seed) if _has_dorms(arrays) else None
        if self.annealer is not None:
            self.annealer.load(rooms)
        self.threads: Callable[[], int] = lambda: 1
        self.done_pairs = self._guided_at = 0
        self._guided_by = -inf
        self._chunk = max(CHUNK, arrays.n_stays // 2)
        self._move_price = 0.0
        self._windowed: windows.WindowSearch | None = None

    def run(self) -> None:
        """Use the time (or effort) that is left."""
        report = self.report
        effort = report.limits.effort
        end = report.limits.deadline if effort is None else effort * PAIRS_PER_EFFORT
        if self._waiting():
            self._ease(EASE_SHARE * (end - self._now()))
        length = max((end - self._now()) / 12, 1.0 if effort is None else CHUNK)
        noise = self.unit
        cycles = 0
        while self._now() < end and not report.stop():
            left = end - self._now()
            if left < 2.2 * length:
                length = left
            share = self._windows_share() if cycles or (self.best == NOWHERE).any() else 0.0
            cycles += 1
            self._cycle(length * (1 - share), noise)
            if share:
                self._windows(share * length)
            length *= 2.5
            noise = 0.7 * self.unit
            self.search.load(self.best)
            if self.annealer is not None:
                self.annealer.load(self.best)

    def _now(self) -> float:
        return self.done_pairs if self.report.limits.effort is not None else self.report.clock()

    def _waiting(self) -> bool:
        rooms = self.search.rows.bed if self.annealer is None else self.annealer.rooms
        return bool((rooms == NOWHERE).any())

    def _ease(self, length: float) -> None:
        """Look for rooms for those who have none, whatever else it costs."""
        end = self._now() + length
        while self._waiting() and self._now() < end and not self.report.stop():
            self._step(1.0, NOISE * self.unit, EASE * self.unit)

    def _cycle(self, length: float, unit: float) -> None:
        """Improve while noise and temperature shrink to nothing."""
        begun = self._now()
        while not self.report.stop():
            part = (self._now() - begun) / max(length, 1e-9)
            if part >= 1:
                break
            heat = HOT * unit * (COLD / HOT) ** min(1.0, part / 0.97)
            self._step(heat, NOISE * unit * max(0.0, 1 - part / 0.95), 0.0)

    def _windows_share(self) -> float:
        """Return the share of a cycle for windows: nothing where pairs see all that there is to gain."""
        a = self.arrays
        if (a.policy == SAME).any():
            return DORMS_SHARE
        beyond = a.has_pair_terms or len(a.rivals.items) or a.budget >= 0 or (self.best == NOWHERE).any()
        return WINDOWS_SHARE if beyond else 0.0

    def _windows(self, length: float) -> None:
        """Improve the best plan by windows for so long."""
        effort = length if self.report.limits.effort is None else length / PAIRS_PER_EFFORT
        search = self._windowed
        if search is None:
            rng = np.random.default_rng([self.report.limits.seed, self.done_pairs])
            search = self._windowed = windows.WindowSearch(self.arrays, self.best, rng, Excess(self.arrays))
        search.excess.guide(self.bound)
        search.load(self.best)
        search.run(self.report, effort, self.threads())
        self.best = search.rooms.copy()
        self.score = objective.total(self.arrays, self.best)
        self.done_pairs += 0 if self.report.limits.effort is None else int(length)

    def _step(self, heat: float, noise: float, ease: float) -> None:
        """Improve a little, then look whether a best plan has come of it."""
        a, threads = self.arrays, self.threads()
        self.done_pairs += self._chunk
        if self.done_pairs - self._guided_at >= GUIDE_EVERY:
            self._guided_at = self.done_pairs
            self.guide()
        if len(self.search.beds) > 1:
            self.search.sweep(self._chunk * threads, noise, self._move_price, ease, threads)
        rooms = None
        if self.annealer is not None:
            both = len(self.search.beds) > 1
            if both:
                self.annealer.load(self.search.rows.rooms(self.annealer.rooms))
            gained = self.annealer.run(STEPS, heat, heat * 0.999)
            if gained == 0 and not both:
                return
            rooms = self.annealer.rooms.copy()
            if both:
                self.search.load(rooms)
        if rooms is None:
            if a.budget < 0 and self.search.value() >= self.score:
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

    def guide(self) -> None:
        """Let the prices known by now choose rooms."""
        if self.bound.value == self._guided_by:
            return
        self._guided_by = self.bound.value
        near = self.bound.near(8)
        self.search.guide(near, self.bound.classes.of_room)
        if self.annealer is not None:
            self.annealer.guide(near, self.bound.classes.of_room)
