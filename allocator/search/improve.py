"""Improve a plan by pairs of rooms: find a room for everybody, then cycle from much noise to none, ever longer.

Where annealing sees all that costs it takes the place of pairs, and the plans it ends in are merged: the best plan in
which every stay has the room it has in one of them is found by CP-SAT. Such plans differ in most rooms without need,
so each is first led to the best one as far as that costs nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
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

HOT: Final = 0.5
COLD: Final = 0.04
"""First and last temperature, in units of ``unit_cost``."""

GENERATIONS: Final = 9
"""Plans that each annealer ends in within the time, where they are merged."""

ANNEALING_SHARE: Final = 0.5
APPROACH_SHARE: Final = 0.08
MERGE_SHARE: Final = 0.25
"""Of each generation, for annealing, for leading plans to the best one, for merging at most; windows get the rest."""

LONGER: Final = 1.3
"""By how much the next generation is longer if one brought nothing."""

FAR: Final = 3.0
NEAR: Final = 0.2
"""First and last temperature on the way to the best plan."""


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
        annealers = limits.threads if _has_dorms(arrays) else 0
        self.annealers = [Annealer(arrays, limits.seed * 64 + k) for k in range(annealers)]
        for annealer in self.annealers:
            annealer.load(rooms)
            self.search.beds = np.flatnonzero(~np.isin(self.search.rows.room, annealer.here))
        self._pool = ThreadPoolExecutor(max(1, annealers))
        self._sees_all = bool(self.annealers) and self.annealers[0].sees_all
        self._plans: deque[Ints] = deque()
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
        if self._sees_all:
            self._generations(end)
        else:
            self._cycles(end)

    def _cycles(self, end: float) -> None:
        """Take cycles that get ever longer."""
        length = max((end - self._now()) / 12, self._least_length)
        noise = self.unit
        first = True
        while self._now() < end and not self.report.stop():
            left = end - self._now()
            if left < 2.2 * length:
                length = left
            share = 0.0 if first and not (self.best == NOWHERE).any() else self._windows_share()
            self._cycle(length * (1 - share), noise)
            if share:
                self._windows(share * length)
            length *= 2.5
            noise = 0.7 * self.unit
            first = False
            self.search.load(self.best)
            for annealer in self.annealers:
                annealer.load(self.best)

    def _generations(self, end: float) -> None:
        """Anneal, merge what that ends in with what it ended in before, and improve by windows, again and again."""
        length = max((end - self._now()) / GENERATIONS, self._least_length)
        while self._now() < end and not self.report.stop():
            left = end - self._now()
            if left < 1.5 * length:
                length = left
            before = self.score
            self._cycle(ANNEALING_SHARE * length, self.unit)
            self._gather(APPROACH_SHARE * length)
            self._windows((1 - ANNEALING_SHARE - APPROACH_SHARE) * length, MERGE_SHARE * length)
            if self.score == before:
                length *= LONGER
            for annealer in self.annealers:
                annealer.load(self.best)

    @property
    def _least_length(self) -> float:
        return 1.0 if self.report.limits.effort is None else CHUNK

    def _now(self) -> float:
        return self.done_pairs if self.report.limits.effort is not None else self.report.clock()

    def _waiting(self) -> bool:
        rooms = self.annealers[0].rooms if self.annealers else self.search.rows.bed
        return bool((rooms == NOWHERE).any())

    def _ease(self, length: float) -> None:
        """Look for rooms for those who have none, whatever else it costs."""
        end = self._now() + length
        while self._waiting() and self._now() < end and not self.report.stop():
            self._step(1.0, NOISE * self.unit, EASE * self.unit)

    def _cycle(self, length: float, noise: float) -> None:
        """Improve while noise and temperature shrink to nothing."""
        for part in self._parts(length):
            heat = HOT * self.unit * (COLD / HOT) ** min(1.0, part / 0.97)
            self._step(heat, NOISE * noise * max(0.0, 1 - part / 0.95), 0.0)

    def _parts(self, length: float) -> Iterator[float]:
        """Go on for so long, telling which part of it is over."""
        begun = self._now()
        while not self.report.stop() and self._now() < begun + length:
            yield (self._now() - begun) / length

    def _gather(self, length: float) -> None:
        """Lead the plans that annealing ended in to the best one, as far as that costs nothing, and keep them."""
        hands = self.annealers[: self.threads()]
        for part in self._parts(length):
            heat = FAR * (NEAR / FAR) ** part
            list(self._pool.map(lambda hand: hand.approach(self.best, STEPS, heat), hands))  # noqa: B023
            self.done_pairs += self._chunk
        for hand in hands:
            self._take(hand.rooms.copy())
            self._plans.append(hand.rooms.copy())

    def _windows_share(self) -> float:
        """Return the share of a cycle for windows: nothing where pairs see all that there is to gain."""
        a = self.arrays
        if (a.policy == SAME).any():
            return DORMS_SHARE
        beyond = a.has_pair_terms or len(a.rivals.items) or a.budget >= 0 or (self.best == NOWHERE).any()
        return WINDOWS_SHARE if beyond else 0.0

    def _windows(self, length: float, merging: float = 0.0) -> None:
        """Improve the best plan by windows for so long, at most so much of it by merging plans."""
        counted = self.report.limits.effort is not None
        scale = PAIRS_PER_EFFORT if counted else 1.0
        search = self._windowed
        if search is None:
            rng = np.random.default_rng([self.report.limits.seed, self.done_pairs])
            search = self._windowed = windows.WindowSearch(self.arrays, self.best, rng, Excess(self.arrays))
        search.excess.guide(self.bound)
        search.load(self.best)
        end = search.effort + length / scale
        if merging:
            self._merge(search, merging / scale)
        if search.effort < end:
            search.run(self.report, end - search.effort, self.threads())
        self.best = search.rooms.copy()
        self.score = objective.total(self.arrays, self.best)
        self.done_pairs += int(length) if counted else 0

    def _merge(self, search: windows.WindowSearch, effort: float) -> None:
        """Merge the plans that annealing ended in, fewer the next time if they are too many for the effort."""
        seconds = self.report.time_left if self.report.limits.effort is None else inf
        merged = search.merge(self._plans, seconds=seconds, limit=effort)
        if merged.gain:
            self.report.plan(search.rooms, search.score)
        if not merged.optimal:
            for _ in range(len(self._plans) // 4):
                self._plans.popleft()

    def _step(self, heat: float, noise: float, ease: float) -> None:
        """Improve a little, then look whether a best plan has come of it."""
        a, threads = self.arrays, self.threads()
        self.done_pairs += self._chunk
        if self.done_pairs - self._guided_at >= GUIDE_EVERY:
            self._guided_at = self.done_pairs
            self.guide()
        if len(self.search.beds) > 1:
            self.search.sweep(self._chunk * threads, noise, self._move_price, ease, threads)
        if not self.annealers:
            if a.budget >= 0 or self.search.value() < self.score:
                self._take(self.search.rows.rooms(self.best))
            return
        both = len(self.search.beds) > 1
        hands = self.annealers[: 1 if both else threads]
        if both:
            hands[0].load(self.search.rows.rooms(hands[0].rooms))
        changes = list(self._pool.map(lambda hand: hand.run(STEPS, heat), hands))
        if both:
            self.search.load(hands[0].rooms)
        for hand, change in zip(hands, changes, strict=True):
            if change or both:
                self._take(hand.rooms)

    def _take(self, rooms: Ints) -> None:
        """Keep a plan if it is the best."""
        a = self.arrays
        if a.budget >= 0:
            over = move_count(a, rooms) > a.budget
            self._move_price = max(self.unit, 1.5 * self._move_price) if over else 0.9 * self._move_price
            if over:
                return
        value = objective.total(a, rooms)
        if value < self.score:
            self.best, self.score = rooms.copy(), value
            self.report.plan(self.best, value)

    def guide(self) -> None:
        """Let the prices known by now choose rooms."""
        if self.bound.value == self._guided_by:
            return
        self._guided_by = self.bound.value
        near = self.bound.near(8)
        self.search.guide(near, self.bound.classes.of_room)
        for annealer in self.annealers:
            annealer.guide(near, self.bound.classes.of_room)
