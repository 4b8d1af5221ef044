"""A short solve that a person waits for, never worse than the plan it starts from."""

from __future__ import annotations

from allocator.params import SolveParams
from allocator.plan import Plan
from allocator.problem import Problem
from allocator.result import SolveResult


def solve_from(problem: Problem, plan: Plan, *, time_limit_s: float, gap_limit: float) -> SolveResult:
    """Solve a problem from a plan; where the time is too short for anything better, the plan itself comes out.

    Parameters
    ----------
    plan
        If it breaks a rule it is only a hint.
    """
    from allocator.solve import solve  # what it imports is heavy

    return solve(problem, SolveParams(time_limit_s=time_limit_s, gap_limit=gap_limit), incumbent=plan)
