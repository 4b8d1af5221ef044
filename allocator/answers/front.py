"""Moves against gaps against wishes: plans of which none is better than another in all three.

A plan that moves few leaves gaps and misses wishes; one that mends them moves many. Each point is the best plan found
for other prices of the three, by the one solver; all are then judged by the hotel's own prices.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from allocator.check import check
from allocator.diff import Change, diff
from allocator.errors import SolverBug
from allocator.params import SolveParams
from allocator.plan import Plan, in_force
from allocator.problem import Problem, Stay
from allocator.result import Score, SolveResult
from allocator.score import score
from allocator.validate import LARGEST

USUAL: Final = 4
"""Emphases are in quarters of the hotel's own prices."""

LEAST_S: Final = 0.5
"""Seconds below which no solve is begun."""

TRIES: Final = 1.5
"""Solves for each point asked for, as some points turn out to be dominated."""


@dataclass(frozen=True, slots=True)
class Emphasis:
    """What moves, gaps and wishes cost beside what they cost the hotel, in quarters: 4 is as usual; >= 1."""

    move: int = USUAL
    gap: int = USUAL
    wish: int = USUAL


EMPHASES: Final = tuple(
    Emphasis(*prices)
    for prices in (
        (4, 4, 4), (4, 16, 1), (4, 1, 16), (1, 4, 4), (16, 4, 4), (1, 16, 1), (1, 1, 16), (2, 8, 2), (2, 2, 8),
        (8, 16, 4), (8, 4, 16), (1, 8, 4), (1, 4, 8), (2, 16, 1), (2, 1, 16), (4, 8, 4), (4, 4, 8), (2, 4, 4),
        (8, 4, 4), (1, 16, 16),
    )
)  # fmt: skip
"""In the order in which they are asked for: what lies far apart first."""


@dataclass(frozen=True, slots=True)
class Point:
    """A plan that has been checked.

    Attributes
    ----------
    emphasis
        The prices by which it was found; None for the plan to start from.
    moved
        Stays that leave the room they hold.
    score
        By the hotel's own prices.
    """

    emphasis: Emphasis | None
    plan: Plan
    moved: tuple[Change, ...]
    score: Score

    @property
    def axes(self) -> tuple[int, int, int]:
        """How many move, what gaps cost, what missed wishes cost; less is better."""
        return len(self.moved), self.score.terms.get("gap", 0), self.score.terms.get("wish", 0)


@dataclass(frozen=True, slots=True)
class Front:
    """What can be chosen from.

    Attributes
    ----------
    points
        Fewest moves first; none is as good as another in all of its axes and better in one.
    tried
        Plans found, those left out among them.
    """

    points: tuple[Point, ...]
    tried: int


def front(
    problem: Problem,
    plan: Plan,
    *,
    points: int = 10,
    time_limit_s: float = 50.0,
    params: SolveParams | None = None,
    solver: Callable[..., SolveResult],
) -> Front:
    """Return plans that trade moves against gaps against wishes, until so many are found or the time is over.

    All leave as little unplaced as the best of them.

    Parameters
    ----------
    plan
        One to start from, which breaks no rule; who moves is told against the problem's plan in force.
    params
        Of each solve; its time limit is shortened to its share of the whole.
    solver
        Such as :func:`allocator.solve.solve_here`.
    """
    params = params or SolveParams()
    ends = time.monotonic() + time_limit_s
    share = min(params.time_limit_s, time_limit_s / (TRIES * points))
    tried = [point_of(problem, plan, None)]
    best: tuple[Point, ...] = (tried[0],)
    for emphasis in EMPHASES:
        left = ends - time.monotonic()
        if len(best) >= points or left < LEAST_S:
            break
        priced = emphasised(problem, emphasis)
        start = min(tried, key=lambda point: score(priced, point.plan).total)
        limits = replace(params, time_limit_s=min(share, left))
        tried.append(point_of(problem, solver(priced, limits, incumbent=start.plan).plan, emphasis))
        best = undominated(tried)
    return Front(best, len(tried))


def undominated(points: Sequence[Point]) -> tuple[Point, ...]:
    """Return the points that no other one dominates, one of each kind, among those that leave least unplaced."""
    least = min(point.score.terms.get("unplaced", 0) for point in points)
    kept: list[Point] = []
    for point in sorted(points, key=lambda p: (p.axes, p.score.total)):
        full = point.score.terms.get("unplaced", 0) == least
        if full and not any(all(a <= b for a, b in zip(k.axes, point.axes, strict=True)) for k in kept):
            kept.append(point)  # whoever dominates a point comes before it
    return tuple(kept)


def emphasised(problem: Problem, emphasis: Emphasis) -> Problem:
    """Return the problem with other prices of moves, gaps and wishes; a room more is still worth whatever it takes."""
    weights = problem.weights
    return replace(
        problem,
        stays=tuple(_priced(stay, emphasis) for stay in problem.stays),
        rooms=tuple(replace(room, use_cost=_times(room.use_cost, USUAL)) for room in problem.rooms),
        weights=replace(
            weights,
            upgrade=_times(weights.upgrade, USUAL),
            apart=_times(weights.apart, USUAL),
            not_connecting=_times(weights.not_connecting, USUAL),
            gap=tuple(_times(price, emphasis.gap) for price in weights.gap),
        ),
    )


def _priced(stay: Stay, emphasis: Emphasis) -> Stay:
    return replace(
        stay,
        unplaced_penalty=_times(stay.unplaced_penalty, USUAL * USUAL),
        wishes=tuple(replace(wish, weight=_times(wish.weight, emphasis.wish)) for wish in stay.wishes),
        room_costs={room: _times(cost, USUAL) for room, cost in stay.room_costs.items()},
        move_penalty=_times(max(1, stay.move_penalty), emphasis.move),  # nobody moves for nothing
    )


def _times(price: int, factor: int) -> int:
    return min(LARGEST, price * factor)


def point_of(problem: Problem, plan: Plan, emphasis: Emphasis | None) -> Point:
    """Check a plan and judge it by the hotel's own prices.

    Raises
    ------
    SolverBug
        If it breaks a rule.
    """
    violations = check(problem, plan)
    if violations:
        raise SolverBug(f"a point breaks a rule: {violations[0]}")
    changes = diff(in_force(problem), plan)
    moved = tuple(sorted(changes.moved + changes.released))
    return Point(emphasis, plan, moved, score(problem, plan))
