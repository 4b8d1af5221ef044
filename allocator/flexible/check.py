"""Every hard rule of a flexible problem's plan: those of version 1 on what its choices leave, and three of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Final

from allocator.check import CHECKS, Violation, placements
from allocator.flexible.problem import FlexiblePlan, FlexibleProblem
from allocator.flexible.settle import Settled, closures_at, settle
from allocator.period import overlap


def check(problem: FlexibleProblem, plan: FlexiblePlan) -> tuple[Violation, ...]:
    """Return every violation of a plan, by rule; an empty tuple means the plan is valid."""
    settled = settle(problem, plan, closed=False)
    found = [violation for rule in CHECKS.values() for violation in rule(settled.problem, settled.plan)]
    found += [violation for own in OWN.values() for violation in own(problem, plan, settled)]
    return tuple(_of_stays(violation, settled.owner) for violation in found)


def closed(problem: FlexibleProblem, plan: FlexiblePlan, settled: Settled) -> Iterator[Violation]:
    """No stay or part is in a room during a movable closure of it, or of a room that shares space with it."""
    sharing = {m.room: {m.room} for m in problem.movable}
    for a, b in problem.base.rivals:
        for one, other in ((a, b), (b, a)):
            if one in sharing:
                sharing[one].add(other)
    for closure in closures_at(problem, plan.starts):
        for stay, room in placements(settled.problem, settled.plan):
            if room.id in sharing[closure.room] and overlap(stay.start, stay.end, closure.start, closure.end):
                message = f"{stay.id} in {room.id}, closed for {closure.id} in [{closure.start}, {closure.end})"
                yield Violation("closed", (stay.id,), room.id, message)


def move_budget(problem: FlexibleProblem, plan: FlexiblePlan, settled: Settled) -> Iterator[Violation]:  # noqa: ARG001
    """At most ``policy.move_budget`` stays with a room end up elsewhere; unplaced counts, and being split."""
    budget = problem.base.policy.move_budget
    moved = tuple(
        s.id
        for s in problem.base.stays
        if s.room is not None and [p.room for p in plan.parts.get(s.id, ())] != [s.room]
    )
    if budget is not None and len(moved) > budget:
        yield Violation("move_budget", moved, None, f"{len(moved)} stays moved, the budget is {budget}")


def parts(problem: FlexibleProblem, plan: FlexiblePlan, settled: Settled) -> Iterator[Violation]:  # noqa: ARG001
    """A stay has no more parts than it may have, neighbours in different rooms, and its nights are in them."""
    for stay in problem.base.stays:
        mine = plan.parts.get(stay.id, ())
        if not mine:
            continue
        most = problem.most_parts(stay)
        nights = sum(part.nights for part in mine)
        if len(mine) > most:
            yield Violation("parts", (stay.id,), None, f"{stay.id} has {len(mine)} parts, {most} allowed")
        if nights != stay.nights or min(part.nights for part in mine) < 1:
            message = f"{stay.id} has parts of {', '.join(str(p.nights) for p in mine)} nights, {stay.nights} in all"
            yield Violation("parts", (stay.id,), None, message)
        for a, b in pairwise(mine):
            if a.room == b.room:
                yield Violation("parts", (stay.id,), a.room, f"{stay.id} changes from {a.room} to the same room")


def window(problem: FlexibleProblem, plan: FlexiblePlan, settled: Settled) -> Iterator[Violation]:  # noqa: ARG001
    """Every movable closure begins at a slot at which it may, so that it is over in time."""
    for closure in problem.movable:
        start = plan.starts.get(closure.id)
        if start is None:
            yield Violation("window", (), closure.room, f"closure {closure.id} is not in the plan: it has to be done")
        elif start not in closure.starts:
            message = f"closure {closure.id} cannot begin at {start}: " + _when(closure.starts)
            yield Violation("window", (), closure.room, message)
    for name in sorted(plan.starts.keys() - {m.id for m in problem.movable}):
        yield Violation("window", (), None, f"{name} is not a movable closure of the problem")


def ready(problem: FlexibleProblem, plan: FlexiblePlan, settled: Settled) -> Iterator[Violation]:  # noqa: ARG001
    """Nobody waits for a room longer than allowed, or until the stay is over."""
    for stay, room in placements(settled.problem, settled.plan):
        if problem.refuses(stay, room.id):
            message = f"{stay.id} arrives in {room.id} at {stay.start}, which is ready at {problem.ready_at[room.id]}"
            yield Violation("ready", (stay.id,), room.id, message)


OWN: Final[Mapping[str, Callable[[FlexibleProblem, FlexiblePlan, Settled], Iterator[Violation]]]] = {
    "closed": closed,
    "move_budget": move_budget,
    "parts": parts,
    "window": window,
    "ready": ready,
}
"""Rules that version 1 has not, and what two of its own say of parts and movable closures."""


def _when(starts: range) -> str:
    if len(starts) == 1:
        return f"it begins at {starts[0]}"
    return f"it begins between {starts[0]} and {starts[-1]}" + (f", every {starts.step}" if starts.step > 1 else "")


def _of_stays(violation: Violation, owner: Mapping[str, str]) -> Violation:
    """Name stays where a violation names parts."""
    if owner.keys().isdisjoint(violation.stays):
        return violation
    return replace(violation, stays=tuple(dict.fromkeys(owner.get(s, s) for s in violation.stays)))
