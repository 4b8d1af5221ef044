"""How long a room stands empty before a stay begins, and which other room would leave more."""

from __future__ import annotations

from dataclasses import dataclass

from allocator.answers.board import Board
from allocator.answers.suggest import may_have
from allocator.plan import Plan
from allocator.problem import Problem, Room, Stay


@dataclass(frozen=True, slots=True)
class Other:
    """A free room that leaves enough time.

    Attributes
    ----------
    idle
        Slots since it was last taken; None if it was not before.
    cost
        By how much the score rises.
    """

    room: str
    idle: int | None
    cost: int


@dataclass(frozen=True, slots=True)
class Slack:
    """The time before a stay in its room; ``others`` leave as much as was wanted, cheapest first."""

    stay: str
    room: str
    idle: int | None
    others: tuple[Other, ...]


def slack_before(problem: Problem, plan: Plan, stay_id: str, wanted: int) -> Slack | None:
    """Return how many slots a stay's room is empty before it, and where that is too few, rooms where it is not.

    Nobody else moves. A locked stay keeps its room; None for one that has no room, or a bed in a dorm.

    Parameters
    ----------
    wanted
        Slots that should lie before it.

    Raises
    ------
    KeyError
        If there is no such stay.
    """
    stay = problem.stay_by_id[stay_id]
    room = problem.room_by_id.get(plan.rooms.get(stay_id) or "")
    if room is None or room.beds > 1:
        return None
    board = Board(problem, plan)
    board.take_out(stay_id)
    idle = _idle(board, stay, room)
    if stay.locked or idle is None or idle >= wanted:
        return Slack(stay_id, room.id, idle, ())
    here = sum(board.cost(stay, room).values())
    found = []
    for other in problem.rooms:
        if other is not room and other.beds == 1 and may_have(board, stay, other):
            there = _idle(board, stay, other)
            if there is None or there >= wanted:
                found.append(Other(other.id, there, sum(board.cost(stay, other).values()) - here))
    return Slack(stay_id, room.id, idle, tuple(sorted(found, key=lambda o: (o.cost, o.room))))


def _idle(board: Board, stay: Stay, room: Room) -> int | None:
    before = board.neighbours(stay, room).before
    return None if before is None else stay.start - before.end
