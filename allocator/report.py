"""What a running solve tells its caller, and what it is told: when to stop."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from allocator.arrays import Ints
from allocator.prices import Kept


@dataclass(frozen=True, slots=True)
class Limits:
    """How far the search may go.

    Attributes
    ----------
    deadline
        On the monotonic clock, in seconds.
    effort
        Deterministic limit in steps of about a second, None where time decides.
    """

    deadline: float
    workers: int
    seed: int
    gap: float
    effort: float | None = None

    @property
    def threads(self) -> int:
        """What may run at once: one where effort is counted, so that it repeats."""
        return self.workers if self.effort is None else 1


class Report(ABC):
    """The channel between a search and its caller; it keeps the best score and bound of its own.

    Attributes
    ----------
    score
        Score of the best plan reported, None before the first.
    bound
        Highest bound reported.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self.clock = clock
        self.started = clock()
        self.score: int | None = None
        self.bound = 0

    def plan(self, rooms: Ints, score: int) -> None:
        """Offer a plan whose score the search believes to be ``score``; passed on if it is the best so far."""
        if self.score is None or score < self.score:
            self.score = score
            self.send_plan(rooms)

    def raise_bound(self, bound: int) -> None:
        """Tell a bound of every plan."""
        if bound > self.bound:
            self.bound = bound
            self.send_bound(bound)

    @abstractmethod
    def send_plan(self, rooms: Ints) -> None:
        """Pass a better plan on."""

    @abstractmethod
    def send_bound(self, bound: int) -> None:
        """Pass a better bound on."""

    @abstractmethod
    def phase(self, name: str) -> None:
        """Say what begins."""

    def prices(self, prices: Kept) -> None:  # noqa: B027 not every caller wants them
        """Pass prices on for the next solve."""

    @property
    def time_left(self) -> float:
        """Seconds until the deadline."""
        return self.limits.deadline - self.clock()

    @property
    def done(self) -> bool:
        """Whether the plan is proven, or good enough as asked."""
        if self.score is None:
            return False
        return self.score - self.bound <= self.limits.gap * max(1, self.score)

    def stop(self) -> bool:
        """Tell whether to stop: done, or out of time."""
        return self.done or self.time_left <= 0
