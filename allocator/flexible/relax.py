"""Problems of version 1 whose bounds hold for a flexible one (each is proven in ``docs/model.md``)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from allocator.answers.split import part_of
from allocator.flexible.problem import FlexibleProblem
from allocator.flexible.settle import closures_at, derived, possible_starts, priced, rooms_problem
from allocator.period import merge, overlap
from allocator.problem import Problem, Stay


def without_movable(problem: FlexibleProblem) -> Problem:
    """Return the problem without closures that may be moved; it costs at most their `slack` more than with them."""
    return rooms_problem(problem, certain_starts(problem))


def certain_starts(problem: FlexibleProblem) -> dict[str, int]:
    """Return by movable closure when it begins, where there is only one possible time."""
    return {name: times[0] for name, times in possible_starts(problem).items() if len(times) == 1}


def slack(problem: FlexibleProblem) -> int:
    """Return by how much closures that may be moved can make a plan cheaper: by the gaps they fill.

    A closure lies in at most one idle run more than there are other closures of its room that it can meet.
    """
    base = problem.base
    certain = certain_starts(problem)
    dearest = max(base.weights.gap, default=0)
    fixed: dict[str, list[tuple[int, int]]] = {}
    for closure in (*base.closures, *closures_at(problem, certain)):
        fixed.setdefault(closure.room, []).append((closure.start, closure.end))
    runs = 0
    for movable in problem.movable:
        if movable.id not in certain and base.room_by_id[movable.room].beds == 1:
            merged = merge(fixed.get(movable.room, ()))
            runs += 1 + sum(overlap(*period, movable.earliest, movable.latest) for period in merged)
    return dearest * runs


def by_night(problem: FlexibleProblem, crowded: Collection[int]) -> Problem:
    """Return a relaxation without closures that may be moved, in which a stay that may be split is anywhere each night.

    Every plan of the flexible problem is one of it without those closures, and costs no less but for their `slack`.

    Parameters
    ----------
    crowded
        Slots at which too many compete for rooms: what a stay costs that is left out is charged at these, where it is
        there at one of them.
    """
    base = problem.base
    nights = {s.id for s in problem.splittable}
    groups = {g.id for g in base.groups if g.wants_connecting}
    weights = base.weights
    if any(s.group in groups for s in problem.splittable):  # they are company no more
        weights = replace(weights, not_connecting=0)
    stays: list[Stay] = []
    for stay in base.stays:
        stays += _nights(problem, stay, crowded) if stay.id in nights else [priced(problem, stay)]
    policy = replace(base.policy, move_budget=None) if any(s.room for s in problem.splittable) else base.policy
    closures = (*base.closures, *closures_at(problem, certain_starts(problem)))
    return derived(base, stays=tuple(stays), closures=closures, weights=weights, policy=policy)


def _nights(problem: FlexibleProblem, stay: Stay, crowded: Collection[int]) -> Iterator[Stay]:
    """Yield the nights of a stay; costs of the stay as a whole are shared out among them, rounded down."""
    costs = {room: cost // stay.nights for room, cost in stay.room_costs.items()}
    first = priced(problem, stay)
    parts = [part_of(stay, problem.base.slots_per_night, night, night + 1) for night in range(stay.nights)]
    penalties = _shares(problem, stay, [any(p.start <= slot < p.end for slot in crowded) for p in parts])
    for night, (part, penalty) in enumerate(zip(parts, penalties, strict=True)):
        yield replace(
            part,
            unplaced_penalty=penalty,
            room_costs=costs if night else _added(costs, first, stay),
            forbidden_rooms=stay.forbidden_rooms if night else first.forbidden_rooms,
            room=stay.room,
            move_penalty=stay.move_penalty // stay.nights,
            group=None,
        )


def _shares(problem: FlexibleProblem, stay: Stay, crowded: list[bool]) -> list[int]:
    """Share out the penalty of a stay among its nights: most of it among the crowded ones.

    The others cost enough to be wanted, so that what they cost in a room counts.
    """
    if not any(crowded):
        crowded = [True] * stay.nights
    ranks = [t.rank for t in problem.base.room_types]
    dearest = problem.base.weights.upgrade * (max(ranks) - min(ranks)) + sum(w.weight for w in stay.wishes)
    each = min(stay.unplaced_penalty // (2 * stay.nights), dearest + max(problem.base.weights.gap, default=0))
    more, rest = divmod(stay.unplaced_penalty - each * stay.nights, sum(crowded))
    shares = [each + (more if full else 0) for full in crowded]
    shares[crowded.index(True)] += rest
    return shares


def _added(costs: dict[str, int], first: Stay, stay: Stay) -> dict[str, int]:
    """Return the costs of the night of arrival: waiting for a room is paid there alone."""
    waiting = {room: cost - stay.room_costs.get(room, 0) for room, cost in first.room_costs.items()}
    return {room: costs.get(room, 0) + waiting.get(room, 0) for room in costs.keys() | waiting.keys()}
