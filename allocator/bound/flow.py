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
from math import exp, log
from typing import Final

import numpy as np
import numpy.typing as npt

from allocator.arrays import Arrays, Floats, Ints
from allocator.bound.groups import GroupTerms
from allocator.classes import Classes
from allocator.jit import compiled

Shorts = npt.NDArray[np.int32]

MEMORY: Final = 30
STOCKTAKING: Final = 20
MOST_STEPS: Final = 600
ENOUGH: Final = (0.03, 0.008, 0.002)
WIDEST: Final = 0.1
NEAR: Final = 60.0
"""Pairs so many widths dearer than the best are not looked at until the next stocktaking."""


@compiled
def _soft(x: float, y: float, tau: float) -> float:
    """Return the soft minimum of two numbers."""
    if x > y:
        x, y = y, x
    d = (y - x) / tau
    if d > 40.0:
        return x
    return x - tau * log(1.0 + exp(-d))


@compiled
def _smooth(  # type: ignore[no-untyped-def]
    leave: Floats,
    unused: Floats,
    tau: float,
    time: Ints,
    gap: Ints,
    per_night: int,
    priced: Ints,
    rooms: Ints,
    fixed_class: Ints,
    fixed_from: Ints,
    fixed_to: Ints,
    first: Ints,
    last: Ints,
    penalty: Ints,
    begin: Ints,
    klass: Shorts,
    cost: Ints,
    grad: Floats,
    grad_unused: Floats,
):
    """Return the smoothed L, leaving its gradient in ``grad`` and ``grad_unused``."""
    n, n_classes = leave.shape
    reach = (len(gap) + 1) * per_night
    enter = np.empty((n, n_classes))
    prefix = np.empty((n, n_classes))
    back = np.empty(n, np.int64)  # how many instants lie further back than the longest gap
    j = 0
    for t in range(n):
        while j < n and time[t] - time[j] >= reach:
            j += 1
        back[t] = j
    value = 0.0
    for c in range(n_classes):
        run = unused[c]
        for t in range(n):
            run = _soft(run, leave[t, c], tau)
            prefix[t, c] = run
        value -= rooms[c] * (unused[c] - run)
        grad_unused[c] = -rooms[c]
        for t in range(n):
            grad[t, c] = 0.0
            if priced[c] == 0:
                enter[t, c] = prefix[t, c]
                continue
            s = prefix[back[t] - 1, c] if back[t] > 0 else unused[c]
            for u in range(back[t], t + 1):
                idle = (time[t] - time[u]) // per_night
                s = _soft(s, leave[u, c] + (gap[idle - 1] if idle >= 1 else 0), tau)
            enter[t, c] = s
    down = np.zeros((n, n_classes))  # gradient by S
    for k in range(len(fixed_class)):
        c = fixed_class[k]
        value += enter[fixed_from[k], c] - leave[fixed_to[k], c]
        down[fixed_from[k], c] += 1.0
        grad[fixed_to[k], c] -= 1.0
    price = np.empty(n_classes + 1)
    for i in range(len(begin) - 1):
        a, b = first[i], last[i]
        x, y = begin[i], begin[i + 1]
        least = float(penalty[i])
        for q in range(x, y):
            v = cost[q] + enter[a, klass[q]] - leave[b, klass[q]]
            price[q - x] = v
            least = min(least, v)
        total = exp(-(penalty[i] - least) / tau) if penalty[i] - least < 30 * tau else 0.0
        edge = least + 30.0 * tau
        for q in range(x, y):
            if price[q - x] < edge:
                d = exp((least - price[q - x]) / tau)
                price[q - x] = d
                total += d
            else:
                price[q - x] = 0.0
        value += least - tau * log(total)
        for q in range(x, y):
            w = price[q - x]
            if w > 0.0:
                w /= total
                down[a, klass[q]] += w
                grad[b, klass[q]] -= w
    into = np.zeros(n)  # gradient by prefix
    for c in range(n_classes):  # through S, and through the prefixes it is made of, to E and Z
        into[:] = 0.0
        into[n - 1] += rooms[c]
        for t in range(n):
            g = down[t, c]
            if g == 0.0:
                continue
            s = enter[t, c]
            if priced[c] == 0:
                into[t] += g
                continue
            base = prefix[back[t] - 1, c] if back[t] > 0 else unused[c]
            w = exp(min(0.0, (s - base) / tau)) * g
            if back[t] > 0:
                into[back[t] - 1] += w
            else:
                grad_unused[c] += w
            for u in range(back[t], t + 1):
                idle = (time[t] - time[u]) // per_night
                grad[u, c] += g * exp(min(0.0, (s - leave[u, c] - (gap[idle - 1] if idle >= 1 else 0)) / tau))
        carry = 0.0
        for t in range(n - 1, -1, -1):
            carry += into[t]
            w = exp(min(0.0, (prefix[t, c] - leave[t, c]) / tau)) * carry
            grad[t, c] += w
            carry -= w
        grad_unused[c] += carry
    return value


