"""The compiled part of :mod:`allocator.bound.flow`: L with soft minima and its gradient, and L in integers.

Soft, a slope is taken in three steps over the same arrays: `enter` prices beginning (S, from E and Z), the stays choose
(`choose`, and members of groups together, :func:`allocator.bound.columns.choose_together`), and `back` carries the
gradient by S on to E and Z.
"""

from __future__ import annotations

from math import exp, log

import numpy as np
import numpy.typing as npt

from allocator.arrays import Bools, Floats, Ints
from allocator.jit import compiled

Shorts = npt.NDArray[np.int32]


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
def enter(  # type: ignore[no-untyped-def]
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
    entered: Floats,
    prefix: Floats,
    back_to: Ints,
    down: Floats,
    grad: Floats,
    grad_unused: Floats,
):
    """Return what rooms and whatever is fixed add to the smoothed L.

    Leaves S in ``entered``, the soft minimum of E up to each instant in ``prefix``, how many instants lie further back
    than the longest gap in ``back_to``, and the gradients begun: by S in ``down``, by E in ``grad``, by Z.
    """
    n, n_classes = leave.shape
    reach = (len(gap) + 1) * per_night
    j = 0
    for t in range(n):
        while j < n and time[t] - time[j] >= reach:
            j += 1
        back_to[t] = j
    value = 0.0
    down[:] = 0.0
    grad[:] = 0.0
    for c in range(n_classes):
        run = unused[c]
        for t in range(n):
            run = _soft(run, leave[t, c], tau)
            prefix[t, c] = run
        value -= rooms[c] * (unused[c] - run)
        grad_unused[c] = -rooms[c]
        for t in range(n):
            if priced[c] == 0:
                entered[t, c] = prefix[t, c]
                continue
            s = prefix[back_to[t] - 1, c] if back_to[t] > 0 else unused[c]
            for u in range(back_to[t], t + 1):
                idle = (time[t] - time[u]) // per_night
                s = _soft(s, leave[u, c] + (gap[idle - 1] if idle >= 1 else 0), tau)
            entered[t, c] = s
    for k in range(len(fixed_class)):
        c = fixed_class[k]
        value += entered[fixed_from[k], c] - leave[fixed_to[k], c]
        down[fixed_from[k], c] += 1.0
        grad[fixed_to[k], c] -= 1.0
    return value


@compiled
def choose(  # type: ignore[no-untyped-def]
    leave: Floats,
    entered: Floats,
    tau: float,
    first: Ints,
    last: Ints,
    penalty: Ints,
    alone: Bools,
    begin: Ints,
    klass: Shorts,
    cost: Ints,
    down: Floats,
    grad: Floats,
):
    """Return the soft minima of the stays that choose alone, adding their gradients."""
    value = 0.0
    price = np.empty(leave.shape[1] + 1)
    for i in range(len(begin) - 1):
        if not alone[i]:
            continue
        a, b = first[i], last[i]
        x, y = begin[i], begin[i + 1]
        least = float(penalty[i])
        for q in range(x, y):
            v = cost[q] + entered[a, klass[q]] - leave[b, klass[q]]
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
    return value


@compiled
def back(
    leave: Floats,
    unused: Floats,
    tau: float,
    time: Ints,
    gap: Ints,
    per_night: int,
    priced: Ints,
    rooms: Ints,
    entered: Floats,
    prefix: Floats,
    back_to: Ints,
    down: Floats,
    grad: Floats,
    grad_unused: Floats,
) -> None:
    """Carry the gradient by S through S and the prefixes it is made of to E and Z."""
    n, n_classes = leave.shape
    into = np.zeros(n)  # gradient by prefix
    for c in range(n_classes):
        into[:] = 0.0
        into[n - 1] += rooms[c]
        for t in range(n):
            g = down[t, c]
            if g == 0.0:
                continue
            s = entered[t, c]
            if priced[c] == 0:
                into[t] += g
                continue
            base = prefix[back_to[t] - 1, c] if back_to[t] > 0 else unused[c]
            w = exp(min(0.0, (s - base) / tau)) * g
            if back_to[t] > 0:
                into[back_to[t] - 1] += w
            else:
                grad_unused[c] += w
            for u in range(back_to[t], t + 1):
                idle = (time[t] - time[u]) // per_night
                grad[u, c] += g * exp(min(0.0, (s - leave[u, c] - (gap[idle - 1] if idle >= 1 else 0)) / tau))
        carry = 0.0
        for t in range(n - 1, -1, -1):
            carry += into[t]
            w = exp(min(0.0, (prefix[t, c] - leave[t, c]) / tau)) * carry
            grad[t, c] += w
            carry -= w
        grad_unused[c] += carry


@compiled
def hard(  # type: ignore[no-untyped-def]
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
    entered = np.empty((n, n_classes), np.int64)
    value = 0
    for c in range(n_classes):
        run = unused[c]
        for t in range(n):
            run = min(run, leave[t, c])
            entered[t, c] = run
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
            entered[t, c] = min(s, entered[u, c] if u >= 0 else unused[c])
    for k in range(len(fixed_class)):
        value += entered[fixed_from[k], fixed_class[k]] - leave[fixed_to[k], fixed_class[k]]
    for i in range(len(begin) - 1):
        least = penalty[i] * scale
        for q in range(begin[i], begin[i + 1]):
            v = cost[q] * scale + entered[first[i], klass[q]] - leave[last[i], klass[q]]
            reduced[q] = v
            least = min(least, v)
        value += least
        outside[i] = penalty[i] * scale - least
        for q in range(begin[i], begin[i + 1]):
            reduced[q] -= least
    return value
