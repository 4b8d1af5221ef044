"""A valid plan with one thing wrong: every rule of rooms broken on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from allocator.check import misfits
from allocator.period import overlap
from allocator.plan import Plan
from allocator.problem import Problem


def corruptions(rng: Random, problem: Problem, plan: Plan) -> Iterator[tuple[str, Plan]]:
    """Yield plans that break a rule, and the rule, each by one change to a valid plan, as far as it allows any."""
    rooms = problem.room_by_id
    stays = rng.sample(problem.stays, len(problem.stays))

    def put(stay: str, room: str | None) -> Plan:
        return Plan({**plan.rooms, stay: room})

    yield "one_room", put("nobody", None)
    for stay in stays:
        now = plan[stay.id]
        yield "one_room", Plan({s: r for s, r in plan.rooms.items() if s != stay.id})
        yield "one_room", put(stay.id, "nowhere")
        if stay.locked:
            yield "locked", put(stay.id, None)
            continue
        for room in problem.rooms:
            if any(misfits(stay, room)):
                yield "room_fits", put(stay.id, room.id)
            if room.gender in ("female", "male") and stay.gender != room.gender:
                yield "gender", put(stay.id, room.id)
            for closure in problem.closures:
                if closure.room == room.id and overlap(stay.start, stay.end, closure.start, closure.end):
                    yield "closed", put(stay.id, room.id)
        for other in problem.stays:
            theirs = plan[other.id]
            if theirs is None or theirs == now or not overlap(stay.start, stay.end, other.start, other.end):
                continue
            if rooms[theirs].beds == 1:
                yield "no_overlap", put(stay.id, theirs)
            elif rooms[theirs].gender == "same" and stay.gender != other.gender:
                yield "gender", put(stay.id, theirs)
            for a, b in problem.rivals:
                if theirs in (a, b) and other.id != stay.id:
                    yield "no_overlap", put(stay.id, b if theirs == a else a)
        moved = sum(s.room is not None and plan[s.id] != s.room for s in problem.stays)
        if moved == problem.policy.move_budget and stay.room is not None and now == stay.room:
            yield "move_budget", put(stay.id, None)
