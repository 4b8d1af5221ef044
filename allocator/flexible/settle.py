"""From a plan's choices to a problem of version 1: parts are stays, movable closures are closures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from allocator.answers.split import part_of
from allocator.flexible.problem import FlexiblePlan, FlexibleProblem, Part, spans
from allocator.period import overlap
from allocator.plan import Plan
from allocator.problem import Closure, Problem, Stay


@dataclass(frozen=True, slots=True)
class Settled:
    """What a plan leaves once its choices are made.

    Attributes
    ----------
    problem
        Of version 1: every part of a stay that is split is a stay of its own; the move budget is left out.
    plan
        The rooms of its stays.
    owner
        By id of a part the stay it belongs to, in order.
    """

    problem: Problem
    plan: Plan
    owner: Mapping[str, str]


def settle(problem: FlexibleProblem, plan: FlexiblePlan, *, closed: bool = True) -> Settled:
    """Return the problem of version 1 that the choices of a plan leave; the plan may break any rule.

    Parameters
    ----------
    closed
        Whether movable closures are put where the plan has them, or left out.
    """
    base = problem.base
    taken = set(base.stay_by_id)
    stays: list[Stay] = []
    owner: dict[str, str] = {}
    rooms: dict[str, str | None] = {s: parts[0].room if parts else None for s, parts in plan.parts.items()}
    for stay in base.stays:
        parts = plan.parts.get(stay.id, ())
        if len(parts) < 2:
            stays.append(stay)
            continue
        del rooms[stay.id]
        for k, (part, first, last) in enumerate(spans(parts)):
            name = f"{stay.id} part {k + 1}"
            while name in taken:
                name += "'"
            taken.add(name)
            owner[name] = stay.id
            stays.append(replace(part_of(stay, base.slots_per_night, first, last), id=name))
            rooms[name] = part.room
    closures = (*base.closures, *(closures_at(problem, plan.starts) if closed else ()))
    policy = replace(base.policy, move_budget=None)
    return Settled(derived(base, stays=tuple(stays), closures=closures, policy=policy), Plan(rooms), owner)


def closures_at(problem: FlexibleProblem, starts: Mapping[str, int]) -> tuple[Closure, ...]:
    """Return the movable closures that begin at these slots."""
    return tuple(
        Closure(m.id, m.room, starts[m.id], starts[m.id] + m.duration) for m in problem.movable if m.id in starts
    )


def priced(problem: FlexibleProblem, stay: Stay) -> Stay:
    """Return a stay for which waiting for a room is a cost of that room, and waiting too long forbids it."""
    if stay.start >= problem.last_ready:
        return stay
    waits = {room: problem.wait(stay, room) for room in problem.ready_at}
    late = {room for room in waits if problem.refuses(stay, room)}
    costs = {
        room: stay.room_costs.get(room, 0) + problem.readiness * wait
        for room, wait in waits.items()
        if wait and room not in late
    }
    return replace(stay, room_costs={**stay.room_costs, **costs}, forbidden_rooms=stay.forbidden_rooms | late)


def rooms_problem(problem: FlexibleProblem, starts: Mapping[str, int]) -> Problem:
    """Return the problem of version 1 that is left where nobody is split and closures begin at these slots.

    Its scores are those of the flexible problem, and its plans are plans of it.
    """
    base = problem.base
    stays = tuple(priced(problem, stay) for stay in base.stays) if problem.ready else base.stays
    return derived(base, stays=stays, closures=(*base.closures, *closures_at(problem, starts)))


def possible_starts(problem: FlexibleProblem) -> dict[str, list[int]]:
    """Return by movable closure the slots at which it may begin: nobody is locked in its room then."""
    sharing: dict[str, set[str]] = {m.room: {m.room} for m in problem.movable}
    for a, b in problem.base.rivals:
        for one, other in ((a, b), (b, a)):
            if one in sharing:
                sharing[one].add(other)
    locked: dict[str, list[Stay]] = {}
    for stay in problem.base.stays:
        if stay.locked and stay.room is not None:
            locked.setdefault(stay.room, []).append(stay)
    found = {}
    for closure in problem.movable:
        there = [s for room in sharing[closure.room] for s in locked.get(room, ())]
        found[closure.id] = [
            t for t in closure.starts if not any(overlap(t, t + closure.duration, s.start, s.end) for s in there)
        ]
    return found


def joined(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Return parts of which neighbours in the same room have become one."""
    found: list[Part] = []
    for part in parts:
        before = found.pop().nights if found and found[-1].room == part.room else 0
        found.append(Part(part.room, before + part.nights))
    return tuple(found)


def derived(problem: Problem, **changes: Any) -> Problem:
    """Return a problem with parts exchanged, not validated anew: what a bad plan leaves may be judged all the same."""
    made = object.__new__(Problem)
    made.__dict__.update({spec.name: getattr(problem, spec.name) for spec in fields(problem)} | changes)
    return made
