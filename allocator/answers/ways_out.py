"""What could be done for a stay that has no room: each way tried, and kept only if it works."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice, zip_longest
from math import inf
from time import monotonic
from typing import Final, Literal

from allocator.answers.conflict import Conflict
from allocator.answers.fit import EFFORT, QUICK, Fits, Fitting
from allocator.answers.split import part_of
from allocator.diff import Change
from allocator.period import overlap
from allocator.plan import Plan
from allocator.problem import Closure, Problem, Stay
from allocator.score import score

Way = Literal["unlock", "end_closure", "shorten_closure", "upgrade", "downgrade", "without", "split"]

TRIED: Final = 8
"""Ways of each sort that are tried at most."""


@dataclass(frozen=True, slots=True)
class WayOut:
    """A change after which the stay has a room.

    Attributes
    ----------
    way, subject
        ``unlock`` the stay of that id; ``end_closure`` of that id; ``shorten_closure`` to ``period``; ``upgrade`` or
        ``downgrade`` to the type; do ``without`` the rule (a field of the stay, ``needs:feature``); ``split`` on night
        ``subject``.
    rooms
        The room of the stay; of its parts where it is split.
    moves
        Who else changes rooms.
    cost
        What the score gains by it, the penalty for being without a room left out.
    """

    way: Way
    subject: str
    rooms: tuple[str, ...]
    moves: tuple[Change, ...]
    cost: int
    plan: Plan
    period: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class _Try:
    way: Way
    subject: str
    problem: Problem
    asked: tuple[Stay, ...]
    period: tuple[int, int] | None = None


def ways_out(
    problem: Problem,
    plan: Plan,
    stay: Stay,
    found: Conflict,
    *,
    max_moves: int | None = None,
    quick: int = QUICK,
    effort: float = EFFORT,
    seconds: float = inf,
) -> tuple[WayOut, ...]:
    """Return what could be done, cheapest first, lower types last; every way has been tried and works.

    Parameters
    ----------
    max_moves
        Most others that a way may move.
    quick, effort
        What one try may take, as for `Fitting.fit`.
    seconds
        After which no further way is tried.
    """
    end = monotonic() + seconds
    problem = replace(problem, stays=tuple(s for s in problem.stays if s.id != stay.id))
    plan = Plan({name: room for name, room in plan.rooms.items() if name != stay.id})
    stay = replace(stay, room=None, locked=False)
    before = score(problem, plan).total
    sorts = (
        islice(_unlock(problem, stay, found), TRIED),
        islice(_closures(problem, stay, found), 2 * TRIED),
        islice(_other_types(problem, stay), TRIED),
        islice(_without(problem, stay, found), TRIED),
        islice(_splits(problem, stay), TRIED),
    )
    # In turn, so that a short time still shows different ways; each made only when its turn comes.
    tries = (attempt for turn in zip_longest(*sorts) for attempt in turn if attempt is not None)
    ranks = {kind.id: kind.rank for kind in problem.room_types}
    ways = []
    same = Fitting(problem, plan)  # good for every try that changes only what is asked
    for attempt in tries:
        left = end - monotonic()
        if left <= 0:
            break
        fitting = same if attempt.problem is problem else Fitting(attempt.problem, plan)
        answer = fitting.fit(attempt.asked, max_moves, quick=quick, effort=min(effort, left / 2), prove=False)
        if isinstance(answer, Fits):
            after = replace(attempt.problem, stays=(*attempt.problem.stays, *attempt.asked))
            rooms = tuple(answer.plan[s.id] or "" for s in attempt.asked)
            cost = score(after, answer.plan).total - before
            ways.append(WayOut(attempt.way, attempt.subject, rooms, answer.moves, cost, answer.plan, attempt.period))

    def order(way: WayOut) -> tuple[int, int, int, str, str]:
        below = ranks[stay.type] - ranks[way.subject] if way.way == "downgrade" else 0
        return below, way.cost, len(way.moves), way.way, way.subject

    return tuple(sorted(ways, key=order))


def _unlock(problem: Problem, stay: Stay, found: Conflict) -> Iterator[_Try]:
    for name in found.of("lock"):
        if problem.stay_by_id[name].locked:
            stays = tuple(replace(s, locked=False) if s.id == name else s for s in problem.stays)
            yield _Try("unlock", name, replace(problem, stays=stays), (stay,))


def _closures(problem: Problem, stay: Stay, found: Conflict) -> Iterator[_Try]:
    for name in found.of("closure"):
        closure = next(c for c in problem.closures if c.id == name)
        others = tuple(c for c in problem.closures if c.id != name)
        yield _Try("end_closure", name, replace(problem, closures=others), (stay,))
        if overlap(closure.start, closure.end, stay.start, stay.end):
            for start, end in ((closure.start, stay.start), (stay.end, closure.end)):
                if start < end:
                    less = (*others, Closure(name, closure.room, start, end))
                    yield _Try("shorten_closure", name, replace(problem, closures=less), (stay,), (start, end))


def _other_types(problem: Problem, stay: Stay) -> Iterator[_Try]:
    """Yield the types a stay may not have now, the nearest first, higher ones before lower ones."""
    own = stay.types_allowed or (stay.type,)
    rank = problem.type_by_id[stay.type].rank
    for kind in sorted(problem.room_types, key=lambda t: (t.rank < rank, abs(t.rank - rank))):
        if kind.id not in own:
            way: Way = "downgrade" if kind.rank < rank else "upgrade"
            yield _Try(way, kind.id, problem, (replace(stay, types_allowed=(kind.id,)),))


def _without(problem: Problem, stay: Stay, found: Conflict) -> Iterator[_Try]:
    for rule in found.of("rule"):
        if rule.startswith("needs:"):
            yield _Try("without", rule, problem, (replace(stay, needs=stay.needs - {rule[len("needs:") :]}),))
        elif rule == "allowed_rooms":
            yield _Try("without", rule, problem, (replace(stay, allowed_rooms=None),))
        elif rule == "forbidden_rooms":
            yield _Try("without", rule, problem, (replace(stay, forbidden_rooms=frozenset()),))


def _splits(problem: Problem, stay: Stay) -> Iterator[_Try]:
    for night in range(1, stay.nights):
        parts = [part_of(stay, problem.slots_per_night, *nights) for nights in ((0, night), (night, stay.nights))]
        yield _Try("split", str(night), problem, tuple(parts))
