"""Where a peer's plans go: scored, told with their time, the best of them written at the end."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import psutil

from allocator.arrays import Ints, plan_of
from allocator.plan import Plan
from allocator.problem import Problem
from allocator.score import score


class Offers:
    """The plans of one peer on one problem.

    Attributes
    ----------
    workers
        Processors it may use.
    """

    def __init__(self, problem: Problem, seconds: float, workers: int, uncounted: float = 0.0) -> None:
        self.problem, self.workers = problem, workers
        self._begun = psutil.Process().create_time() + uncounted
        self._seconds = seconds
        self._best: tuple[int, Plan, dict[str, int]] | None = None

    @property
    def left(self) -> float:
        """Seconds until the limit, which counts from the start of the process, what is uncounted left out."""
        return self._seconds - (time.time() - self._begun)

    def offer(self, rooms: Ints) -> int:
        """Take a plan that keeps every rule; return its score."""
        plan = plan_of(self.problem, rooms)
        terms = score(self.problem, plan)
        if self._best is None or terms.total < self._best[0]:
            self._best = terms.total, plan, dict(terms.terms)
            self.say(f"score {terms.total}")
        return terms.total

    def say(self, what: str) -> None:
        """Tell something with the time."""
        print(f"{time.time() - self._begun:8.1f} s  {what}", file=sys.stderr, flush=True)

    def write(self, path: Path) -> bool:
        """Write the best plan; tell whether there is one."""
        if self._best is None:
            return False
        total, plan, terms = self._best
        claim = {"instance": self.problem.name, "status": "FEASIBLE", "plan": dict(plan.rooms)}
        path.write_text(json.dumps(claim | {"score": {"total": total, "terms": terms}}))
        return True
