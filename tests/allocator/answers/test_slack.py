"""Time before an arrival, and the rooms that leave more: against plain looking at the plan."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from allocator.answers.slack import slack_before
from allocator.check import check
from allocator.plan import Plan
from allocator.problem import Policy, Problem, Stay
from allocator.score import score
from tests.allocator.answers.plans import valid_plan
from tests.allocator.problems import random_problem


def idle(problem: Problem, plan: Plan, stay: Stay, room: str) -> int | None:
    """Return how long a room is empty before a stay."""
    ends = [s.end for s in problem.stays if s is not stay and plan[s.id] == room and s.end <= stay.start]
    ends += [c.end for c in problem.closures if c.room == room and c.end <= stay.start]
    return stay.start - max(ends) if ends else None


def test_slack_and_the_rooms_that_leave_more(seed: int) -> None:
    rng = Random(f"slack {seed}")
    offered = 0
    while offered < 40:
        problem = replace(random_problem(rng, rooms=6, stays=9, slots=8), policy=Policy())
        plan = valid_plan(rng, problem)
        if plan is None:
            continue
        wanted = rng.randint(1, 3)
        private = {room.id for room in problem.rooms if room.beds == 1}
        for stay in problem.stays:
            found = slack_before(problem, plan, stay.id, wanted)
            if plan[stay.id] not in private:
                assert found is None
                continue
            assert found is not None
            assert found.idle == idle(problem, plan, stay, found.room)
            expected = {}
            for room in private - {found.room}:
                moved = Plan({**plan.rooms, stay.id: room})
                time = idle(problem, plan, stay, room)
                few = found.idle is not None and found.idle < wanted
                if few and not stay.locked and (time is None or time >= wanted) and not check(problem, moved):
                    expected[room] = (time, score(problem, moved).total - score(problem, plan).total)
            assert {o.room: (o.idle, o.cost) for o in found.others} == expected
            assert [o.cost for o in found.others] == sorted(o.cost for o in found.others)
            offered += len(expected)
