"""The specification against an independent judge, and each rule by an allowed, a forbidden and a boundary case."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import pytest

from allocator.check import CHECKS, check
from allocator.plan import Plan, in_force
from allocator.problem import Closure, Group, Link, Policy, Problem, Room, RoomType, Stay, Weights, Wish
from allocator.rules import RULES, TERMS
from allocator.score import SCORES, score
from allocator.serialize import problem_to_json
from tests.allocator.problems import random_plan, random_problem

TYPES = (RoomType("STD", 0), RoomType("DLX", 1))


@pytest.fixture(scope="session")
def judge(shared_dir: Path) -> Callable[..., Any]:
    """The judge written from the format's page alone."""
    path = shared_dir / "tools" / "judge.py"
    spec = importlib.util.spec_from_file_location("judge", path)
    assert spec is not None
    assert spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.judge


def test_registry_names_are_the_functions() -> None:
    assert list(RULES) == list(CHECKS)
    assert list(TERMS) == list(SCORES)
    assert all(function.__name__ == name for name, function in (CHECKS | SCORES).items())


@pytest.mark.parametrize("seed", range(8))
def test_score_and_validity_equal_the_judge_on_random_plans(seed: int, judge: Callable[..., Any]) -> None:
    rng = Random(seed)
    valid = 0
    for _ in range(150):
        problem = random_problem(rng, minutes=rng.random() < 0.3)
        for plan in (random_plan(rng, problem, unplaced=rng.choice((0.1, 0.6))), in_force(problem)):
            violations, terms = judge(problem_to_json(problem), {"plan": dict(plan.rooms)})
            assert dict(score(problem, plan).terms) == terms
            assert bool(check(problem, plan)) == bool(violations), (violations, check(problem, plan))
            valid += not violations
    assert valid > 20  # the property would say nothing if no plan were valid


def make(stays: tuple[Stay, ...], **changes: Any) -> Problem:
    """Return a problem of four rooms: 101, 102 (STD), 201 (DLX), D1 (a dorm of two beds, one gender at a time)."""
    values: dict[str, Any] = {
        "name": "case",
        "slots": 10,
        "room_types": TYPES,
        "rooms": (
            Room("101", "STD", sleeps=2, building="A", floor=1, position=1, features=frozenset({"quiet"})),
            Room("102", "STD", sleeps=2, building="A", floor=1, position=2),
            Room("201", "DLX", sleeps=4, building="A", floor=2, position=1, features=frozenset({"accessible"})),
            Room("D1", "STD", beds=2, building="B", floor=0, gender="same", use_cost=3),
        ),
        "stays": stays,
    }
    return Problem(**(values | changes))


def stay(name: str, start: int = 0, end: int = 3, **changes: Any) -> Stay:
    """Return a three-night stay of one, in a standard room."""
    values: dict[str, Any] = {"nights": max(1, end - start), "type": "STD", "unplaced_penalty": 1000}
    return Stay(name, start, end, **(values | changes))


def broken(problem: Problem, **rooms: str | None) -> set[str]:
    """Return the names of the rules that a plan breaks."""
    return {violation.rule for violation in check(problem, Plan(rooms))}


def test_one_room() -> None:
    problem = make((stay("A"),))
    assert broken(problem, A="101") == set()
    assert broken(problem, A=None) == set()
    assert broken(problem) == {"one_room"}
    assert broken(problem, A="999") == {"one_room"}
    assert broken(problem, A="101", B="102") == {"one_room"}


def test_no_overlap() -> None:
    assert broken(make((stay("A", 0, 3), stay("B", 3, 5))), A="101", B="101") == set()
    assert broken(make((stay("A", 0, 3), stay("B", 2, 5))), A="101", B="102") == set()
    assert broken(make((stay("A", 0, 3), stay("B", 2, 5))), A="101", B="101") == {"no_overlap"}
    women = tuple(stay(name, gender="female") for name in "ABC")
    assert broken(make(women), A="D1", B="D1", C=None) == set()
    assert broken(make(women), A="D1", B="D1", C="D1") == {"no_overlap"}


def test_no_overlap_of_suites_and_parts() -> None:
    both = (Link("component", ("101", "102"), "201"),)
    stays = (stay("A", 0, 3, types_allowed=("STD", "DLX")), stay("B", 2, 5), stay("C", 3, 4))
    problem = make(stays, links=both)
    assert broken(problem, A="201", B="101", C=None) == {"no_overlap"}
    assert broken(problem, A="201", B=None, C="102") == set()
    assert broken(make(stays, links=both, closures=(Closure("X", "102", 2, 3),)), A="201", B=None, C=None) == {"closed"}


