"""Prices of beginning and ending a stay: the dual of the flow of rooms through time.

A room of class c leaves a source, takes stay after stay, idles between them at the price of the gaps, and ends. Dualise
the conservation of this flow. With a price ``E[c, t]`` of being left at instant t and ``Z[c]`` of never having been
used, beginning at u costs

    S[c, u] = min( Z[c], min over t <= u of E[c, t] + gap(u - t) )

and, with n[c] beds, F[c] the locked stays and closures (from a to b) of its rooms,

    L(E, Z) = sum_i min( p[i], min_c  k[i, c] + S[c, begin_i] - E[c, end_i] )
            + sum_c sum_{F[c]} ( S[c, a] - E[c, b] ) - sum_c n[c] ( Z[c] - min( Z[c], min_t E[c, t] ) )

is a lower bound of every plan, for any E and Z, gaps included. Without gaps ``S - E`` is the sum of the room-night
prices a stay takes. L is concave; with every minimum replaced by a soft one of width tau (Nesterov 2005) it is smooth,
and L-BFGS climbs it while tau shrinks to nothing. The bound itself is computed with hard minima, in integers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from allocator.arrays import Arrays, Floats, Ints
from allocator.bound import kernels
from allocator.bound.columns import Columns, choose_together
from allocator.bound.groups import GroupTerms
from allocator.bound.kernels import Shorts
from allocator.classes import Classes

MEMORY: Final = 30
STOCKTAKING: Final = 20
MOST_STEPS: Final = 600
ENOUGH: Final = (0.03, 0.008, 0.002)
WIDEST: Final = 0.1
JOINT_WIDEST: Final = 0.02
NEAR: Final = 60.0
TINY: Final = 1e-100
"""Curvature below which a step tells nothing, and its square would vanish."""

COLUMNS: Final = 10.0
"""Pairs, and joint choices of groups, so many widths dearer than the best are not looked at until the next
stocktaking."""


Pairs = tuple[Ints, Shorts, Ints]


def unit_cost(classes: Classes) -> float:
    """Return a typical small amount by which one class is dearer than another: the scale of noise and smoothing."""
    stays = np.flatnonzero(np.diff(classes.begin))
    if not len(stays):
        return 1.0
    least = np.minimum.reduceat(classes.cost, classes.begin[stays])
    more = classes.cost - np.repeat(least, np.diff(classes.begin)[stays])
    more = more[more > 0]
    return max(1.0, float(np.quantile(more, 0.25))) if len(more) else 1.0


class FlowBound:
    """The climb of the prices of one problem.

    Attributes
    ----------
    leave, unused
        The best prices so far: E (n_instants, n_classes) and Z (n_classes,).
    value
        L at them.
    """

    def __init__(self, arrays: Arrays, classes: Classes) -> None:
        a, c = arrays, classes
        self.arrays, self.classes = a, c
        fixed = np.flatnonzero(a.fixed)
        spans = np.diff(a.closed.start) // 2
        room = np.repeat(np.arange(a.n_rooms), spans)
        times = a.beds[room]  # a closure takes every bed
        fixed_class = np.concatenate([c.of_room[a.held[fixed]], np.repeat(c.of_room[room], times)])
        fixed_from = np.concatenate([a.start[fixed], np.repeat(a.closed.items[::2], times)])
        fixed_to = np.concatenate([a.end[fixed], np.repeat(a.closed.items[1::2], times)])
        self.time: Ints = np.unique(np.concatenate([a.start[c.stays], a.end[c.stays], fixed_from, fixed_to]))
        if not len(self.time):
            self.time = np.zeros(1, np.int64)
        rooms = np.zeros(c.n, np.int64)
        np.add.at(rooms, c.of_room, a.beds)
        priced = np.full(c.n, int(len(a.gap) > 0))
        priced[c.of_room[a.beds > 1]] = 0
        self._data = (
            self.time, a.gap, a.slots_per_night, priced, rooms,
            fixed_class.astype(np.int64), np.searchsorted(self.time, fixed_from), np.searchsorted(self.time, fixed_to),
            np.searchsorted(self.time, a.start[c.stays]), np.searchsorted(self.time, a.end[c.stays]),
            a.penalty[c.stays],
        )  # fmt: skip
        self._pairs: Pairs = (c.begin, c.klass.astype(np.int32), c.cost)
        self._owner: Ints = np.repeat(np.arange(len(c.stays)), np.diff(c.begin))
        self.leave: Floats = np.zeros((len(self.time), c.n))
        self.unused: Floats = np.zeros(c.n)
        total = int(a.penalty.sum()) + int(a.gap.sum()) + 1
        self.scale = max(1, min(1024, 2**58 // total))
        self._most = float(total)
        shape = (len(self.time), c.n)
        self._work = (np.empty(shape), np.empty(shape), np.empty(len(self.time), np.int64), np.empty(shape))
        self._reduced: Ints = np.zeros(len(c.klass), np.int64)
        self._outside: Ints = np.zeros(len(c.stays), np.int64)
        self.groups = GroupTerms(arrays, classes)
        self._columns: Columns | None = None
        self._alone = np.ones(len(c.stays), np.bool_)
        self.unit = unit_cost(c)
        self.value = -np.inf
        self.evaluations = 0
        self._try(np.zeros(c.n * (len(self.time) + 1)))

    def _integer(self, x: Floats) -> tuple[Ints, Ints]:
        whole: Ints = np.rint(np.clip(x, -self._most, self._most) * self.scale).astype(np.int64)
        split = self.leave.size
        return whole[:split].reshape(self.leave.shape), whole[split:]

    def _best(self) -> Floats:
        """Return the best prices as one vector."""
        return np.concatenate([self.leave.ravel(), self.unused])

    def _try(self, x: Floats, margin: float = 0.0) -> float:
        """Evaluate L, and keep the prices if they are the best; look for columns so much dearer than the best."""
        leave, unused = self._integer(x)
        value = int(kernels.hard(leave, unused, self.scale, *self._data, *self._pairs, self._reduced, self._outside))
        if self._columns is not None:
            value += self._columns.refresh(self._reduced, self._outside, self.scale, margin)
        if value / self.scale > self.value:
            self.value = value / self.scale
            self.leave, self.unused = leave / self.scale, unused / self.scale
        return value / self.scale

    def _slope(self, x: Floats, tau: float, near: Pairs) -> tuple[float, Floats]:
        """Return minus the smoothed L, and its gradient."""
        split = self.leave.size
        leave, unused = x[:split].reshape(self.leave.shape), x[split:]
        grad, grad_unused = np.empty_like(self.leave), np.empty_like(self.unused)
        entered, prefix, back_to, down = self._work
        time, gap, night, priced, rooms, held, held_from, held_to, first, last, penalty = self._data
        value = kernels.enter(
            leave, unused, tau, time, gap, night, priced, rooms, held, held_from, held_to,
            entered, prefix, back_to, down, grad, grad_unused,
        )  # fmt: skip
        alone = self._alone if self._columns is None else self._columns.alone
        value += kernels.choose(leave, entered, tau, first, last, penalty, alone, *near, down, grad)
        if self._columns is not None:
            value += choose_together(leave, entered, tau, first, last, *self._columns.data, down, grad)
        kernels.back(
            leave, unused, tau, time, gap, night, priced, rooms, entered, prefix, back_to, down, grad, grad_unused
        )
        self.evaluations += 1
        return -value, -np.concatenate([grad.ravel(), grad_unused])

    def _near(self, x: Floats, tau: float) -> tuple[float, Pairs]:
        """Return L, and the pairs that matter at these prices, after taking stock of all."""
        value = self._try(x, COLUMNS * tau)
        begin, klass, cost = self._pairs
        keep = self._reduced <= NEAR * max(tau, 0.2) * self.scale
        count = np.bincount(self._owner[keep], minlength=len(begin) - 1)
        return value, (np.concatenate([[0], np.cumsum(count)]).astype(np.int64), klass[keep], cost[keep])

    def climb(
        self, x: Floats, tau: float, enough: float, steps: int, stop: Callable[[], bool], tell: Callable[[int], None]
    ) -> Floats:
        """Climb the smoothed L of this width by L-BFGS from the best prices.

        It ends when the last steps gained less than ``enough`` of what smoothing itself costs here.
        """
        _, near = self._near(x, tau)
        f, g = self._slope(x, tau, near)
        mark = f
        pairs: list[tuple[Floats, Floats, float]] = []
        for step in range(steps):
            if stop():
                break
            q = g.copy()
            alphas = []
            for s, y, rho in reversed(pairs):
                alpha = rho * float(s @ q)
                q -= alpha * y
                alphas.append(alpha)
            if pairs:
                s, y, rho = pairs[-1]
                q *= 1.0 / (rho * float(y @ y))
            else:
                q *= tau / max(1e-12, float(np.abs(g).max()))
            for (s, y, rho), alpha in zip(pairs, reversed(alphas), strict=True):
                q += s * (alpha - rho * float(y @ q))
            slope = float(g @ q)
            if slope <= 1e-12 * max(1.0, abs(f)):
                break
            length = 1.0
            for _ in range(12):
                trial = x - length * q
                f_new, g_new = self._slope(trial, tau, near)
                if f_new <= f - 1e-4 * length * slope:
                    break
                length *= 0.4
            else:
                break
            s, y = trial - x, g_new - g
            curve = float(s @ y)
            if curve > max(TINY, 1e-10 * float(y @ y) ** 0.5 * float(s @ s) ** 0.5):
                pairs.append((s, y, 1.0 / curve))
                if len(pairs) > MEMORY:
                    pairs.pop(0)
            x, f, g = trial, f_new, g_new
            if step % STOCKTAKING == STOCKTAKING - 1:
                value, near = self._near(x, tau)
                tell(self.bound())
                if mark - f < enough * (value + f):  # f is minus the smoothed L
                    break
                mark = f
        self._try(x)
        tell(self.bound())
        return x

    def reduced(self) -> Ints:
        """Return how much dearer than its stay's cheapest choice each pair is at the best prices, times ``scale``."""
        leave, unused = self._integer(self._best())
        reduced, outside = np.empty_like(self._reduced), np.empty_like(self._outside)
        kernels.hard(leave, unused, self.scale, *self._data, *self._pairs, reduced, outside)
        return reduced

    def join(self) -> None:
        """Let the members of groups choose together from now on, which raises the bound."""
        if self._columns is None and self.groups.any:
            self._columns = Columns(self.arrays, self.groups)
            self.value = -np.inf
            self._try(self._best())

    def near(self, count: int) -> Ints:
        """Return the classes of least reduced cost of each stay, at most so many, best first, then -1.

        Shape (n_stays, count); locked stays have none.
        """
        order = np.lexsort((self.reduced(), self._owner))
        rank = np.arange(len(order)) - self.classes.begin[self._owner[order]]
        order, rank = order[rank < count], rank[rank < count]
        found = np.full((self.arrays.n_stays, count), -1, np.int64)
        found[self.classes.stays[self._owner[order]], rank] = self.classes.klass[order]
        return found

    def bound(self) -> int:
        """Return the bound that holds for every plan: L in integers, locked stays added, raised to a possible score."""
        free = -(-round(self.value * self.scale) // self.scale)
        lattice = self.arrays.lattice
        return max(0, -(-(free + self.arrays.fixed_cost) // lattice) * lattice)

    def start_from(self, coarse: FlowBound) -> None:
        """Take over the prices of larger classes: the bound is at least theirs at once."""
        room_of = np.zeros(self.classes.n, np.int64)
        room_of[self.classes.of_room] = np.arange(self.arrays.n_rooms)
        larger = coarse.classes.of_room[room_of]
        if coarse._columns is not None:
            self.join()
        self.begin_at(coarse.leave[:, larger], coarse.unused[larger])

    def begin_at(self, leave: Floats, unused: Floats) -> None:
        """Try prices, and keep them if they are the best so far."""
        self._try(np.concatenate([leave.ravel(), unused]))

    def prove(
        self,
        stop: Callable[[], bool],
        tell: Callable[[int], None],
        steps: int = 1_000_000,
        passes: tuple[float, ...] = ENOUGH,
        narrowest: float = 0.004,
        widest: float = WIDEST,
    ) -> None:
        """Climb until nothing is gained any more, or so many slopes were taken; tell every better bound.

        The widths start at about a tenth of what choosing badly costs, where the climb makes its way, and halve: what
        smoothing costs is proportional to them.
        """
        limit = self.evaluations + steps
        for _ in range(2 if self._columns is None and self.groups.any else 1):
            for enough in passes:
                joint = self._columns is not None
                tau = min(widest, JOINT_WIDEST if joint else WIDEST) * self.unit
                x = self._best()
                while tau > narrowest and not stop() and self.evaluations < limit:
                    steps = min(MOST_STEPS, limit - self.evaluations)
                    x = self.climb(x if joint else self._best(), tau, enough, steps, stop, tell)
                    tau *= 0.5
            if not stop():
                self.join()
                tell(self.bound())
