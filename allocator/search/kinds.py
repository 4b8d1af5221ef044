"""Which kind of window comes next, and how large: those that pay are drawn more often, those easily solved grow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from allocator.arrays import Ints
from allocator.search.places import PAIRS

LIMIT: Final = 0.25
LONGEST: Final = 2.0
LONGER: Final = 1.02
"""Deterministic limit of a window: at first, at most, and how much longer it gets with each that brings nothing."""

LARGEST: Final = 30_000


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


@dataclass(slots=True)
class Kind:
    """A way to choose windows, and how well it has paid.

    Attributes
    ----------
    choose
        Returns the free stays and the rooms, or None if there is no need of this kind.
    pay
        Smoothed gain per unit of effort.
    share
        Of what a pair may cost more than the best choice of its stay in a better plan, how much it may in a window.
    density
        Smoothed share of the pairs of its windows that have a literal.
    """

    name: str
    choose: Callable[[int], tuple[Ints, Ints] | None]
    share: float = 1.0
    pay: float = 0.0
    density: float = 0.4
    size: float = float(PAIRS)
    tries: int = 0
    gain: int = 0
    effort: float = 0.0

    def learn(self, done: Solved, pairs: int, limit: float) -> None:
        """Remember what a window of so many pairs brought within a limit."""
        self.gain += done.gain
        self.effort += done.effort
        self.pay = 0.8 * self.pay + 0.2 * done.gain / done.effort
        self.density = 0.8 * self.density + 0.2 * max(0.02, done.size / pairs)
        if not done.optimal:
            self.size = max(100.0, self.size * 0.8)
        elif done.effort < limit / 4:
            self.size = min(LARGEST, self.size * 1.05)


def draw(kinds: Sequence[Kind], rng: np.random.Generator) -> Kind:
    """Draw a kind: all now and then, those that pay more often."""
    pay = np.array([k.pay for k in kinds])
    weight = 0.15 + pay / max(1e-9, pay.sum())
    fresh = [k for k in kinds if k.tries < 3]
    return fresh[0] if fresh else kinds[int(rng.choice(len(kinds), p=weight / weight.sum()))]
