"""A valid plan with one thing wrong: every rule broken on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from allocator.flexible.problem import FlexiblePlan, FlexibleProblem, Part
from allocator.flexible.settle import settle
from allocator.period import overlap


def corruptions(rng: Random, problem: FlexibleProblem, plan: FlexiblePlan) -> Iterator[tuple[str, FlexiblePlan]]:
    """Yield plans that break a rule, and the rule, one of each kind that this plan allows."""
    stays = list(problem.base.stays)
    rng.shuffle(stays)
    names = [room.id for room in problem.base.rooms]
    rooms = {room.id: room for room in problem.base.rooms}

    def put(stay: str, *parts: Part) -> FlexiblePlan:
        return FlexiblePlan({**plan.parts, stay: parts}, plan.starts)

    yield "one_room", FlexiblePlan({**plan.parts, "nobody": ()}, plan.starts)
    for closure in problem.movable:
        without = {name: start for name, start in plan.starts.items() if name != closure.id}
        yield "window", FlexiblePlan(plan.parts, without)
        at = rng.choice([t for t in range(closure.earliest - 3, closure.latest + 1) if t not in closure.starts])
        yield "window", FlexiblePlan(plan.parts, without | {closure.id: at})
    for stay in stays[:3]:
        parts = plan.parts[stay.id]
        yield "one_room", FlexiblePlan({s: p for s, p in plan.parts.items() if s != stay.id}, plan.starts)
        yield "one_room", put(stay.id, Part("nowhere", stay.nights))
        if stay.locked:
            other = [n for n in names if n != stay.room]
            yield "locked", put(stay.id, Part(rng.choice(other), stay.nights)) if other else put(stay.id)
        if parts:
            yield "parts", put(stay.id, *parts[:-1], Part(parts[-1].room, parts[-1].nights + 1))
            yield "parts", put(stay.id, *parts, Part(parts[-1].room, 1))
            first = parts[0].room
            yield "parts", put(stay.id, *(Part(r, 1) for r in [first, *names, first, *names, first]))
        for name in names:
            if problem.refuses(stay, name):
                yield "ready", put(stay.id, Part(name, stay.nights))
            for closure in problem.movable:
                start = plan.starts[closure.id]
                if closure.room == name and overlap(stay.start, stay.end, start, start + closure.duration):
                    yield "closed", put(stay.id, Part(name, stay.nights))
    settled = settle(problem, plan)
    held = [(s, settled.plan.rooms[s.id]) for s in settled.problem.stays]
    for stay in stays[:3]:
        for other, room in held:
            if room is None or rooms[room].beds > 1 or settled.owner.get(other.id, other.id) == stay.id:
                continue
            if overlap(stay.start, stay.end, other.start, other.end):
                yield "no_overlap", put(stay.id, Part(room, stay.nights))
                break
