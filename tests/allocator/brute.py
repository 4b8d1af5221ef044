"""The best plan of a small problem by trying all of them: the oracle of everything that solves."""

from __future__ import annotations

from itertools import product

from allocator.check import check, misfits
from allocator.plan import Plan
from allocator.problem import Problem, Stay
from allocator.score import score


def valid_rooms(problem: Problem, stay: Stay) -> list[str]:
    """Return the rooms a stay may have, other stays aside."""
    if stay.locked:
        return [str(stay.room)]
    return [room.id for room in problem.rooms if not any(misfits(stay, room))]


def best_plan(problem: Problem) -> tuple[Plan, int] | None:
    """Return a plan of least score, and the score; None if no plan is valid (a move budget too small)."""
    choices = [[*valid_rooms(problem, s), *([] if s.locked else [None])] for s in problem.stays]
    best: tuple[Plan, int] | None = None
    for rooms in product(*choices):
        plan = Plan({s.id: r for s, r in zip(problem.stays, rooms, strict=True)})
        total = score(problem, plan).total
        if (best is None or total < best[1]) and not check(problem, plan):
            best = plan, total
    return best
