"""Conflicts, ways out, splits, prices, exchanges and maintenance against brute force."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import product
from random import Random

import pytest

from allocator.answers.compare import Exchange, explain_move, explain_room, place_of
from allocator.answers.conflict import Element, World, conflict
from allocator.answers.fit import DoesNotFit
from allocator.answers.maintenance import NAME, plan_maintenance
from allocator.answers.near import keeping, settled
from allocator.answers.price import price_list, price_of, without_it
from allocator.answers.rack import takes
from allocator.answers.split import part_of, split
from allocator.answers.ways_out import WayOut, ways_out
from allocator.check import check
from allocator.errors import InvalidProblem
from allocator.plan import Plan
from allocator.problem import Closure, Policy, Problem, Room, RoomType, Stay
from allocator.score import score
from tests.allocator.answers.plans import fewest_moves, fragmented_case, newcomer, tight_case, valid_plan, without
from tests.allocator.brute import best_plan, valid_rooms
from tests.allocator.problems import random_problem


def fits(problem: Problem, plan: Plan, stay: Stay) -> bool:
    """Tell by brute force whether a stay that is not part of the problem fits."""
    whole = replace(problem, stays=(*problem.stays, stay))
    return fewest_moves(whole, Plan({**plan.rooms, stay.id: None}), {stay.id}) is not None


def some_or_500(some: int) -> pytest.MarkDecorator:
    """Ask for so many problems in every run, and for 500 among the fault tests."""
    return pytest.mark.parametrize("cases", [some, pytest.param(500, marks=pytest.mark.faults)])


@some_or_500(60)
def test_conflicts_are_minimal_and_ways_out_work(seed: int, cases: int) -> None:
    rng = Random(f"conflict {seed}")
    seen: Counter[str] = Counter()
    for tried in range(10 * cases):
        if tried >= cases and not never(seen):
            break
        problem, plan, name = tight_case(rng)
        stay = problem.stay_by_id[name]
        found = conflict(problem, plan, stay)
        if found is None:
            assert fewest_moves(problem, plan, {name}) is not None
            continue
        assert found.minimal
        world = World(problem, plan, stay)
        hasty = conflict(problem, plan, stay, seconds=0)  # whatever it had no time for, it is no less true
        assert hasty is not None
        some, held = world.only(hasty.elements, {s for s in hasty.of("stay") if plan[s] is not None})
        assert not fits(some, held, world.asking(hasty.elements))
        # Some that are locked would be in the way without their locks too; who is where no rule lets him be is stuck.
        movable = {s for s in found.of("stay") if takes(problem.room_by_id[str(plan[s])], problem.stay_by_id[s])}
        some, held = world.only(found.elements, movable)
        assert not fits(some, held, world.asking(found.elements))
        for element in found.elements:
            seen[element.kind] += 1
            rest = [e for e in found.elements if e != element]
            left = found.elements if element.kind == "lock" else rest
            some, held = world.only(left, movable | ({element.id} if element.kind == "lock" else set()))
            assert fits(some, held, world.asking(left)), element
        for way in ways_out(problem, plan, stay, found):
            seen[way.way] += 1
            after, plan_after = carried_out(problem, stay, way)
            assert check(after, plan_after) == ()
            before = score(problem, Plan({**plan.rooms, name: None})).total - stay.unplaced_penalty
            assert way.cost == score(after, plan_after).total - before
            placed = {s for s, r in plan.rooms.items() if r is not None and s != name}
            assert all(plan_after[s] is not None for s in placed)
            assert {m.stay for m in way.moves} == {s for s in placed if plan_after[s] != plan[s]}
    assert not never(seen)


def never(seen: Counter[str]) -> set[str]:
    """Return what a test of conflicts must come across and did not yet: some of it is rare."""
    must = {"stay", "rule", "upgrade", "downgrade"}
    rarer = ("unlock", "end_closure", "shorten_closure", "without", "split")
    return must - seen.keys() | ({"any of " + ", ".join(rarer)} if not any(seen[way] for way in rarer) else set())


def carried_out(problem: Problem, stay: Stay, way: WayOut) -> tuple[Problem, Plan]:
    """Return problem and plan after a way out."""
    rest = without(problem, stay.id)
    parts = [replace(stay, room=None, locked=False)]
    if way.way == "unlock":
        stays = tuple(replace(s, locked=False) if s.id == way.subject else s for s in rest.stays)
        rest = replace(rest, stays=stays)
    elif way.way in ("end_closure", "shorten_closure"):
        closure = next(c for c in rest.closures if c.id == way.subject)
        others = tuple(c for c in rest.closures if c.id != way.subject)
        less = () if way.period is None else (Closure(closure.id, closure.room, *way.period),)
        rest = replace(rest, closures=(*others, *less))
    elif way.way in ("upgrade", "downgrade"):
        parts = [replace(parts[0], types_allowed=(way.subject,))]
    elif way.way == "without":
        rule, _, feature = way.subject.partition(":")
        less_: dict[str, object] = {"allowed_rooms": None} if rule == "allowed_rooms" else {rule: frozenset()}
        parts = [replace(parts[0], **({"needs": stay.needs - {feature}} if feature else less_))]  # type: ignore[arg-type]
    else:
        night = int(way.subject)
        nights = ((0, night), (night, stay.nights))
        parts = [part_of(stay, problem.slots_per_night, first, last) for first, last in nights]
    assert len(way.rooms) == len(parts)
    assert [way.plan[p.id] for p in parts] == list(way.rooms)
    return replace(rest, stays=(*rest.stays, *parts)), way.plan


def test_locks_are_told_from_the_stays_behind_them() -> None:
    rooms = (Room("1", "STD"), Room("2", "STD"))
    stays = (
        Stay("a", 0, 2, 2, "STD", 9, room="1", locked=True),
        Stay("b", 2, 4, 2, "STD", 9, room="2", locked=True),
    )
    problem = Problem("two", 4, (RoomType("STD"),), rooms, stays)
    plan = Plan({"a": "1", "b": "2"})
    found = conflict(problem, plan, Stay("new", 1, 3, 2, "STD", 9))
    assert found is not None
    assert found.elements == (Element("lock", "a"), Element("lock", "b"), Element("rule", "types_allowed"))[:2]
    single = replace(problem, rooms=rooms[:1], stays=stays[:1])
    found = conflict(single, Plan({"a": "1"}), Stay("new", 1, 3, 2, "STD", 9))
    assert found is not None
    assert found.elements == (Element("stay", "a"),)  # it would be in the way without its lock too


@some_or_500(60)
def test_splits_do_the_least_harm(seed: int, cases: int) -> None:
    rng = Random(f"split {seed}")
    seen: Counter[int] = Counter()
    for _ in range(cases):
        problem, plan, name = tight_case(rng)
        problem, stay = newcomer(problem, name)
        plan = Plan({s: r for s, r in plan.rooms.items() if s != name})
        found = split(problem, plan, stay, 2)
        before = score(problem, plan).total
        best: dict[int, int] = {}
        for cut in range(stay.nights):
            nights = [(0, stay.nights)] if not cut else [(0, cut), (cut, stay.nights)]
            parts = [part_of(stay, problem.slots_per_night, *span) for span in nights]
            whole = replace(problem, stays=(*problem.stays, *parts))
            for rooms in product(*(valid_rooms(whole, p) for p in parts)):
                after = Plan({**plan.rooms, **{p.id: r for p, r in zip(parts, rooms, strict=True)}})
                if len(set(rooms)) == len(parts) and not check(whole, after):
                    cost = score(whole, after).total - before
                    best[len(parts)] = min(best.get(len(parts), cost), cost)
        seen[min(best, default=0)] += 1
        if found is None:
            assert not best
        elif len({p.room for p in found.parts}) == len(found.parts) and stay.group is None:
            assert min(best) == len(found.parts)
            assert found.cost == best[len(found.parts)]
    assert min(seen[0], seen[2]) > 0


def whole_problem(rng: Random, stays: int = 5) -> tuple[Problem, Plan]:
    """Return a small problem and a plan in force."""
    while True:
        problem = replace(random_problem(rng, rooms=3, stays=stays, slots=6), policy=Policy())
        plan = valid_plan(rng, problem)
        if plan is not None:
            return problem, plan


@some_or_500(60)
def test_prices_are_differences_of_the_best_scores(seed: int, cases: int) -> None:
    rng = Random(f"price {seed}")
    amounts = []
    while len(amounts) < cases:
        problem, plan = whole_problem(rng)
        elements = [Element("lock", s.id) for s in problem.stays if s.locked]
        elements += [Element("closure", c.id) for c in problem.closures]
        listed = price_list(problem, plan, elements)
        assert [p.amount for p in listed] == sorted((p.amount for p in listed), reverse=True)
        for price in listed:
            less, _, _ = without_it(problem, price.of)
            now, then = best_plan(problem), best_plan(less)
            assert now is not None
            assert then is not None
            assert price.exact
            assert price.amount == now[1] - then[1]
            amounts.append(price.amount)
    assert sum(a > 0 for a in amounts) > 3


@some_or_500(25)
def test_an_estimate_is_labelled_and_holds(seed: int, cases: int) -> None:
    rng = Random(f"estimate {seed}")
    for _ in range(cases):
        problem, plan = whole_problem(rng)
        for name in [s.id for s in problem.stays if s.locked]:
            price = price_of(problem, plan, Element("lock", name), effort=0.0)
            less, _, _ = without_it(problem, price.of)
            now, then = best_plan(problem), best_plan(less)
            assert now is not None
            assert then is not None
            assert price.low <= now[1] - then[1] <= price.high
            assert price.low <= price.amount <= price.high


@some_or_500(40)
def test_exchanges_cost_what_a_new_solve_says(seed: int, cases: int) -> None:
    rng = Random(f"exchange {seed}")
    seen: Counter[str] = Counter()
    while seen["exchange"] < cases:
        problem, plan = whole_problem(rng)
        free = [s for s in problem.stays if not s.locked and plan[s.id] is not None]
        if not free:
            continue
        stay, room = rng.choice(free), rng.choice(problem.rooms)
        found = explain_room(problem, plan, stay.id, room.id)
        moved = Plan({**plan.rooms, stay.id: room.id})
        assert found.there.free == (check(problem, moved) == ())
        assert found.here is not None
        assert found.here.free
        if found.there.free:
            assert found.there.total - found.here.total == score(problem, moved).total - score(problem, plan).total
        allowed = frozenset({room.id}) if stay.allowed_rooms is None else stay.allowed_rooms & {room.id}
        there = replace(stay, allowed_rooms=allowed, unplaced_penalty=10**9)
        forced = replace(problem, stays=tuple(there if s is stay else s for s in problem.stays))
        now, then = best_plan(problem), best_plan(forced)
        assert now is not None
        assert then is not None
        if isinstance(found.exchange, Exchange):
            seen["exchange"] += 1
            assert found.exchange.exact
            assert found.exchange.amount == then[1] - now[1]
            rise = score(problem, found.exchange.plan).total - score(problem, plan).total
            assert found.exchange.cost == rise
            assert check(forced, found.exchange.plan) == ()
        else:
            seen["no"] += 1
            assert isinstance(found.exchange, DoesNotFit)
            assert fewest_moves(forced, plan, {stay.id}) is None
    assert seen["no"] > 0


@pytest.mark.parametrize("cases", [20, pytest.param(150, marks=pytest.mark.faults)])
def test_maintenance_finds_the_cheapest_days(seed: int, cases: int) -> None:
    rng = Random(f"maintenance {seed}")
    seen: Counter[str] = Counter()
    while seen["possible"] < cases:
        case = fragmented_case(rng, rooms=3)
        if case is None:
            continue
        problem, plan, _ = case
        problem, plan = without(problem, "new"), Plan({s: r for s, r in plan.rooms.items() if s != "new"})
        problem = replace(problem, weights=replace(problem.weights, gap=(5,), upgrade=3))
        room = rng.choice(problem.rooms).id
        before = score(problem, plan).total
        found = {d.start: d for d in plan_maintenance(problem, plan, room, (0, 6), 2, improve=99)}
        assert [d.cost for d in found.values()] == sorted(d.cost for d in found.values())
        for start in range(5):
            try:
                closed = replace(problem, closures=(*problem.closures, Closure(NAME, room, start, start + 2)))
            except InvalidProblem:
                assert start not in found
                continue
            closed = keeping(closed, plan)
            best = best_plan(closed) if len([s for s in closed.stays if not s.locked]) < 7 else None
            if start in found:
                seen["possible"] += 1
                assert check(closed, found[start].plan) == ()
                assert found[start].cost == score(closed, found[start].plan).total - before
                if best is not None:
                    assert found[start].cost == best[1] - before
            elif best is not None:
                seen["impossible"] += 1
                assert best[0].unplaced
    assert seen["impossible"] > 0


def test_why_a_stay_moved(seed: int) -> None:
    rng = Random(f"moved {seed}")
    seen: Counter[str] = Counter()
    for _ in range(200):
        problem, before = whole_problem(rng, 9)
        after = valid_plan(rng, problem)
        if after is None:
            continue
        for stay in problem.stays:
            found = explain_move(problem, before, after, stay.id)
            if found is None:
                assert before[stay.id] == after[stay.id] or None in (before[stay.id], after[stay.id])
                continue
            back = Plan({**after.rooms, stay.id: before[stay.id]})
            broken = check(problem, back)
            assert (found.saves is None) == bool(broken)
            if found.saves is not None:
                seen["gains"] += 1
                assert found.saves == score(problem, back).total - score(problem, after).total
            else:
                seen["forced"] += 1
                rivals = {s for v in broken for s in v.stays} - {stay.id}
                assert found.forced or rivals <= set(found.makes_room_for)
    assert min(seen["gains"], seen["forced"]) > 0


def test_a_stay_against_a_rule_is_settled_where_it_is() -> None:
    rooms = (Room("1", "STD"), Room("2", "STD", features=frozenset({"sea"})))
    problem = Problem("odd", 4, (RoomType("STD"),), rooms, (Stay("a", 0, 2, 2, "STD", 9, needs=frozenset({"sea"})),))
    plan = Plan({"a": "1"})
    assert check(problem, plan)
    assert check(settled(problem, plan), plan) == ()
    assert settled(problem, Plan({"a": "2"})) is problem
    assert place_of(problem, plan, problem.stays[0], rooms[0]).misfits == ("lacks sea",)
