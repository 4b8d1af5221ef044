"""The two ways the core can refuse: bad input, and a bug of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong with an input.

    Attributes
    ----------
    where
        Path of the offending object, by id: ``stays[BK-1].end``.
    message
        What is wrong, and what would be right.
    """

    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


class InvalidProblem(ValueError):
    """The problem cannot be solved as stated; every fault is listed, none is hidden behind another.

    Attributes
    ----------
    faults
        All faults found, in the order of the input.
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        shown = "; ".join(map(str, self.faults[:5]))
        more = f"; and {len(self.faults) - 5} more" if len(self.faults) > 5 else ""
        super().__init__(f"{len(self.faults)} fault(s): {shown}{more}")


class SolverBug(AssertionError):
    """A plan of our own broke a rule, or a bound rose above a score: never the caller's fault."""
