"""Fit against brute force: the same yes and no, the fewest moves, and every no has a witness that holds."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from allocator.answers.fit import QUICK, DoesNotFit, Exhausted, Fits, Fitting, TooMany, Unknown, fit
from allocator.answers.witness import Capacity, holds
from allocator.check import check
from allocator.plan import Plan
from allocator.problem import Link, Problem, Room, RoomType, Stay
from tests.allocator.answers.plans import fewest_moves, newcomer, tight_case


@pytest.mark.parametrize("part", range(3))
def test_fit_equals_brute_force(seed: int, part: int) -> None:
    agree_with_brute_force(Random(f"fit {seed} {part}"), 35)


@pytest.mark.faults
def test_fit_equals_brute_force_on_many(seed: int) -> None:
    agree_with_brute_force(Random(f"many fits {seed}"), 500)


def agree_with_brute_force(rng: Random, cases: int) -> None:
    """Hold fit against all plans there are, and its witnesses against the plan."""
    seen: Counter[str] = Counter()
    for number in range(cases):
        problem, plan, name = tight_case(rng)
        expected = fewest_moves(problem, plan, {name})
        seen[f"{expected} moves"] += 1
        limit = rng.choice((None, None, 0, 1))
        asked: Stay | str = name
        whole = problem
        if rng.random() < 0.5:
            problem, asked = newcomer(problem, name)
            plan = Plan({s: r for s, r in plan.rooms.items() if s != name})
        for quick in (QUICK, 0) if number % 4 == 0 else (QUICK,):  # without a quick look CP-SAT answers
            found = fit(problem, plan, asked, limit, quick=quick)
            seen[type(found).__name__] += 1
            if isinstance(found, Fits):
                assert len(found.moves) == expected == found.at_least
                assert check(whole, found.plan) == ()
                assert found.plan[name] == found.room
                changed = {s for s, r in plan.rooms.items() if found.plan[s] != r and s != name}
                assert {m.stay for m in found.moves} == changed
                assert all(m.before and m.after for m in found.moves)
                continue
            assert isinstance(found, DoesNotFit), found
            seen[type(found.witness).__name__] += 1
            if isinstance(found.witness, TooMany):
                assert limit is not None
                assert limit < found.witness.at_least
                assert expected is None or found.witness.at_least <= expected
                continue
            assert expected is None
            if isinstance(found.witness, Exhausted):
                assert found.witness.verified
    assert seen["Fits"] > 5
    assert seen["DoesNotFit"] > 5
    assert seen["1 moves"] + seen["2 moves"] + seen["3 moves"] > 0


def test_a_changed_witness_does_not_hold() -> None:
    problem, plan = full_house()
    asked = Stay("new", 1, 3, 2, "STD", 100)
    found = fit(problem, plan, asked)
    assert isinstance(found, DoesNotFit)
    witness = found.witness
    assert isinstance(witness, Capacity)
    assert witness == Capacity(1, ("a", "b", "new"), ("1", "2"), 2)
    assert holds(problem, plan, [asked], witness)
    for wrong in (
        replace(witness, stays=("a", "new")),
        replace(witness, stays=("a", "new", "x")),
        replace(witness, stays=("a", "a", "new")),
        replace(witness, rooms=("1",), beds=1),
        replace(witness, slot=9),
        replace(witness, beds=1),
    ):
        assert not holds(problem, plan, [asked], wrong), wrong


def full_house() -> tuple[Problem, Plan]:
    """Two rooms of a type, taken; a third of another."""
    rooms = (Room("1", "STD"), Room("2", "STD"), Room("3", "DLX"))
    stays = (Stay("a", 0, 3, 3, "STD", 100), Stay("b", 1, 4, 3, "STD", 100), Stay("c", 1, 2, 1, "DLX", 100))
    problem = Problem("full", 5, (RoomType("STD"), RoomType("DLX", 1)), rooms, stays)
    return problem, Plan({"a": "1", "b": "2", "c": "3"})


def test_locks_alone_have_no_moment_and_are_found_by_exhaustion() -> None:
    # free is room 1 until 2 and room 2 from 2 on, and nobody may move
    rooms = (Room("1", "STD"), Room("2", "STD"))
    stays = (
        Stay("late", 2, 4, 2, "STD", 100, room="1", locked=True),
        Stay("early", 0, 2, 2, "STD", 100, room="2", locked=True),
    )
    problem = Problem("locked", 4, (RoomType("STD"),), rooms, stays)
    plan = Plan({"late": "1", "early": "2"})
    found = fit(problem, plan, Stay("new", 1, 3, 2, "STD", 100))
    assert isinstance(found, DoesNotFit)
    assert isinstance(found.witness, Capacity)  # at each moment a room is free, but for the newcomer both are shut
    assert found.witness.beds == 0
    freed = replace(problem, stays=(replace(stays[0], locked=False), stays[1]))
    assert isinstance(fit(freed, plan, Stay("new", 1, 3, 2, "STD", 100)), Fits)


def test_fragments_have_no_moment_either() -> None:
    rooms = tuple(Room(str(i), "STD") for i in (1, 2, 3))
    stays = (
        Stay("l1", 0, 2, 2, "STD", 9, room="1", locked=True),
        Stay("l2", 4, 6, 2, "STD", 9, room="2", locked=True),
        Stay("x", 0, 4, 4, "STD", 9),
        Stay("y", 2, 5, 3, "STD", 9),
    )
    problem = Problem("fragments", 6, (RoomType("STD"),), rooms, stays)
    plan = Plan({"l1": "1", "l2": "2", "x": "2", "y": "1"})
    asked = Stay("new", 0, 5, 5, "STD", 9)
    assert isinstance(fit(problem, plan, asked), Fits)  # room 3
    shut = replace(problem, stays=(*stays, Stay("l3", 5, 6, 1, "STD", 9, room="3", locked=True)))
    plan = Plan({**plan.rooms, "l3": "3"})
    found = fit(shut, plan, replace(asked, end=6))
    assert isinstance(found, DoesNotFit)


def test_moves_are_counted_and_limited() -> None:
    rooms = (Room("1", "STD"), Room("2", "STD"))
    stays = (Stay("a", 0, 2, 2, "STD", 100), Stay("b", 2, 4, 2, "STD", 100))
    problem = Problem("pair", 4, (RoomType("STD"),), rooms, stays)
    plan = Plan({"a": "1", "b": "2"})
    asked = Stay("new", 0, 4, 4, "STD", 100)
    found = fit(problem, plan, asked)
    assert isinstance(found, Fits)
    assert found.fewest
    assert len(found.moves) == 1
    assert fit(problem, plan, asked, 0) == DoesNotFit(TooMany(1))
    assert fit(problem, plan, asked, quick=0, effort=0) == Unknown(1)  # that somebody must move is seen for nothing


def test_the_room_that_costs_least_is_taken() -> None:
    rooms = (Room("1", "DLX"), Room("2", "STD"), Room("3", "STD"))
    problem = Problem(
        "choice",
        4,
        (RoomType("STD"), RoomType("DLX", 1)),
        rooms,
        (Stay("a", 0, 2, 2, "STD", 100),),
    )
    asked = Stay("new", 2, 4, 2, "STD", 100, types_allowed=("STD", "DLX"))
    found = fit(problem, Plan({"a": "3"}), asked)
    assert isinstance(found, Fits)
    assert found.room == "3"  # the booked type, and right after somebody
    assert found.moves == ()


def test_a_stay_that_breaks_a_rule_where_it_is_stays_there() -> None:
    rooms = (Room("1", "STD"), Room("2", "STD", features=frozenset({"sea"})))
    problem = Problem("odd", 4, (RoomType("STD"),), rooms, (Stay("a", 0, 2, 2, "STD", 9, needs=frozenset({"sea"})),))
    found = fit(problem, Plan({"a": "1"}), Stay("new", 0, 2, 2, "STD", 9))
    assert isinstance(found, Fits)
    assert found.moves == ()
    assert found.room == "2"


def test_a_plan_with_two_in_a_bed_is_refused() -> None:
    problem, _ = full_house()
    with pytest.raises(ValueError, match="no_overlap: b and a in 1"):
        fit(problem, Plan({"a": "1", "b": "1"}), Stay("new", 0, 1, 1, "STD", 9))


def test_suites_and_their_parts() -> None:
    rooms = (Room("S", "STE"), Room("1", "STD"), Room("2", "STD"), Room("3", "STD"))
    problem = Problem(
        "suite",
        3,
        (RoomType("STD"), RoomType("STE", 1)),
        rooms,
        (Stay("a", 0, 2, 2, "STD", 9), Stay("b", 1, 3, 2, "STD", 9)),
        links=(Link("component", ("1", "2"), "S"),),
    )
    asked = Stay("new", 0, 3, 3, "STE", 9)
    plan = Plan({"a": "1", "b": "2"})
    found = fit(problem, plan, asked)
    assert isinstance(found, DoesNotFit)  # one of the two can go to 3, but they overlap
    free = replace(problem, stays=(problem.stays[0], replace(problem.stays[1], start=2)))
    found = fit(free, plan, asked)
    assert isinstance(found, Fits)
    assert len(found.moves) == 2


def test_several_at_once() -> None:
    problem, plan = full_house()
    pair = [Stay(f"n{i}", 3, 5, 2, "STD", 100) for i in range(2)]
    assert isinstance(Fitting(problem, plan).fit(pair), DoesNotFit)
    found = Fitting(problem, plan).fit([replace(s, start=4) for s in pair])
    assert isinstance(found, Fits)
    assert {found.plan[s.id] for s in pair} == {"1", "2"}
