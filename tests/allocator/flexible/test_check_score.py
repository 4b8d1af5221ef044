"""The specification of version 2: each rule by an allowed, a forbidden and a boundary case, each term by formula."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from allocator.check import CHECKS
from allocator.flexible.check import OWN, check
from allocator.flexible.problem import FlexiblePlan, FlexibleProblem, MovableClosure, Part, whole
from allocator.flexible.score import score
from allocator.flexible.settle import rooms_problem, settle
from allocator.plan import Plan
from allocator.problem import Closure, Link, Policy, Problem, Room, RoomType, Stay, Weights, Wish
from allocator.rules import FLEXIBLE_RULES, FLEXIBLE_TERMS, RULES, TERMS
from allocator.score import score as score_rooms
from tests.allocator.flexible.corrupt import corruptions
from tests.allocator.flexible.problems import flexible_problem, random_parts, scattered_problem

ROOMS = (Room("1", "STD"), Room("2", "STD"), Room("3", "DLX", features=frozenset({"sea"})), Room("S", "STE"))
TYPES = (RoomType("STD", 0), RoomType("DLX", 1), RoomType("STE", 2))


def make(*stays: Stay, base: dict[str, Any] | None = None, **changes: Any) -> FlexibleProblem:
    """Return a problem of two standard rooms, a better one, and a suite made of the first two."""
    suite = (Link("component", ("1", "2"), "S"),)
    problem = Problem("case", 10, TYPES, ROOMS, stays, links=suite, **(base or {}))
    return FlexibleProblem(problem, **({"max_parts": {"A": 2}} | changes))


def stay(name: str, start: int = 0, end: int = 4, **changes: Any) -> Stay:
    """Return a stay in a standard room or a better one."""
    values: dict[str, Any] = {"nights": end - start, "type": "STD", "unplaced_penalty": 100}
    return Stay(name, start, end, **(values | {"types_allowed": ("STD", "DLX", "STE")} | changes))


def plan(starts: dict[str, int] | None = None, **parts: str) -> FlexiblePlan:
    """Return a plan of parts written as nights and room: ``A="2x1 2x3"`` is two nights in 1, then two in 3."""
    read = {
        name: tuple(Part(room, int(nights)) for nights, room in (part.split("x") for part in text.split()))
        for name, text in parts.items()
    }
    return FlexiblePlan(read, starts or {})


def broken(problem: FlexibleProblem, found: FlexiblePlan) -> set[str]:
    """Return the names of the rules that a plan breaks."""
    return {violation.rule for violation in check(problem, found)}


def terms(problem: FlexibleProblem, found: FlexiblePlan) -> dict[str, int]:
    """Return the penalties of a plan by term."""
    assert check(problem, found) == ()
    return dict(score(problem, found).terms)


def test_registry_names_are_the_functions() -> None:
    assert list(RULES | FLEXIBLE_RULES) == list(dict.fromkeys([*CHECKS, *OWN]))
    assert all(function.__name__ == name for name, function in OWN.items())
    assert list(FLEXIBLE_TERMS) == ["split", "readiness"]
    assert not TERMS.keys() & FLEXIBLE_TERMS.keys()


def test_parts() -> None:
    problem = make(stay("A"), stay("B", 0, 2))
    assert broken(problem, plan(A="4x1", B="2x2")) == set()
    assert broken(problem, plan(A="2x1 2x3", B="2x2")) == set()
    assert broken(problem, plan(A="", B="2x2")) == set()
    assert broken(problem, plan(A="2x2 2x1", B="2x1")) == set()
    assert broken(problem, plan(A="1x1 1x2 2x3", B="")) == {"parts"}
    assert broken(problem, plan(A="2x1 2x1", B="")) == {"parts"}
    assert broken(problem, plan(A="2x1 1x3", B="")) == {"parts"}
    assert broken(problem, plan(A="2x1 3x3", B="")) == {"parts"}
    assert broken(problem, plan(A="", B="1x1 1x2")) == {"parts"}
    assert broken(problem, plan(A="2x1 2x9", B="")) == {"one_room"}
    assert broken(problem, plan(A="2x1 2x3")) == {"one_room"}
    assert broken(make(stay("A", room="1", locked=True)), plan(A="2x1 2x3")) == {"parts"}
    three = replace(problem, max_parts={"A": 3})
    assert broken(three, plan(A="1x1 1x3 2x1", B="2x2")) == set()


def test_parts_keep_every_rule_of_rooms() -> None:
    problem = make(stay("A"), stay("B", 2, 6))
    assert broken(problem, plan(A="2x1 2x2", B="4x1")) == set()
    assert broken(problem, plan(A="1x2 3x1", B="4x1")) == {"no_overlap"}
    assert broken(problem, plan(A="2x3 2x2", B="4xS")) == {"no_overlap"}
    assert broken(make(stay("A", types_allowed=("STD",))), plan(A="2x1 2x3")) == {"room_fits"}
    closed = make(stay("A"), base={"closures": (Closure("C", "1", 2, 9),)})
    assert broken(closed, plan(A="2x1 2x2")) == set()
    assert broken(closed, plan(A="3x1 1x2")) == {"closed"}


def test_move_budget_counts_a_split_holder_once() -> None:
    base = {"policy": Policy(1)}
    held = stay("A", room="1")
    assert broken(make(held, stay("B", room="2"), base=base), plan(A="2x1 2x3", B="4x2")) == set()
    assert broken(make(held, stay("B", 5, 6, room="2"), base=base), plan(A="2x1 2x3", B="1x1")) == {"move_budget"}
    assert broken(make(held, base={"policy": Policy(0)}), plan(A="2x1 2x3")) == {"move_budget"}


def test_window() -> None:
    problem = make(stay("A", 0, 4), movable=(MovableClosure("M", "1", 2, 9, 2, 2),))
    assert broken(problem, plan({"M": 4}, A="4x1")) == set()
    assert broken(problem, plan({"M": 6}, A="4x1")) == set()
    assert broken(problem, plan({"M": 2}, A="4x3")) == set()
    assert broken(problem, plan({"M": 2}, A="4x1")) == {"closed"}
    assert broken(problem, plan({"M": 2}, A="4xS")) == {"closed"}
    assert broken(problem, plan({"M": 2}, A="2x1 2x2")) == set()
    assert broken(problem, plan({"M": 5}, A="4x1")) == {"window"}
    assert broken(problem, plan({"M": 8}, A="4x1")) == {"window"}
    assert broken(problem, plan({"M": 0}, A="4x3")) == {"window"}
    assert broken(problem, plan({}, A="4x3")) == {"window"}
    assert broken(problem, plan({"M": 4, "X": 4}, A="4x3")) == {"window"}


def test_ready() -> None:
    problem = make(stay("A"), ready={"1": 2}, longest_wait=2, readiness=5)
    assert terms(problem, plan(A="4x1")) == {"readiness": 10}
    assert terms(problem, plan(A="4x2")) == {}
    assert terms(problem, plan(A="4xS")) == {"readiness": 10}
    assert broken(replace(problem, longest_wait=1), plan(A="4x1")) == {"ready"}
    assert broken(replace(problem, longest_wait=1), plan(A="4xS")) == {"ready"}
    assert broken(replace(problem, longest_wait=None, ready={"1": 3}), plan(A="4x1")) == set()
    assert broken(replace(problem, longest_wait=None, ready={"1": 4}), plan(A="4x1")) == {"ready"}
    assert broken(problem, plan(A="2x1 2x2")) == {"ready"}  # it would be over before the room is ready
    assert terms(problem, plan(A="2x2 2x1")) == {}
    assert terms(replace(problem, base=make(stay("A", room="1", locked=True)).base), plan(A="4x1")) == {}


def test_terms_of_parts() -> None:
    weights = Weights(upgrade=10, gap=(7,))
    guest = stay("A", wishes=(Wish(2, feature="sea"),), room_costs={"1": 5, "3": 1}, room="2", move_penalty=9)
    problem = make(guest, base={"weights": weights}, split=100)
    assert terms(problem, plan(A="3x1 1x3")) == {"upgrade": 10, "wish": 6, "room_cost": 6, "move": 9, "split": 100}
    assert terms(problem, plan(A="1x2 3x3")) == {"upgrade": 30, "wish": 2, "room_cost": 1, "move": 9, "split": 100}
    both = make(guest, stay("B", 3, 4), base={"weights": weights}, split=100)
    assert terms(both, plan(A="2x1 2x2", B="1x1"))["gap"] == 7
    movable = make(stay("A"), base={"weights": weights}, movable=(MovableClosure("M", "1", 4, 9, 1, 1),))
    assert terms(movable, plan({"M": 5}, A="4x1")) == {"gap": 7}
    assert terms(movable, plan({"M": 4}, A="4x1")) == {}


@pytest.mark.parametrize("cases", [150, pytest.param(2_000, marks=pytest.mark.faults)])
def test_what_is_solved_costs_what_is_scored(seed: int, cases: int) -> None:
    rng = Random(f"priced {seed}")
    valid = 0
    for _ in range(cases):
        problem = flexible_problem(rng)
        rooms = rng.choices([None, *(r.id for r in problem.base.rooms)], k=len(problem.base.stays))
        chosen = Plan({s.id: s.room if s.locked else r for s, r in zip(problem.base.stays, rooms, strict=True)})
        found = whole(chosen, problem.base, {m.id: rng.choice(m.starts) for m in problem.movable})
        if check(problem, found):
            continue
        valid += 1
        assert score_rooms(rooms_problem(problem, found.starts), chosen).total == score(problem, found).total
        assert settle(problem, found).problem.stays == problem.base.stays
    assert valid > cases / 20


@pytest.mark.parametrize("cases", [100, pytest.param(1_000, marks=pytest.mark.faults)])
def test_every_corruption_is_refused(seed: int, cases: int) -> None:
    rng = Random(f"corrupt {seed}")
    seen: Counter[str] = Counter()
    wanted = {"one_room", "no_overlap", "locked", "parts", "window", "ready", "closed"}
    while seen.total() < cases or wanted - seen.keys():
        problem = scattered_problem(rng) if rng.random() < 0.7 else flexible_problem(rng)
        found = random_parts(rng, problem)
        if check(problem, found):
            continue
        for rule, bad in corruptions(rng, problem, found):
            seen[rule] += 1
            assert rule in broken(problem, bad), (rule, found, bad)
