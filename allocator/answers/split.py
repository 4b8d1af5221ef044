"""A stay in several rooms, one after the other, everybody else staying where they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from allocator.answers.board import Board
from allocator.answers.suggest import may_have
from allocator.plan import Plan
from allocator.problem import Problem, Room, Stay


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a stay in a room; ``cost`` is what it adds to the score."""

    start: int
    end: int
    room: str
    cost: int


@dataclass(frozen=True, slots=True)
class Split:
    """A stay cut into parts, the earliest first.

    Attributes
    ----------
    cost
        Sum of the parts: exact where no two of them share a room.
    """

    parts: tuple[Part, ...]
    cost: int


def part_of(stay: Stay, per_night: int, first: int, last: int) -> Stay:
    """Return the part of a stay from its night ``first`` up to ``last``, counted from 0."""
    return replace(
        stay,
        id=f"{stay.id}/{first + 1}",
        start=stay.start + first * per_night,
        end=stay.start + last * per_night if last < stay.nights else stay.end,
        nights=last - first,
        room=None,
        locked=False,
        move_penalty=0,
    )


def split(
    problem: Problem,
    plan: Plan,
    stay: Stay,
    most_parts: int = 2,
    *,
    part: Callable[[Stay, int, int, int], Stay] = part_of,
) -> Split | None:
    """Return the way to split a stay that does the least harm: fewest parts, then least cost; None if there is none.

    It changes rooms at the hour at which it began. A stay that fits in one room comes back in one part.

    Parameters
    ----------
    most_parts
        So many parts at most, >= 1.
    part
        Makes a part, if its costs are others than a share of the whole.
    """
    board = Board(problem, plan)
    board.take_out(stay.id)
    best: dict[tuple[int, int], Part | None] = {}

    def piece(first: int, last: int) -> Part | None:
        if (first, last) not in best:
            best[first, last] = _cheapest(board, part(stay, problem.slots_per_night, first, last))
        return best[first, last]

    ways: dict[int, tuple[int, tuple[Part, ...]]] = {0: (0, ())}  # by night reached, with one part more each round
    for _ in range(most_parts):
        following: dict[int, tuple[int, tuple[Part, ...]]] = {}
        for first, (cost, parts) in ways.items():
            for last in range(first + 1, stay.nights + 1):
                found = piece(first, last)
                if found is None:
                    break  # a longer one does not fit either
                if last not in following or cost + found.cost < following[last][0]:
                    following[last] = cost + found.cost, (*parts, found)
        if stay.nights in following:
            cost, parts = following[stay.nights]
            return Split(parts, cost)
        ways = following
    return None


def _cheapest(board: Board, stay: Stay) -> Part | None:
    """Return the cheapest free room for a part."""
    costs: list[tuple[int, Room]] = [
        (sum(board.cost(stay, room).values()), room) for room in board.problem.rooms if may_have(board, stay, room)
    ]
    if not costs:
        return None
    cost, room = min(costs, key=lambda c: c[0])
    return Part(stay.start, stay.end, room.id, cost)
