"""Suggestions against the specification: every valid room is offered, and each costs what the score says."""

from __future__ import annotations

from random import Random

import pytest

from allocator.answers.board import Board
from allocator.answers.suggest import suggest, suggest_on
from allocator.check import check
from allocator.plan import Plan
from allocator.problem import Problem, Room, RoomType, Stay, Weights
from allocator.score import score
from tests.allocator.problems import random_plan, random_problem


def valid_plan(rng: Random, problem: Problem) -> Plan | None:
    """Return a plan without violations: a random one, emptied until it has none; None where locks stand in the way."""
    rooms = dict(random_plan(rng, problem).rooms)
    rooms |= {stay.id: stay.room for stay in problem.stays if stay.locked}
    while violations := check(problem, Plan(rooms)):
        loose = [s for v in violations for s in v.stays if not problem.stay_by_id[s].locked and rooms[s] is not None]
        if not loose:
            return None
        rooms[rng.choice(loose)] = None
    return Plan(rooms)


@pytest.mark.parametrize("seed", range(6))
def test_every_valid_room_is_offered_at_the_price_of_the_score(seed: int) -> None:
    rng = Random(seed)
    offered = 0
    for _ in range(150):
        problem = random_problem(rng, rooms=5, stays=8, minutes=rng.random() < 0.3)
        plan = valid_plan(rng, problem)
        free = [stay for stay in problem.stays if not stay.locked]
        if plan is None or not free or problem.policy.move_budget is not None:
            continue
        stay = rng.choice(free)
        without = Plan({**plan.rooms, stay.id: None})
        before = score(problem, without).total - stay.unplaced_penalty
        expected = {}
        for room in problem.rooms:
            placed = Plan({**plan.rooms, stay.id: room.id})
            if not check(problem, placed):
                expected[room.id] = score(problem, placed).total - before
        found = suggest(problem, plan, stay.id, limit=None)
        assert {s.room: s.total for s in found} == expected
        assert all(sum(s.parts.values()) == s.total for s in found)
        assert [s.total for s in found] == sorted(s.total for s in found)
        offered += len(found)
    assert offered > 50


def test_a_board_that_is_kept_answers_as_a_new_one() -> None:
    rng = Random(7)
    asked = 0
    for _ in range(60):
        problem = random_problem(rng, rooms=5, stays=8)
        plan = valid_plan(rng, problem)
        if plan is None:
            continue
        board = Board(problem, plan)
        for stay in problem.stays:
            assert suggest_on(board, stay.id) == suggest(problem, plan, stay.id)
            asked += 1
    assert asked > 150


def test_fit_labels_and_warnings() -> None:
    stays = [
        Stay("left", 0, 2, 2, "STD", 100),
        Stay("right", 4, 6, 2, "STD", 100),
        Stay("other", 0, 2, 2, "STD", 100),
        Stay("new", 2, 4, 2, "STD", 100, types_allowed=("STD", "DLX"), room="9", move_penalty=0),
    ]
    problem = Problem(
        name="fit",
        slots=10,
        room_types=(RoomType("STD", 0), RoomType("DLX", 1)),
        rooms=tuple(Room(i, "DLX" if i == "9" else "STD") for i in ("1", "2", "3", "9")),
        stays=tuple(stays),
        weights=Weights(upgrade=1),
    )
    plan = Plan({"left": "3", "right": "3", "other": "2", "new": "9"})
    found = suggest(problem, plan, "new")
    assert [(s.room, s.fit) for s in found] == [("3", "best"), ("2", "preferred"), ("1", "standard"), ("9", "standard")]
    assert found[3].warnings == ("upgrade: booked STD, 9 is DLX",)
    assert found[0].warnings == ("moves the guest from 9",)
    assert [s.room for s in suggest(problem, plan, "new", limit=2)] == ["3", "2"]
