"""What solving a flexible problem gives back: as of any other, with another sort of plan."""

from __future__ import annotations

from dataclasses import dataclass

from allocator.flexible.problem import FlexiblePlan
from allocator.result import Proof, Score, Status, StoppedBy, gap


@dataclass(frozen=True, slots=True)
class FlexibleResult:
    """The best checked plan found, and how good it provably is; the fields are those of a `SolveResult`.

    Attributes
    ----------
    bound
        No plan that splits only where it must has a lower score.
    """

    plan: FlexiblePlan
    score: Score
    bound: int
    stopped_by: StoppedBy
    wall_time_s: float
    proof: Proof
    notes: tuple[str, ...] = ()

    @property
    def status(self) -> Status:
        """Whether the plan is proven to be the best."""
        return "OPTIMAL" if self.score.total == self.bound else "FEASIBLE"

    @property
    def gap(self) -> float:
        """``(score - bound) / max(1, score)``."""
        return gap(self.score.total, self.bound)
