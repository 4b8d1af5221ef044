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
from allocator.arrays import NOWHERE, Arrays, Bools, Floats, Ints
from allocator.report import Report
from allocator.search.need import Excess, distances, gaps_by_room, group_costs
from allocator.search.occupancy import Occupancy

if TYPE_CHECKING:
    from allocator.cpsat.model import Window
    from allocator.cpsat.run import Found

Call = tuple[Any, int, float, float]
"""Model, seed, deterministic limit and seconds of a solve."""

LIMIT: Final = 0.6
"""Deterministic limit of one window."""

PAIRS: Final = 1_500
"""First size of a window in (stay, room) literals; it grows where windows are solved well within the limit."""

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
        self._locked = self.occupancy.load.copy()
        for i in np.flatnonzero(~arrays.fixed & (rooms >= 0)).tolist():
            self.occupancy.place(i, int(rooms[i]))
        self._free = ~arrays.fixed
        self._excess = excess or Excess(arrays)
        self._core = CORE if excess else WHOLE
        self._counted = -1
        self._closed: Bools = np.zeros(arrays.n_rooms, np.bool_)  # rooms of windows that are being solved
        self._tired: Ints = np.zeros(arrays.n_stays, np.int64)
        self.kinds = [Kind("eject", self._eject), Kind("rooms", self._rooms), Kind("slice", self._slice)]
        if arrays.has_pair_terms:
            self.kinds.append(Kind("group", self._group))

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
                if self._kind() is None:
                    return
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
        self._closed[:] = False
        for _ in range(count):
            kind = self._kind()
            if kind is None:
                break
            window = kind.choose(int(kind.size / kind.density))
            kind.tries += 1
            if window is None or not len(window[0]):
                kind.pay *= 0.5
                continue
            stays, rooms = window
            if chosen:
                rooms = rooms[~self._closed[rooms]]
                taken = np.concatenate([others for _, others, _ in chosen])
                stays = stays[np.isin(self.rooms[stays], [NOWHERE, *rooms]) & ~np.isin(stays, taken)]
                if not len(stays) or not len(rooms):
                    continue
            self._closed[rooms] = True
            chosen.append((kind, stays, rooms))
        return chosen

    def _whole(self, report: Report, seconds: float) -> bool:
        """Solve the whole problem, if there are few pairs that a better plan may have; tell whether it is proven."""
        a = self.arrays
        stays, rooms = np.flatnonzero(self._free), np.arange(a.n_rooms)
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

    # ------------------------------------------------------------------ which window

    def _kind(self) -> Kind | None:
        """Draw a kind: all now and then, those that pay more often; None when there is no need left anywhere."""
        if not self.arrays.n_rooms or self.score <= self._excess.list_floor:
            return None
        kinds = self.kinds
        pay = np.array([k.pay for k in kinds])
        weight = 0.15 + pay / max(1e-9, pay.sum())
        fresh = [k for k in kinds if k.tries < 3]
        return fresh[0] if fresh else kinds[int(self.rng.choice(len(kinds), p=weight / weight.sum()))]

    def _eject(self, size: int) -> tuple[Ints, Ints] | None:
        """Around a stay without a room or in a dear one: better rooms, easily cleared, and outlets for others."""
        a = self.arrays
        out = self._free & (self.rooms < 0)
        excess = self._excess.of(self.rooms).copy()
        if out.any():
            excess[~out] *= 0.2 * excess[out].sum() / max(1.0, excess[~out].sum())
        excess = np.where(self._free, np.maximum(excess, 0.0), 0.0) / (1.0 + self._tired) ** 2
        excess[self._closed[self.rooms] & (self.rooms >= 0)] = 0.0
        if not excess.any():
            return None
        i = int(self.rng.choice(a.n_stays, p=excess / excess.sum()))
        self._tired[i] += 1
        times = int(self._tired[i])
        cost = a.costs.row(i)
        paid = cost[self.rooms[i]] if self.rooms[i] >= 0 else a.penalty[i]
        margin = int(self.rng.integers(0, 2 + 2 * times))
        start, end = a.start[i] - margin * a.slots_per_night, a.end[i] + margin * a.slots_per_night
        near = self._overlapping(start, end)
        idle = self._idle(a.first[i], a.last[i])
        target = min(60.0, (8 + 4 * times) * np.sqrt(size / PAIRS))
        better = (cost >= 0) & (cost < paid) & ~self._closed
        key = np.where(better, idle + self.rng.gumbel(size=a.n_rooms), -np.inf)
        mine = np.argsort(-key)[: max(1, int(0.6 * target))]
        mine = mine[np.isfinite(key[mine])]
        if not len(mine):
            return None
        others = near[np.isin(self.rooms[near], mine)]
        key = np.log(np.maximum(self._fit(others), 1e-9)) + 2 * idle + self.rng.gumbel(size=a.n_rooms)
        key[mine] = -np.inf
        rooms = np.union1d(mine, np.argsort(-key)[: int(0.4 * target)])
        if self.rooms[i] >= 0:
            rooms = np.union1d(rooms, self.rooms[[i]])
        return self._window(np.union1d(near, [i]), rooms, size)

    def _rooms(self, size: int) -> tuple[Ints, Ints] | None:
        """A few rooms over the whole horizon: one that is in need, and others fit for those who are in it."""
        a = self.arrays
        need = (self._need() + self._need().mean() * 0.1 + 1e-6) * ~self._closed
        if not need.any():
            return None
        room = int(self.rng.choice(a.n_rooms, p=need / need.sum()))
        inside = np.flatnonzero(self._free & (self.rooms == room))
        each = max(1.0, self._free.sum() / a.n_rooms)
        return self._window(np.flatnonzero(self._free), self._partners(room, inside, int((size / each) ** 0.5)), size)

    def _slice(self, size: int) -> tuple[Ints, Ints] | None:
        """More rooms for some days, around a stay that is dear where it is."""
        a = self.arrays
        excess = np.where(self._free & (self.rooms >= 0), self._excess.of(self.rooms), 0.0)
        excess += np.where(self._free & (self.rooms >= 0), 0.1 * excess.sum() / max(1, a.n_stays) + 1e-6, 0.0)
        excess[self._closed[self.rooms]] = 0.0
        if not excess.any():
            return None
        i = int(self.rng.choice(a.n_stays, p=excess / excess.sum()))
        nights = float(self.rng.choice((3, 5, 8, 13, 21)))
        middle = int(self.rng.integers(a.start[i], a.end[i]))
        half = int(nights * a.slots_per_night / 2)
        near = self._overlapping(middle - half, middle + half)
        each = max(0.5, len(near) / a.n_rooms)
        rooms = self._partners(int(self.rooms[i]), np.array([i]), int((size / each) ** 0.5))
        return self._window(near, rooms, size)

    def _group(self, size: int) -> tuple[Ints, Ints] | None:
        """Around a group that pays: where its members are, and rooms near one of them or near any other room."""
        a = self.arrays
        cost = group_costs(self.arrays, self.rooms).astype(np.float64)
        if not cost.any():
            return None
        group = int(self.rng.choice(len(cost), p=cost / cost.sum()))
        members = np.flatnonzero(a.group == group)
        placed = np.unique(self.rooms[members[self.rooms[members] >= 0]])
        mine = members[self._free[members]]
        if not len(mine):
            return None
        fits = self._fit(mine)
        anchor = int(self.rng.choice(placed if self.rng.random() < 0.6 else np.flatnonzero(fits > 0)))
        margin = int(self.rng.integers(0, 4)) * a.slots_per_night
        near = self._overlapping(int(a.start[mine].min()) - margin, int(a.end[mine].max()) + margin)
        each = max(0.5, len(near) / a.n_rooms)
        target = max(len(placed) + 2, int((size / each) ** 0.5))
        far = distances(a, np.array([anchor]), np.arange(a.n_rooms))[0]
        key = np.where(fits > 0, -far + 0.7 * self.rng.gumbel(size=a.n_rooms), -np.inf)
        rooms = np.union1d(placed, np.argsort(-key)[: max(2, target - len(placed))])
        return self._window(np.union1d(near, mine), rooms, size)

    def _window(self, near: Ints, rooms: Ints, size: int) -> tuple[Ints, Ints]:
        """Return those of some stays that are in the rooms or nowhere, and the rooms."""
        here = self._free[near] & (np.isin(self.rooms[near], rooms))
        stays = near[here]
        waiting = near[self._free[near] & (self.rooms[near] < 0)]
        if len(waiting):
            waiting = self.rng.permutation(waiting)[: max(4, size // (8 * len(rooms)))]
        return np.union1d(stays, waiting), rooms

    def _partners(self, room: int, inside: Ints, count: int) -> Ints:
        """Return a room and others that suit those inside it, those in need rather than the rest."""
        a = self.arrays
        fits = self._fit(inside) if len(inside) else np.ones(a.n_rooms)
        need = self._need()
        weight = fits * (0.3 + need / max(1e-9, need.mean()))
        key = np.log(np.maximum(weight, 1e-9)) + self.rng.gumbel(size=a.n_rooms)
        key[self._closed] -= 99.0
        key[room] = np.inf
        rivals = a.rivals[room]
        key[rivals] = np.inf
        return np.sort(np.argsort(-key)[: min(60, max(2 + len(rivals), count))])

    # ------------------------------------------------------------------ need

    def _fit(self, stays: Ints) -> Floats:
        """Return by room the share of some stays that may have it."""
        a = self.arrays
        fits = np.zeros(a.n_rooms)
        few = self.rng.permutation(stays)[:12]
        for i in few.tolist():
            fits += a.costs.row(i) >= 0
        return fits / max(1, len(few))

    def _idle(self, first: int, last: int) -> Floats:
        """Return by room how much of its beds is free over some cliques, -9 where a locked stay or closure is."""
        a, load = self.arrays, self.occupancy.load
        share = 1 - load[:, first:last].mean(axis=1) / a.beds
        return np.where((self._locked[:, first:last] >= a.beds[:, None]).any(axis=1), -9.0, 4 * share)

    def _overlapping(self, start: int, end: int) -> Ints:
        """Return the free stays that overlap a period."""
        return np.flatnonzero(self._free & (self.arrays.start < end) & (self.arrays.end > start))

    def _need(self) -> Floats:
        """Return by room what those in it pay beyond their cheapest choice, and its gaps."""
        a = self.arrays
        placed = np.flatnonzero(self._free & (self.rooms >= 0))
        excess = self._excess.of(self.rooms)[placed]
        return np.asarray(np.bincount(self.rooms[placed], excess, a.n_rooms) + gaps_by_room(a, self.rooms), np.float64)
