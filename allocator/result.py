"""What a solve gives back: a checked plan, its score, and the proof of how good it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from allocator.plan import Plan

Status = Literal["OPTIMAL", "FEASIBLE"]
StoppedBy = Literal["proof", "gap", "time", "signal", "memory", "crash"]


@dataclass(frozen=True, slots=True)
class Score:
    """Penalties by term, zero terms left out; lower is better."""

    terms: Mapping[str, int]

    @property
    def total(self) -> int:
        """Sum of the terms."""
        return sum(self.terms.values())


@dataclass(frozen=True, slots=True)
class Proof:
    """What is needed to repeat a solve and to believe it."""

    seed: int
    workers: int
    versions: Mapping[str, str]
    instance_digest: str


@dataclass(frozen=True, slots=True)
class Progress:
    """A sign of life of a solve; ``bound`` holds for every plan, ``score`` is of a checked plan (None: none yet)."""

    phase: str
    elapsed_s: float
    score: int | None
    bound: int
    unplaced: int | None = None

    @property
    def gap(self) -> float | None:
        """Relative gap, None while there is no plan."""
        return None if self.score is None else gap(self.score, self.bound)


@dataclass(frozen=True, slots=True)
class SolveResult:
    """The best checked plan found, and how good it provably is.

    Attributes
    ----------
    bound
        No plan of the problem has a lower score.
    stopped_by
        ``proof`` (nothing better exists), ``gap`` (good enough as asked), ``time``, ``signal``, ``memory`` or ``crash``
        (the solving process died: the plan is the best it had sent, or the greedy one).
    prices
        Room-night prices to warm-start the next solve of the same hotel, opaque; empty if none.
    notes
        Anything a reader of the run should know, one sentence each (which fallback was used, ...).
    """

    plan: Plan
    score: Score
    bound: int
    status: Status
    stopped_by: StoppedBy
    wall_time_s: float
    proof: Proof
    prices: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def gap(self) -> float:
        """``(score - bound) / max(1, score)``."""
        return gap(self.score.total, self.bound)


def gap(score: int, bound: int) -> float:
    """Return the relative distance of a score to its proven bound."""
    return (score - bound) / max(1, score)