def test_room_fits() -> None:
    assert broken(make((stay("A"),)), A="201") == {"room_fits"}
    assert broken(make((stay("A", types_allowed=("STD", "DLX")),)), A="201") == set()
    assert broken(make((stay("A", party=2),)), A="101") == set()
    assert broken(make((stay("A", party=3),)), A="101") == {"room_fits"}
    assert broken(make((stay("A", party=3, gender="male"),)), A="D1") == set()  # a dorm sells beds, not rooms
    assert broken(make((stay("A", needs=frozenset({"quiet"})),)), A="101") == set()
    assert broken(make((stay("A", needs=frozenset({"quiet"})),)), A="102") == {"room_fits"}
    assert broken(make((stay("A", allowed_rooms=frozenset({"102"})),)), A="101") == {"room_fits"}
    assert broken(make((stay("A", allowed_rooms=frozenset()),)), A=None) == set()
    assert broken(make((stay("A", forbidden_rooms=frozenset({"101"})),)), A="101") == {"room_fits"}
    assert broken(make((stay("A", party=9, room="101", locked=True),)), A="101") == set()  # somebody put it there


def test_closed() -> None:
    problem = make((stay("A", 0, 3),), closures=(Closure("X", "101", 3, 5), Closure("Y", "102", 2, 3)))
    assert broken(problem, A="101") == set()
    assert broken(problem, A="102") == {"closed"}


def test_locked() -> None:
    problem = make((stay("A", room="101", locked=True),))
    assert broken(problem, A="101") == set()
    assert broken(problem, A="102") == {"locked"}
    assert broken(problem, A=None) == {"locked"}


def test_gender() -> None:
    pair = make((stay("A", 0, 3, gender="female"), stay("B", 2, 5, gender="male")))
    assert broken(pair, A="D1", B="D1") == {"gender"}
    after = make((stay("A", 0, 3, gender="female"), stay("B", 3, 5, gender="male")))
    assert broken(after, A="D1", B="D1") == set()
    assert broken(make((stay("A"),)), A="D1") == {"gender"}
    held = {"room": "D1", "locked": True}
    both = make((stay("A", gender="female", **held), stay("B", gender="male", **held)))
    assert broken(both, A="D1", B="D1") == set()


def test_move_budget() -> None:
    stays = (stay("A", room="101"), stay("B", room="102"))
    assert broken(make(stays, policy=Policy(1)), A="101", B=None) == set()
    assert broken(make(stays, policy=Policy(1)), A="102", B="101") == {"move_budget"}
    assert broken(make(stays, policy=Policy(0)), A="101", B="102") == set()


def terms(problem: Problem, **rooms: str | None) -> dict[str, int]:
    """Return the penalties of a plan by term."""
    return dict(score(problem, Plan(rooms)).terms)


def test_terms_of_one_stay() -> None:
    wishes = (Wish(2, feature="quiet"), Wish(5, min_floor=2), Wish(1, room="102"))
    guest = stay(
        "A",
        types_allowed=("STD", "DLX"),
        wishes=wishes,
        room_costs={"201": 4},
        room="101",
        move_penalty=9,
        gender="male",
    )
    problem = make((guest,), weights=Weights(upgrade=100))
    assert terms(problem, A="101") == {"wish": 3 * (5 + 1)}
    assert terms(problem, A="201") == {"upgrade": 300, "wish": 3 * (2 + 1), "room_cost": 4, "move": 9}
    assert terms(problem, A=None) == {"unplaced": 1000}
    assert terms(problem, A="D1") == {"wish": 3 * (2 + 5 + 1), "move": 9, "wear": 9}


def test_group_terms() -> None:
    group = {"group": "G", "types_allowed": ("STD", "DLX"), "gender": "male"}
    problem = make(
        (stay("A", **group), stay("B", **group), stay("C", 5, 6, **group)),
        groups=(Group("G", wants_connecting=True),),
        links=(Link("connecting", ("101", "102")),),
        weights=Weights(apart=10, not_connecting=4),
    )
    assert terms(problem, A="101", B="102", C="101") == {}
    assert terms(problem, A="101", B="102", C=None) == {"unplaced": 1000}
    assert terms(problem, A="101", B="201", C="101") == {"apart": 2 * 10 * 2, "not_connecting": 3 * 4}
    assert terms(problem, A="101", B="102", C="D1") == {"apart": 2 * 10 * 3, "not_connecting": 4, "wear": 3}


def test_gap_counts_idle_nights_between_occupancies_of_private_rooms() -> None:
    weights = Weights(gap=(12, 5))
    stays = (stay("A", 0, 2, gender="male"), stay("B", 3, 5, gender="male"))
    assert terms(make(stays, weights=weights), A="101", B="101") == {"gap": 12}
    assert terms(make(stays, weights=weights), A="D1", B="D1") == {"wear": 12}
    closures = (Closure("X", "101", 7, 8), Closure("Y", "101", 8, 9))
    assert terms(make(stays, weights=weights, closures=closures), A="101", B="101") == {"gap": 17}
    assert terms(make((stay("A", 0, 2), stay("B", 5, 6)), weights=weights), A="101", B="101") == {}
