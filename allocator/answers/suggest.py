"""Which room to give to a stay now, everybody else staying where they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from allocator.answers.board import Board
from allocator.check import misfits
from allocator.plan import Plan
from allocator.problem import Problem, Room, Stay

Fit = Literal["best", "preferred", "standard"]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A room that a stay could have, and what that costs.

    Attributes
    ----------
    parts
        What it adds to the score, by term, zero terms left out; the sum is ``total``.
    fit
        ``best`` fills an idle run from end to end, ``preferred`` touches a neighbour on one side, ``standard`` none.
    warnings
        What a receptionist should know before saying yes, one sentence each.
    """

    room: str
    total: int
    parts: Mapping[str, int]
    fit: Fit
    warnings: tuple[str, ...]


def suggest(problem: Problem, plan: Plan, stay_id: str, *, limit: int | None = 10) -> tuple[Suggestion, ...]:
    """Return the rooms that a stay could have without moving anybody, cheapest first.

    Equal costs are ordered by fit, then by the order of the problem's rooms (the hotel's own). What the stay holds
    today does not stand in its own way; a lock on it is ignored (the caller asks because it might be lifted).

    Raises
    ------
    KeyError
        If the problem has no such stay.
    """
    return suggest_on(Board(problem, plan), stay_id, limit=limit)


def suggest_on(board: Board, stay_id: str, *, limit: int | None = 10) -> tuple[Suggestion, ...]:
    """Return the same from a board that is kept: for many questions about one plan."""
    problem, stay = board.problem, board.problem.stay_by_id[stay_id]
    put_back = board.take_out(stay_id)
    try:
        found = [_suggestion(board, stay, room) for room in problem.rooms if may_have(board, stay, room)]
    finally:
        put_back()
    found.sort(key=lambda s: (s.total, ("best", "preferred", "standard").index(s.fit)))
    return tuple(found[:limit])


def may_have(board: Board, stay: Stay, room: Room) -> bool:
    """Tell whether a stay may have a room as the board stands: it fits, by every rule, and is free."""
    if room.gender in ("female", "male") and stay.gender != room.gender:
        return False
    if room.gender == "same" and stay.gender is None:
        return False
    return not any(misfits(stay, room)) and not board.conflicts(stay, room)


def _suggestion(board: Board, stay: Stay, room: Room) -> Suggestion:
    parts = board.cost(stay, room)
    return Suggestion(room.id, sum(parts.values()), parts, _fit(board, stay, room), tuple(_warnings(board, stay, room)))


def _fit(board: Board, stay: Stay, room: Room) -> Fit:
    if room.beds > 1:
        return "standard"
    around = board.neighbours(stay, room)
    touching = board.idle_nights(around.before, around.after, stay).count(0)
    return ("standard", "preferred", "best")[touching]


def _warnings(board: Board, stay: Stay, room: Room) -> list[str]:
    ranks = board.problem.type_by_id
    steps = ranks[room.type].rank - ranks[stay.type].rank
    warnings = []
    if steps > 0:
        warnings.append(f"upgrade: booked {stay.type}, {room.id} is {room.type}")
    if steps < 0:
        warnings.append(f"downgrade: booked {stay.type}, {room.id} is {room.type}")
    if stay.room is not None and stay.room != room.id:
        warnings.append(f"moves the guest from {stay.room}")
    missed = [wish for wish in stay.wishes if wish.weight and not wish.met_by(room)]
    if missed:
        warnings.append(f"misses {len(missed)} of {len(stay.wishes)} wishes")
    return warnings