@compiled
def _hard(  # type: ignore[no-untyped-def]
    leave: Ints,
    unused: Ints,
    scale: int,
    time: Ints,
    gap: Ints,
    per_night: int,
    priced: Ints,
    rooms: Ints,
    fixed_class: Ints,
    fixed_from: Ints,
    fixed_to: Ints,
    first: Ints,
    last: Ints,
    penalty: Ints,
    begin: Ints,
    klass: Shorts,
    cost: Ints,
    reduced: Ints,
    outside: Ints,
):
    """Return scale times L with E and Z in units of 1 / scale, in integers.

    Leaves in ``reduced`` how much dearer each pair is than the cheapest choice of its stay; in ``outside``, having no
    room.
    """
    n, n_classes = leave.shape
    enter = np.empty((n, n_classes), np.int64)
    value = 0
    for c in range(n_classes):
        run = unused[c]
        for t in range(n):
            run = min(run, leave[t, c])
            enter[t, c] = run
        value -= rooms[c] * (unused[c] - run)
        if priced[c] == 0:
            continue
        for t in range(n - 1, -1, -1):
            s = 2**62
            u = t
            while u >= 0:
                idle = (time[t] - time[u]) // per_night
                if idle > len(gap):
                    break
                s = min(s, leave[u, c] + (gap[idle - 1] * scale if idle >= 1 else 0))
                u -= 1
            enter[t, c] = min(s, enter[u, c] if u >= 0 else unused[c])
    for k in range(len(fixed_class)):
        value += enter[fixed_from[k], fixed_class[k]] - leave[fixed_to[k], fixed_class[k]]
    for i in range(len(begin) - 1):
        least = penalty[i] * scale
        for q in range(begin[i], begin[i + 1]):
            v = cost[q] * scale + enter[first[i], klass[q]] - leave[last[i], klass[q]]
            reduced[q] = v
            least = min(least, v)
        value += least
        outside[i] = penalty[i] * scale - least
        for q in range(begin[i], begin[i + 1]):
            reduced[q] -= least
    return value


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
        self._reduced: Ints = np.zeros(len(c.klass), np.int64)
        self._outside: Ints = np.zeros(len(c.stays), np.int64)
        self.groups = GroupTerms(arrays, classes)
        self._joined = 0
        self.unit = unit_cost(c)
        self.value = -np.inf
        self.evaluations = 0
        self._try(np.zeros(c.n * (len(self.time) + 1)))

    def _integer(self, x: Floats) -> tuple[Ints, Ints]:
        whole: Ints = np.rint(np.clip(x, -self._most, self._most) * self.scale).astype(np.int64)
        split = self.leave.size
        return whole[:split].reshape(self.leave.shape), whole[split:]

    def _try(self, x: Floats) -> float:
        """Evaluate L, and keep the prices if they are the best."""
        leave, unused = self._integer(x)
        value = (
            float(_hard(leave, unused, self.scale, *self._data, *self._pairs, self._reduced, self._outside))
            / self.scale
        )
        if value > self.value:
            self.value = value
            self.leave, self.unused = leave / self.scale, unused / self.scale
        return value

    def _slope(self, x: Floats, tau: float, near: Pairs) -> tuple[float, Floats]:
        split = self.leave.size
        grad, grad_unused = np.empty_like(self.leave), np.empty_like(self.unused)
        value = _smooth(x[:split].reshape(self.leave.shape), x[split:], tau, *self._data, *near, grad, grad_unused)
        self.evaluations += 1
        return -value, -np.concatenate([grad.ravel(), grad_unused])

    def _near(self, x: Floats, tau: float) -> tuple[float, Pairs]:
        """Return L, and the pairs that matter at these prices, after taking stock of all."""
        value = self._try(x)
        begin, klass, cost = self._pairs
        keep = self._reduced <= NEAR * max(tau, 0.2) * self.scale
        count = np.bincount(self._owner[keep], minlength=len(begin) - 1)
        return value, (np.concatenate([[0], np.cumsum(count)]).astype(np.int64), klass[keep], cost[keep])

    def climb(
        self, tau: float, enough: float, steps: int, stop: Callable[[], bool], tell: Callable[[int], None]
    ) -> None:
        """Climb the smoothed L of this width by L-BFGS from the best prices.

        It ends when the last steps gained less than ``enough`` of what smoothing itself costs here.
        """
        x = np.concatenate([self.leave.ravel(), self.unused])
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
            if curve > 1e-10 * float(y @ y) ** 0.5 * float(s @ s) ** 0.5:
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

    def reduced(self) -> Ints:
        """Return how much dearer than its stay's cheapest choice each pair is at the best prices, times ``scale``."""
        return self._at_best()[1]

    def _at_best(self) -> tuple[int, Ints, Ints]:
        """Return L at the best prices, and how much dearer each pair is there, and having no room; times ``scale``."""
        leave, unused = self._integer(np.concatenate([self.leave.ravel(), self.unused]))
        reduced, outside = np.empty_like(self._reduced), np.empty_like(self._outside)
        value = int(_hard(leave, unused, self.scale, *self._data, *self._pairs, reduced, outside))
        return value, reduced, outside

    def join(self) -> None:
        """Add to the bound what groups add at the best prices."""
        if not self.groups.any:
            return
        value, reduced, outside = self._at_best()
        self._joined = max(self._joined, value + self.groups.adds(reduced, outside, self.scale))

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
        free = -(-max(round(self.value * self.scale), self._joined) // self.scale)
        lattice = self.arrays.lattice
        return max(0, -(-(free + self.arrays.fixed_cost) // lattice) * lattice)

    def start_from(self, coarse: FlowBound) -> None:
        """Take over the prices of larger classes: the bound is at least theirs at once."""
        room_of = np.zeros(self.classes.n, np.int64)
        room_of[self.classes.of_room] = np.arange(self.arrays.n_rooms)
        larger = coarse.classes.of_room[room_of]
        self._try(np.concatenate([coarse.leave[:, larger].ravel(), coarse.unused[larger]]))
        self._joined = max(self._joined, coarse._joined)

    def prove(
        self,
        stop: Callable[[], bool],
        tell: Callable[[int], None],
        steps: int = 1_000_000,
        passes: tuple[float, ...] = ENOUGH,
        narrowest: float = 0.004,
    ) -> None:
        """Climb until nothing is gained any more, or so many slopes were taken; tell every better bound.

        The widths start at about a tenth of what choosing badly costs, where the climb makes its way, and halve: what
        smoothing costs is proportional to them.
        """
        limit = self.evaluations + steps
        for enough in passes:
            tau = WIDEST * self.unit
            while tau > narrowest and not stop() and self.evaluations < limit:
                self.climb(tau, enough, min(MOST_STEPS, limit - self.evaluations), stop, tell)
                tau *= 0.5
            if not stop():
                self.join()
                tell(self.bound())
