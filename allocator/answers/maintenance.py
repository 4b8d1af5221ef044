"""The cheapest days for closing a room, those who are in it finding others."""

from __future__ import annotations

from dataclasses import dataclass, replace

from allocator.answers.fit import Fits, Fitting
from allocator.answers.near import best_near, keeping
from allocator.check import check
from allocator.diff import Change, diff
from allocator.errors import InvalidProblem
from allocator.period import overlap
from allocator.plan import Plan
from allocator.problem import Closure, Problem
from allocator.score import score

NAME = "maintenance"


@dataclass(frozen=True, slots=True)
class Days:
    """A time at which a room can be closed.

    Attributes
    ----------
    cost
        By how much the score rises, gaps beside the closure included; below 0 where the plan in force leaves so much
        to be gained nearby.
    changes
        Who changes rooms for it.
    """

    start: int
    end: int
    cost: int
    changes: tuple[Change, ...]
    plan: Plan


def plan_maintenance(
    problem: Problem,
    plan: Plan,
    room: str,
    window: tuple[int, int],
    length: int,
    *,
    step: int | None = None,
    improve: int = 3,
    effort: float = 0.5,
) -> tuple[Days, ...]:
    """Return the times within a window at which a room can be closed, cheapest first.

    Whoever has the room then must find another one, others moving if need be; times at which somebody is locked in it,
    or for whom no room is found, are left out.

    Parameters
    ----------
    plan
        It breaks no rule.
    window
        The closure lies within it, in slots.
    length
        Of the closure, in slots.
    step
        From one time that is tried to the next; a night if not given.
    improve
        So many of the cheapest are looked at more closely.
    """
    before = score(problem, plan).total
    sharing = {room} | {q for pair in problem.rivals if room in pair for q in pair}
    found = []
    for start in range(window[0], window[1] - length + 1, step or problem.slots_per_night):
        closure = Closure(NAME, room, start, start + length)
        try:
            closed = replace(problem, closures=(*problem.closures, closure))
        except InvalidProblem:  # somebody is locked in it
            continue
        leaving = [
            s
            for s in problem.stays
            if plan.rooms.get(s.id) in sharing and overlap(s.start, s.end, start, start + length)
        ]
        plans = plan
        if leaving:
            left = Plan({**plan.rooms, **{s.id: None for s in leaving}})
            answer = Fitting(closed, left).fit(leaving, prove=False, effort=effort)
            if not isinstance(answer, Fits):
                continue
            plans = answer.plan
        if not check(closed, plans):
            found.append(_days(plan, closure, plans, score(closed, plans).total - before))
    found.sort(key=lambda days: (days.cost, days.start))
    for k, days in enumerate(found[:improve]):
        closure = Closure(NAME, room, days.start, days.end)
        closed = keeping(replace(problem, closures=(*problem.closures, closure)), days.plan)
        rooms = {room} | {c.after for c in days.changes if c.after is not None}
        near = best_near(closed, days.plan, rooms, (days.start, days.end), effort=effort)
        found[k] = _days(plan, closure, near.plan, near.score - before)
    return tuple(sorted(found, key=lambda days: (days.cost, days.start)))


def _days(before: Plan, closure: Closure, plan: Plan, cost: int) -> Days:
    return Days(closure.start, closure.end, cost, diff(before, plan).changes, plan)
