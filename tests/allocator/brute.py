"""The best plan of a small problem by trying all of them: the oracle of everything that solves."""

from __future__ import annotations

from collections.abc import Iterator

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
    best: tuple[Plan, int] | None = None
    for plan in _plans(problem):
        total = score(problem, plan).total
        if (best is None or total < best[1]) and not check(problem, plan):
            best = plan, total
    return best


def _plans(problem: Problem) -> Iterator[Plan]:
    """Yield every plan that keeps all rules, or all but the move budget."""
    open_ = [(stay.id, [*valid_rooms(problem, stay), None]) for stay in problem.stays if not stay.locked]

    def place(at: int, rooms: dict[str, str | None]) -> Iterator[Plan]:
        # Whatever is added, what is broken stays broken; only who has moved is not known before the end.
        if any(violation.rule != "move_budget" for violation in check(problem, Plan(rooms))):
            return
        if at == len(open_):
            yield Plan(rooms)
            return
        name, choices = open_[at]
        for room in choices:
            yield from place(at + 1, rooms | {name: room})

    return place(0, {stay.id: stay.room if stay.locked else None for stay in problem.stays})
