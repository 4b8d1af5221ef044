"""Every soft term of a flexible problem's plan: those of version 1 on what its choices leave, and two of its own."""

from __future__ import annotations

from allocator.check import placements
from allocator.flexible.problem import FlexiblePlan, FlexibleProblem
from allocator.flexible.settle import Settled, settle
from allocator.result import Score
from allocator.score import SCORES


def score(problem: FlexibleProblem, plan: FlexiblePlan) -> Score:
    """Return the penalties of a plan by term, zero terms left out."""
    settled = settle(problem, plan)
    penalties = {name: term(settled.problem, settled.plan) for name, term in SCORES.items()}
    penalties["move"] += moved_in_parts(problem, plan)
    penalties["split"] = split(problem, plan)
    penalties["readiness"] = readiness(problem, settled)
    return Score({name: penalty for name, penalty in penalties.items() if penalty})


def split(problem: FlexibleProblem, plan: FlexiblePlan) -> int:
    """The price of a change, for each change of rooms during a stay."""
    return problem.split * plan.changes


def readiness(problem: FlexibleProblem, settled: Settled) -> int:
    """The price of a slot, for each slot that an arrival (of a part too) waits for its room."""
    return problem.readiness * sum(
        problem.wait(stay, room.id) for stay, room in placements(settled.problem, settled.plan)
    )


def moved_in_parts(problem: FlexibleProblem, plan: FlexiblePlan) -> int:
    """``move_penalty`` of each stay that held a room and is split: it does not have it throughout."""
    stays = (problem.base.stay_by_id[s] for s in plan.split if s in problem.base.stay_by_id)
    return sum(stay.move_penalty for stay in stays if stay.room is not None)
