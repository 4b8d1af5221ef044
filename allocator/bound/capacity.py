"""Room-night prices: the dual of the class capacities.

With a price ``mu[c, t] >= 0`` for each class c and clique t,

    L(mu) = sum_i min(p[i], min_c c[i, c] + sum_{t in i} mu[c, t]) - sum_{c, t} k[c, t] mu[c, t]

is a lower bound of every plan (Lagrange; the terms between stays are at least 0 and are left out). The prices climb by
the volume algorithm (Barahona and Anbil 2000): a step from the best prices known along a smoothed subgradient, as long
as Polyak's rule for a hoped-for gain, which grows with success and shrinks with failure.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

import numpy as np
import numpy.typing as npt

from allocator.arrays import Arrays, Ints
from allocator.classes import Classes
from allocator.jit import compiled

PATIENCE, SHRINK, ALPHA = 20, 0.7, 0.1
Floats = npt.NDArray[np.float64]


@compiled
def _evaluate(
    mu: Floats,
    free: Ints,
    begin: Ints,
    klass: Ints,
    cost: Ints,
    first: Ints,
    last: Ints,
    penalty: Ints,
    excess: Floats,
    total: Floats,
) -> float:
    """Return L(mu); leave in ``excess`` how many stays want each class and clique beyond its beds."""
    n_classes, n_cliques = mu.shape
    value = 0.0
    for c in range(n_classes):
        run = 0.0
        total[c, 0] = 0.0
        for t in range(n_cliques):
            value -= free[c, t] * mu[c, t]
            run += mu[c, t]
            total[c, t + 1] = run
            excess[c, t] = 0.0
    for i in range(len(begin) - 1):
        least = float(penalty[i])
        choice = -1
        a, b = first[i], last[i]
        for q in range(begin[i], begin[i + 1]):
            c = klass[q]
            price = cost[q] + total[c, b] - total[c, a]
            if price < least:
                least = price
                choice = c
        value += least
        if choice >= 0:
            excess[choice, a] += 1.0
            if b < n_cliques:
                excess[choice, b] -= 1.0
    for c in range(n_classes):
        run = 0.0
        for t in range(n_cliques):
            run += excess[c, t]
            excess[c, t] = run - free[c, t]
    return value


@compiled
def _climb(
    mu: Floats,
    free: Ints,
    begin: Ints,
    klass: Ints,
    cost: Ints,
    first: Ints,
    last: Ints,
    penalty: Ints,
    direction: Floats,
    state: Floats,
    steps: int,
) -> None:
    """Improve ``mu`` in place; ``state`` is [best value, hoped-for gain, steps without gain, steps taken]."""
    n_classes, n_cliques = mu.shape
    trial = mu.copy()
    excess = np.zeros((n_classes, n_cliques))
    total = np.zeros((n_classes, n_cliques + 1))
    for _ in range(steps):
        best = state[0]
        value = _evaluate(trial, free, begin, klass, cost, first, last, penalty, excess, total)
        if state[3] == 0:
            best = value
            state[0] = value
            direction[:, :] = excess
        state[3] += 1.0
        dot = 0.0
        for c in range(n_classes):
            for t in range(n_cliques):
                dot += direction[c, t] * excess[c, t]
        if value > best:
            if value > best + 0.01 * state[1]:
                state[2] = 0.0
            mu[:, :] = trial
            state[0] = value
            if dot > 0:
                state[1] *= 1.05
        else:
            state[2] += 1.0
            if state[2] >= PATIENCE:
                state[1] *= SHRINK
                state[2] = 0.0
                trial[:, :] = mu
        norm = 0.0
        alpha = ALPHA
        for c in range(n_classes):
            for t in range(n_cliques):
                g = alpha * excess[c, t] + (1.0 - alpha) * direction[c, t]
                direction[c, t] = g
                if g > 0 or trial[c, t] > 0:
                    norm += g * g
        if norm < 1e-9:
            break
        step = state[1] / norm
        for c in range(n_classes):
            for t in range(n_cliques):
                trial[c, t] = max(0.0, trial[c, t] + step * direction[c, t])


class CapacityBound:
    """The climb of the room-night prices of one problem.

    Attributes
    ----------
    mu : (n_classes, n_cliques)
        The best prices so far.
    """

    def __init__(self, arrays: Arrays, classes: Classes, mu: Floats | None = None) -> None:
        self.arrays, self.classes = arrays, classes
        shape = classes.free.shape
        fits = mu is not None and mu.shape == shape and bool(np.isfinite(mu).all())
        self.mu: Floats = np.maximum(0.0, mu) if fits and mu is not None else np.zeros(shape)
        self._direction: Floats = np.zeros(shape)
        hope = max(1.0, 0.02 * float(classes.cost.sum()) / max(1.0, len(classes.cost) / max(1, len(classes.stays))))
        self._state: Floats = np.array([0.0, hope, 0.0, 0.0])
        self._data = (
            classes.free,
            classes.begin,
            classes.klass,
            classes.cost,
            arrays.first[classes.stays],
            arrays.last[classes.stays],
            arrays.penalty[classes.stays],
        )

    @property
    def value(self) -> float:
        """L(mu), locked stays included."""
        return float(self._state[0]) + self.arrays.fixed_cost

    def climb(self, steps: int, stop: Callable[[], bool] = lambda: False) -> None:
        """Take so many steps, in slices; ends early where gains end."""
        done = 0
        while done < steps and self._state[1] > 1e-5 * abs(self.value) and not stop():
            _climb(self.mu, *self._data, self._direction, self._state, 50)
            done += 50

    def bound(self) -> int:
        """Return a bound that holds for every plan, computed in integers."""
        a, c = self.arrays, self.classes
        total = int(a.penalty.sum()) + 1
        scale = max(1, min(1024, 2**60 // total))
        mu = np.rint(np.minimum(self.mu, float(total)) * scale).astype(np.int64)
        sums = np.zeros((c.n, mu.shape[1] + 1), np.int64)
        np.cumsum(mu, axis=1, out=sums[:, 1:])
        owner = np.repeat(np.arange(len(c.stays)), np.diff(c.begin))
        first, last = self._data[4], self._data[5]
        price = c.cost * scale + sums[c.klass, last[owner]] - sums[c.klass, first[owner]]
        least = a.penalty[c.stays] * scale
        np.minimum.at(least, owner, price)
        spent = sum(int(f @ m) for f, m in zip(c.free, mu, strict=True))
        return on_lattice(a, ceil_div(int(least.sum()) - spent, scale))

    def reduced(self) -> Floats:
        """Return for each pair its cost plus the price of the room-nights it takes."""
        c = self.classes
        sums = np.zeros((c.n, self.mu.shape[1] + 1))
        np.cumsum(self.mu, axis=1, out=sums[:, 1:])
        owner = np.repeat(np.arange(len(c.stays)), np.diff(c.begin))
        first, last = self._data[4], self._data[5]
        return c.cost.astype(np.float64) + sums[c.klass, last[owner]] - sums[c.klass, first[owner]]


def ceil_div(a: int, b: int) -> int:
    """Return a / b rounded up."""
    return -(-a // b)


def on_lattice(arrays: Arrays, free_cost: int) -> int:
    """Add what the locked stays cost to a bound of the rest, and raise it to the next possible score."""
    return max(0, ceil(ceil_div(free_cost + arrays.fixed_cost, arrays.lattice)) * arrays.lattice)
