"""CP-SAT on windows: some stays set free among some rooms, everybody else fixed, chosen where there is need.

It sees what two rooms at a time cannot: groups and their doors, suites, dorms with a gender policy, a move budget, and
chains of many rooms that make room for one more stay. A window is solved exactly, or as far as a small limit goes; the
plan never gets worse.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import ceil, inf
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from allocator import objective
from allocator.arrays import NOWHERE, Arrays, Ints
from allocator.report import Report
from allocator.search.need import Excess
from allocator.search.occupancy import Occupancy
from allocator.search.places import PAIRS, Places

if TYPE_CHECKING:
    from allocator.cpsat.model import Window
    from allocator.cpsat.run import Found

Call = tuple[Any, int, float, float]
"""Model, seed, deterministic limit and seconds of a solve."""

LIMIT: Final = 0.6
"""Deterministic limit of one window."""

LARGEST: Final = 30_000

WHOLE: Final = 2_000
"""Problems of at most so many (stay, room) pairs are one window."""

CORE: Final = 5_000
CORE_LIMIT: Final = 2.0
"""Problems of which prices leave at most so many pairs are solved as a whole, within so much effort."""

PER_LITERAL: Final = 5e-5
OVERHEAD: Final = 3e-3
"""Effort of building a window, in seconds."""


@dataclass(slots=True)
class Kind:
    """A way to choose windows, and how well it has paid.

    Attributes
    ----------
    choose
        Returns the free stays and the rooms, or None if there is no need of this kind.
    pay
        Smoothed gain per unit of effort.
    density
        Smoothed share of the pairs of its windows that have a literal.
    """

    name: str
    choose: Callable[[int], tuple[Ints, Ints] | None]
    pay: float = 0.0
    density: float = 0.4
    size: float = float(PAIRS)
    tries: int = 0
    gain: int = 0
    effort: float = 0.0

    def learn(self, done: Solved, pairs: int) -> None:
        """Remember what a window of so many pairs brought."""
        self.gain += done.gain
        self.effort += done.effort
        self.pay = 0.8 * self.pay + 0.2 * done.gain / done.effort
        self.density = 0.8 * self.density + 0.2 * max(0.02, done.size / pairs)
        if not done.optimal:
            self.size = max(100.0, self.size * 0.8)
        elif done.effort < LIMIT / 4:
            self.size = min(LARGEST, self.size * 1.05)


@dataclass(frozen=True, slots=True)
class Solved:
    """What a window brought.

    Attributes
    ----------
    gain
        By how much the score fell.
    effort
        Deterministic time it took, building included.
    optimal
        Whether nothing better is in the window.
    least
        No plan in the window has a lower score.
    size
        Its (stay, room) literals.
    """

    gain: int
    effort: float
    optimal: bool
    least: int
    size: int


@dataclass(frozen=True, slots=True)
class _Open:
    """A window whose stays are out of their rooms, and where they were."""

    stays: Ints
    n_rooms: int
    now: Ints
    window: Window


def _solve(calls: list[Call], pool: ThreadPoolExecutor | None = None) -> list[Found]:
    """Solve models, several at once if there is a pool."""
    from allocator.cpsat.run import run  # slow to import, and not every problem needs it

    if pool is None or len(calls) < 2:
        return [run(*call) for call in calls]
    return [task.result() for task in [pool.submit(run, *call) for call in calls]]


def improve(
    arrays: Arrays,
    rooms: Ints,
    report: Report,
    rng: np.random.Generator,
    effort: float = inf,
    excess: Excess | None = None,
    threads: int = 1,
) -> Ints:
    """Improve a plan until the report says stop, nothing is left to try, or so much effort is spent.

    Parameters
    ----------
    rooms
        An allowed plan; it is not changed.
    effort
        Limit in deterministic time, about seconds.
    excess
        Guide: windows lie where the plan pays more than its prices say, and leave out what no better plan has.
    threads
        Windows that may be solved at once.

    Returns
    -------
    Ints
        The best plan found, never worse than ``rooms``.
    """
    search = WindowSearch(arrays, rooms, rng, excess)
    search.run(report, effort, threads)
    return search.rooms


class WindowSearch:
    """A plan under improvement by windows.

    Attributes
    ----------
    rooms, score
        The plan and its score.
    effort
        Deterministic time spent.
    """

    def __init__(self, arrays: Arrays, rooms: Ints, rng: np.random.Generator, excess: Excess | None = None) -> None:
        self.arrays, self.rng = arrays, rng
        self.occupancy = Occupancy(arrays)
        self.score = objective.total(arrays, rooms)
        self.effort = 0.0
        self._excess = excess or Excess(arrays)
        self._places = places = Places(self.occupancy, self._excess, rng)
        for i in np.flatnonzero(~arrays.fixed & (rooms >= 0)).tolist():
            self.occupancy.place(i, int(rooms[i]))
        self._core = CORE if excess else WHOLE
        self._counted = -1
        self.kinds = [Kind("eject", places.eject), Kind("rooms", places.few_rooms), Kind("slice", places.some_days)]
        if arrays.has_pair_terms:
            self.kinds.append(Kind("group", places.group))

    @property
    def rooms(self) -> Ints:
        """Room of each stay."""
        return self.occupancy.room

    def run(self, report: Report, effort: float = inf, threads: int = 1) -> None:
        """Solve windows, those kinds more often that pay better; what can be solved as a whole is, and proven.

        With more threads several windows are solved at once, if what happens in one room costs nothing in others.
        """
        seconds = 0.0 if report.limits.effort is None else inf  # 0: look at the clock
        end = self.effort + effort
        a = self.arrays
        apart = not a.has_pair_terms and not len(a.rivals.items) and a.budget < 0
        with ThreadPoolExecutor(threads) as pool:
            while self.effort < end and not report.stop():
                if self._whole(report, seconds or report.time_left):
                    return
                if not a.n_rooms or self.score <= self._excess.list_floor:
                    return  # no need is left anywhere
                limit = min(LIMIT, end - self.effort)
                chosen = self._choose(threads if apart else 1)
                opened = [(kind, self._open(stays, rooms)) for kind, stays, rooms in chosen]
                left = seconds or report.time_left
                calls = [(w.window.model, int(self.rng.integers(2**31)), limit, left) for _, w in opened]
                done = [
                    (kind, window, self._close(window, found))
                    for (kind, window), found in zip(opened, _solve(calls, pool), strict=True)
                ]
                self.effort += max((solved.effort for _, _, solved in done), default=OVERHEAD)
                if any(solved.gain for _, _, solved in done):
                    report.plan(self.rooms, self.score)
                for kind, window, solved in done:
                    kind.learn(solved, len(window.stays) * window.n_rooms)

    def _choose(self, count: int) -> list[tuple[Kind, Ints, Ints]]:
        """Draw up to so many windows that share no room and no stay."""
        chosen: list[tuple[Kind, Ints, Ints]] = []
        self._places.closed[:] = False
        for _ in range(count):
            kind = self._kind()
            window = kind.choose(int(kind.size / kind.density))
            kind.tries += 1
            if window is None or not len(window[0]):
                kind.pay *= 0.5
                continue
            stays, rooms = window
            if chosen:
                rooms = rooms[~self._places.closed[rooms]]
                taken = np.concatenate([others for _, others, _ in chosen])
                stays = stays[np.isin(self.rooms[stays], [NOWHERE, *rooms]) & ~np.isin(stays, taken)]
                if not len(stays) or not len(rooms):
                    continue
            self._places.closed[rooms] = True
            chosen.append((kind, stays, rooms))
        return chosen

    def _whole(self, report: Report, seconds: float) -> bool:
        """Solve the whole problem, if there are few pairs that a better plan may have; tell whether it is proven."""
        a = self.arrays
        stays, rooms = np.flatnonzero(self._places.free), np.arange(a.n_rooms)
        slack = self.score - a.lattice - self._excess.floor + 1e-6
        if not len(rooms) or not self._core or self.score == self._counted:
            return False
        self._counted = self.score
        if slack < inf:
            pairs = sum(int((self._excess.row(i) <= slack).sum()) for i in stays.tolist())
        else:
            pairs = len(stays) * len(rooms) if len(stays) * len(rooms) <= WHOLE else self._core + 1
        if pairs > self._core:
            self._core = 0 if slack == inf else self._core
            return False
        before = self.score
        done = self.solve(stays, rooms, seconds=seconds, limit=CORE_LIMIT, slack=slack)
        if done.gain:
            report.plan(self.rooms, self.score)
        report.raise_bound(min(before, done.least))  # what was left out costs no less than the plan before
        self._core = int(0.7 * pairs)  # next when that many are left
        return done.optimal

    def solve(
        self, stays: Ints, rooms: Ints, *, seconds: float = inf, limit: float = LIMIT, slack: float | None = None
    ) -> Solved:
        """Set stays free among rooms, and take over what is better.

        Parameters
        ----------
        slack
            How much dearer than the best choice a pair may be at the guide's prices; as much as a better plan can have
            if not given.
        """
        opened = self._open(stays, rooms, slack)
        found = _solve([(opened.window.model, int(self.rng.integers(2**31)), limit, seconds)])[0]
        solved = self._close(opened, found)
        self.effort += solved.effort
        return solved

    def _open(self, stays: Ints, rooms: Ints, slack: float | None = None) -> _Open:
        """Take the stays out of their rooms, and build the model of where they might go."""
        from allocator.cpsat.model import Window  # slow to import, and not every problem needs it

        occupancy = self.occupancy
        now = occupancy.room[stays].copy()
        for i in stays[now >= 0].tolist():
            occupancy.remove(i)
        slack = self.score - self.arrays.lattice - self._excess.floor + 1e-6 if slack is None else slack
        wanted = None
        if slack < inf:
            wanted = np.array([self._excess.row(i)[rooms] <= slack for i in stays.tolist()])
        return _Open(stays, len(rooms), now, Window(occupancy, stays, rooms, now, wanted))

    def _close(self, opened: _Open, found: Found) -> Solved:
        """Give the stays their rooms, better ones if some were found."""
        window = opened.window
        constant = self.score - window.before
        after, gain = opened.now, 0
        if found.values is not None and window.cost(found.values) < window.before:
            gain = window.before - window.cost(found.values)
            after = window.rooms(found.values)
        for i, room in zip(opened.stays.tolist(), after.tolist(), strict=True):
            if room >= 0:
                self.occupancy.place(i, room)
        self.score -= gain
        least = constant + ceil(found.bound - 1e-6) if found.bound > -inf else 0
        return Solved(gain, found.effort + PER_LITERAL * window.size + OVERHEAD, found.optimal, least, window.size)

    def _kind(self) -> Kind:
        """Draw a kind: all now and then, those that pay more often."""
        kinds = self.kinds
        pay = np.array([k.pay for k in kinds])
        weight = 0.15 + pay / max(1e-9, pay.sum())
        fresh = [k for k in kinds if k.tries < 3]
        return fresh[0] if fresh else kinds[int(self.rng.choice(len(kinds), p=weight / weight.sum()))]
