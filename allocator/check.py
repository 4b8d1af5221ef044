"""Every hard rule as a function of a problem and a plan; no solver here.

Each function bears the name of its rule in :mod:`allocator.rules` and yields the violations of that rule alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from allocator.period import merge, overlap, peak
from allocator.plan import Plan
from allocator.problem import Problem, Room, Stay


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """A broken rule, the stays that break it, and where.

    Attributes
    ----------
    stays
        Ids of the stays concerned, at least one unless the plan as a whole is wrong.
    room
        The room where it happens, None for the plan as a whole.
    """

    rule: str
    stays: tuple[str, ...]
    room: str | None
    message: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.message}"


def check(problem: Problem, plan: Plan) -> tuple[Violation, ...]:
    """Return every violation of a plan, sorted by rule in registry order; an empty tuple means the plan is valid."""
    return tuple(violation for rule in CHECKS.values() for violation in rule(problem, plan))


def one_room(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """The plan names exactly the problem's stays, each with one known room or none."""
    for stay in sorted(problem.stay_by_id.keys() - plan.rooms.keys()):
        yield Violation("one_room", (stay,), None, f"{stay} is missing from the plan")
    for stay in sorted(plan.rooms.keys() - problem.stay_by_id.keys()):
        yield Violation("one_room", (stay,), plan[stay], f"{stay} is not a stay of the problem")
    for stay, room in plan.rooms.items():
        if room is not None and room not in problem.room_by_id:
            yield Violation("one_room", (stay,), room, f"{stay} is in the unknown room {room}")


def no_overlap(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """At each slot a room holds at most as many stays as it has beds; a suite and its parts exclude each other."""
    held = placed_by_room(problem, plan)
    for room_id, stays in held.items():
        beds = problem.room_by_id[room_id].beds
        for slot, load in peak((s.start, s.end, 1) for s in stays):
            if load > beds:
                names = tuple(s.id for s in stays if s.start <= slot < s.end)
                message = f"room {room_id}: {', '.join(names)} on {beds} bed(s) at slot {slot}"
                yield Violation("no_overlap", names, room_id, message)
    for a, b in problem.rivals:
        for stay in held.get(a, ()):
            for other in held.get(b, ()):
                if overlap(stay.start, stay.end, other.start, other.end):
                    message = f"{stay.id} in {a} and {other.id} in {b}: the two share a room"
                    yield Violation("no_overlap", (stay.id, other.id), a, message)


def room_fits(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """An unlocked stay's room is one it may have: type, size, needs, allowed and forbidden lists."""
    for stay, room in placements(problem, plan):
        if not stay.locked:
            for reason in misfits(stay, room):
                yield Violation("room_fits", (stay.id,), room.id, f"{stay.id} in {room.id}: {reason}")


def misfits(stay: Stay, room: Room) -> Iterator[str]:
    """Say why a stay may not have a room, whatever else is in it; nothing when it may."""
    if room.type not in (stay.types_allowed or (stay.type,)):
        yield f"type {room.type} is not allowed"
    if room.beds == 1 and room.sleeps < stay.party:
        yield f"sleeps {room.sleeps}, the party is {stay.party}"
    if not stay.needs <= room.features:
        yield f"lacks {', '.join(sorted(stay.needs - room.features))}"
    if stay.allowed_rooms is not None and room.id not in stay.allowed_rooms:
        yield "not among its allowed rooms"
    if room.id in stay.forbidden_rooms:
        yield "among its forbidden rooms"


def closed(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """No stay's period meets a closure of its room, nor of a room that shares space with it."""
    closures = closed_periods(problem)
    for stay, room in placements(problem, plan):
        for start, end in closures.get(room.id, ()):
            if overlap(stay.start, stay.end, start, end):
                message = f"{stay.id} in {room.id}, closed in [{start}, {end})"
                yield Violation("closed", (stay.id,), room.id, message)


def locked(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """A locked stay is in its room."""
    for stay in problem.stays:
        if stay.locked and stay.id in plan.rooms and plan[stay.id] != stay.room:
            message = f"{stay.id} is locked in {stay.room}, planned {plan[stay.id] or 'unplaced'}"
            yield Violation("locked", (stay.id,), stay.room, message)


def gender(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """Gendered rooms take their gender; same-gender rooms one gender at a time; two locked stays are left alone."""
    for room_id, stays in placed_by_room(problem, plan).items():
        policy = problem.room_by_id[room_id].gender
        if policy == "any":
            continue
        active: list[Stay] = []
        for stay in stays:
            fits = stay.gender is not None if policy == "same" else stay.gender == policy
            if not stay.locked and not fits:
                message = f"{stay.id} of gender {stay.gender or 'unknown'} in {room_id}, which takes {policy}"
                yield Violation("gender", (stay.id,), room_id, message)
            if policy == "same":
                active = [other for other in active if other.end > stay.start]
                for other in active:
                    if other.gender != stay.gender and not (other.locked and stay.locked):
                        message = f"{other.id} and {stay.id} differ in gender in {room_id}"
                        yield Violation("gender", (other.id, stay.id), room_id, message)
                active.append(stay)


def move_budget(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """At most ``policy.move_budget`` stays with a room end up elsewhere; unplaced counts."""
    budget = problem.policy.move_budget
    moved = tuple(s.id for s in problem.stays if s.room is not None and plan.rooms.get(s.id) != s.room)
    if budget is not None and len(moved) > budget:
        yield Violation("move_budget", moved, None, f"{len(moved)} stays moved, the budget is {budget}")


CHECKS: Final[Mapping[str, Callable[[Problem, Plan], Iterator[Violation]]]] = {
    "one_room": one_room,
    "no_overlap": no_overlap,
    "room_fits": room_fits,
    "closed": closed,
    "locked": locked,
    "gender": gender,
    "move_budget": move_budget,
}


def placements(problem: Problem, plan: Plan) -> Iterator[tuple[Stay, Room]]:
    """Yield the placed stays with their rooms, in the problem's order; what ``one_room`` refuses is passed over."""
    for stay in problem.stays:
        room_id = plan.rooms.get(stay.id)
        room = problem.room_by_id.get(room_id) if room_id is not None else None
        if room is not None:
            yield stay, room


def placed_by_room(problem: Problem, plan: Plan) -> dict[str, list[Stay]]:
    """Return the placed stays by room id, each list sorted by start, then end."""
    held: dict[str, list[Stay]] = {}
    for stay, room in placements(problem, plan):
        held.setdefault(room.id, []).append(stay)
    for stays in held.values():
        stays.sort(key=lambda s: (s.start, s.end))
    return held


def closed_periods(problem: Problem) -> dict[str, list[tuple[int, int]]]:
    """Return by room id the periods in which it takes nobody: closures of it, and of rooms sharing space with it."""
    periods: dict[str, list[tuple[int, int]]] = {}
    own: dict[str, list[tuple[int, int]]] = {}
    for closure in problem.closures:
        own.setdefault(closure.room, []).append((closure.start, closure.end))
        periods.setdefault(closure.room, []).append((closure.start, closure.end))
    for a, b in problem.rivals:
        if b in own:
            periods.setdefault(a, []).extend(own[b])
        if a in own:
            periods.setdefault(b, []).extend(own[a])
    return {room: merge(spans) for room, spans in periods.items()}
