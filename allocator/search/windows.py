"""CP-SAT on windows: some stays set free among some rooms, everybody else fixed, chosen where there is need.

It sees what two rooms at a time cannot: groups and their doors, suites, dorms with a gender policy, a move budget, and
chains of many rooms that make room for one more stay. A window is solved exactly, or as far as a small limit goes; the
plan never gets worse.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from concurrent.futures import ALL_COMPLETED, FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from math import ceil, inf
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from allocator import objective
from allocator.arrays import NOWHERE, Arrays, Bools, Ints
from allocator.report import Report
from allocator.search.kinds import LIMIT, LONGER, LONGEST, Kind, Solved, draw
from allocator.search.need import Excess
from allocator.search.occupancy import Occupancy
from allocator.search.places import Places

if TYPE_CHECKING:
    from allocator.cpsat.model import Window
    from allocator.cpsat.run import Found

Call = tuple[Any, int, float, float]
"""Model, seed, deterministic limit and seconds of a solve."""

WHOLE: Final = 2_000
"""Problems of at most so many (stay, room) pairs are one window."""

CORE: Final = 5_000
CORE_LIMIT: Final = 2.0
"""Problems of which prices leave at most so many pairs are solved as a whole, within so much effort."""

NEAR: Final = 0.2
"""Some windows leave out what a better plan may have but hardly will, and are larger for it."""

MERGED: Final = 20_000
"""Pairs up to which plans are merged: a model of so many takes a second to write."""

TRIES: Final = 5
"""Draws for each core before one stays idle until another window is done: not every draw lies apart from others."""

PER_LITERAL: Final = 5e-5
OVERHEAD: Final = 3e-3
"""Effort of building a window, in seconds."""


@dataclass(frozen=True, slots=True)
class _Open:
    """A window whose stays are out of their rooms, and where they were."""

    stays: Ints
    rooms: Ints
    now: Ints
    window: Window


def _solve(call: Call) -> Found:
    from allocator.cpsat.run import run  # slow to import, and not every problem needs it

    return run(*call)


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
    excess
        What guides it.
    """

    def __init__(self, arrays: Arrays, rooms: Ints, rng: np.random.Generator, excess: Excess | None = None) -> None:
        self.arrays, self.rng = arrays, rng
        self.occupancy = Occupancy(arrays)
        self.effort = 0.0
        self._limit = LIMIT
        self.excess = excess or Excess(arrays)
        self._places = places = Places(self.occupancy, self.excess, rng)
        self._first_core = CORE if excess else WHOLE
        self.kinds = [Kind("eject", places.eject), Kind("rooms", places.few_rooms), Kind("slice", places.some_days)]
        if excess:
            self.kinds += [Kind("near rooms", places.few_rooms, NEAR), Kind("near slice", places.some_days, NEAR)]
        if arrays.has_pair_terms:
            self.kinds.append(Kind("group", places.group))
        self.load(rooms)

    def load(self, rooms: Ints) -> None:
        """Go on from an allowed plan, knowing what windows have paid so far."""
        changed = np.flatnonzero(~self.arrays.fixed & (rooms != self.rooms))
        for i in changed[self.rooms[changed] >= 0].tolist():
            self.occupancy.remove(i)
        for i in changed[rooms[changed] >= 0].tolist():
            self.occupancy.place(i, int(rooms[i]))
        self.score = objective.total(self.arrays, rooms)
        self._core, self._counted = self._first_core, -1

    @property
    def rooms(self) -> Ints:
        """Room of each stay."""
        return self.occupancy.room

    def run(self, report: Report, effort: float = inf, threads: int = 1) -> None:
        """Solve windows, those kinds more often that pay better; what can be solved as a whole is, and proven.

        With more threads several windows are solved at once, if what happens in one room costs nothing in others: as
        soon as one is done the next is begun, away from the rest.
        """
        seconds = 0.0 if report.limits.effort is None else inf  # 0: look at the clock
        end = self.effort + effort
        a = self.arrays
        apart = not a.has_pair_terms and not len(a.rivals.items) and a.budget < 0
        most = threads if apart else 1
        solving: dict[Future[Found], tuple[Kind, _Open]] = {}
        with ThreadPoolExecutor(most) as pool:
            while self.effort < end and not report.stop():
                pairs = self._few_pairs()
                if pairs is not None and a.n_rooms:
                    self._land(solving, report, ALL_COMPLETED, most)
                    if self._whole(pairs, report, seconds or report.time_left) or self.effort >= end:
                        return
                if not a.n_rooms or self.score <= self.excess.list_floor:
                    break  # no need is left anywhere
                begun = len(solving)
                limit = min(self._limit, end - self.effort)
                for _ in range(most * TRIES):
                    chosen = self._choose(solving.values())
                    if chosen is not None:
                        kind, stays, rooms = chosen
                        window = self._open(stays, rooms, self._wanted(stays, rooms, kind.share * self._slack()))
                        self._places.free[stays] = False
                        seed = int(self.rng.integers(2**31))
                        call = (window.window.model, seed, limit, seconds or report.time_left)
                        solving[pool.submit(_solve, call)] = (kind, window)
                    if len(solving) == most:
                        break
                if len(solving) == begun:
                    self.effort += OVERHEAD
                self._land(solving, report, FIRST_COMPLETED, most)
            self._land(solving, report, ALL_COMPLETED, most)

    def _land(self, solving: dict[Future[Found], tuple[Kind, _Open]], report: Report, until: str, most: int) -> None:
        """Take over what is solved, once the first is, or all are."""
        for task in wait(solving, return_when=until).done:
            kind, window = solving.pop(task)
            self._places.free[window.stays] = True
            solved = self._close(window, task.result())
            self.effort += solved.effort / most
            if solved.gain:
                report.plan(self._complete(solving), self.score)
            kind.learn(solved, len(window.stays) * len(window.rooms), self._limit)
            self._limit = max(LIMIT, self._limit / 2) if solved.gain else min(LONGEST, self._limit * LONGER)

    def _complete(self, solving: dict[Future[Found], tuple[Kind, _Open]]) -> Ints:
        """Return the plan, those whose windows are being solved where they were."""
        rooms = self.rooms
        if solving:
            rooms = rooms.copy()
            for _, window in solving.values():
                rooms[window.stays] = window.now
        return rooms

    def _choose(self, others: Collection[tuple[Kind, _Open]]) -> tuple[Kind, Ints, Ints] | None:
        """Draw a window that shares no room and no stay with others; None if that did not come about."""
        closed = self._places.closed
        closed[:] = False
        for _, window in others:
            closed[window.rooms] = True
        kind = draw(self.kinds, self.rng)
        drawn = kind.choose(int(kind.size / kind.density))
        kind.tries += 1
        if drawn is None or not len(drawn[0]):
            if not others:
                kind.pay *= 0.5
            return None
        stays, rooms = drawn
        if others:
            rooms = rooms[~closed[rooms]]
            stays = stays[np.isin(self.rooms[stays], [NOWHERE, *rooms])]
            if not len(stays) or not len(rooms):
                return None
        return kind, stays, rooms

    def _few_pairs(self) -> int | None:
        """Return how many pairs a better plan may have, if the score is new and they are few enough for a model."""
        if not self._core or self.score == self._counted:
            return None
        self._counted = self.score
        a = self.arrays
        stays = np.flatnonzero(~a.fixed)
        slack = self._slack()
        if slack < inf:
            pairs = sum(int((self.excess.row(i) <= slack).sum()) for i in stays.tolist())
        else:
            pairs = len(stays) * a.n_rooms if len(stays) * a.n_rooms <= WHOLE else self._core + 1
        if pairs <= self._core:
            return pairs
        self._core = 0 if slack == inf else self._core
        return None

    def _whole(self, pairs: int, report: Report, seconds: float) -> bool:
        """Solve the whole problem, of which a better plan may have so many pairs; tell whether it is proven."""
        stays, rooms = np.flatnonzero(self._places.free), np.arange(self.arrays.n_rooms)
        slack = self._slack()
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
        wanted = self._wanted(stays, rooms, self._slack() if slack is None else slack)
        return self._solve(stays, rooms, wanted, seconds, limit)

    def merge(self, plans: Iterable[Ints], *, seconds: float = inf, limit: float = LIMIT) -> Solved:
        """Take over the best plan in which every stay has the room it has now or in one of some plans, if it is better.

        Nothing is tried if the plans differ too much for a model of that.
        """
        stays = np.flatnonzero(self._places.free)
        choices = np.array([self.rooms, *plans])[:, stays]
        differ = (choices != choices[0]).any(axis=0)
        stays, choices = stays[differ], choices[:, differ]
        rooms, at = np.unique(choices, return_inverse=True)
        used = np.zeros((len(stays), len(rooms)), np.bool_)
        used[np.arange(len(stays)), at.reshape(choices.shape)] = True
        used, rooms = used[:, rooms >= 0], rooms[rooms >= 0]
        if not len(stays) or used.sum() > MERGED:
            return Solved(0, 0.0, optimal=not len(stays), least=0, size=0)
        wanted = self._wanted(stays, rooms, self._slack())
        return self._solve(stays, rooms, used if wanted is None else used & wanted, seconds, limit)

    def _solve(self, stays: Ints, rooms: Ints, wanted: Bools | None, seconds: float, limit: float) -> Solved:
        opened = self._open(stays, rooms, wanted)
        found = _solve((opened.window.model, int(self.rng.integers(2**31)), limit, seconds))
        solved = self._close(opened, found)
        self.effort += solved.effort
        return solved

    def _slack(self) -> float:
        """Return how much dearer than the best choice of its stay a pair of a better plan can be."""
        return self.score - self.arrays.lattice - self.excess.floor + 1e-6

    def _wanted(self, stays: Ints, rooms: Ints, slack: float) -> Bools | None:
        """Tell which pairs are at most so much dearer than the best choice of their stay; None if all may be."""
        if slack == inf:
            return None
        return np.array([self.excess.row(i)[rooms] <= slack for i in stays.tolist()]).reshape(len(stays), len(rooms))

    def _open(self, stays: Ints, rooms: Ints, wanted: Bools | None) -> _Open:
        """Take the stays out of their rooms, and build the model of where they might go."""
        from allocator.cpsat.model import Window  # slow to import, and not every problem needs it

        occupancy = self.occupancy
        now = occupancy.room[stays].copy()
        for i in stays[now >= 0].tolist():
            occupancy.remove(i)
        return _Open(stays, rooms, now, Window(occupancy, stays, rooms, now, wanted))

    def _close(self, opened: _Open, found: Found) -> Solved:
        """Give the stays their rooms, better ones if some were found."""
        window = opened.window
        constant = self.score - window.before
        after = opened.now
        gain = 0 if found.values is None else max(0, window.before - window.cost(found.values))
        if found.values is not None and gain:
            after = window.rooms(found.values)
        for i, room in zip(opened.stays.tolist(), after.tolist(), strict=True):
            if room >= 0:
                self.occupancy.place(i, room)
        self.score -= gain
        least = constant + ceil(found.bound - 1e-6) if found.bound > -inf else 0
        return Solved(gain, found.effort + PER_LITERAL * window.size + OVERHEAD, found.optimal, least, window.size)
