"""Random flexible problems and plans, and the oracle of everything that solves them: all plans there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations, pairwise, product
from random import Random

from allocator.arrays import build
from allocator.check import misfits
from allocator.errors import InvalidProblem
from allocator.flexible.check import check
from allocator.flexible.problem import FlexiblePlan, FlexibleProblem, MovableClosure, Part
from allocator.flexible.score import score
from allocator.flexible.settle import rooms_problem
from allocator.problem import Group, Link, Policy, Problem, Room, RoomType, Stay, Weights
from allocator.search.greedy import greedy
from tests.allocator.problems import random_problem


def flexible_problem(rng: Random, *, rooms: int = 3, stays: int = 5, slots: int = 6) -> FlexibleProblem:
    """Return a valid problem with every rule of both versions; draws are repeated until one is."""
    while True:
        minutes = rng.random() < 0.3
        base = random_problem(rng, rooms=rooms, stays=stays, slots=slots, minutes=minutes)
        if rng.random() < 0.5:  # longer stays, so that there is something to split
            base = replace(base, stays=tuple(_dear(rng, s) for s in base.stays))
        try:
            return _draw(rng, base)
        except InvalidProblem:
            continue


def scattered_problem(rng: Random) -> FlexibleProblem:
    """Return a problem in which free nights lie scattered over rooms, so that some stays only fit in parts."""
    while True:
        try:
            problem = _draw(rng, _scattered(rng))
        except InvalidProblem:
            continue
        rooms = greedy(build(rooms_problem(problem, {})))
        left_out = {s.id for s, r in zip(problem.base.stays, rooms.tolist(), strict=True) if r < 0}
        if any(s.id in left_out for s in problem.splittable):
            return problem


def _scattered(rng: Random) -> Problem:
    night = rng.choice((1, 1, 1440))
    names = [str(101 + i) for i in range(rng.randint(2, 3))]
    rooms = [Room(name, rng.choice(("STD", "STD", "DLX")), position=i) for i, name in enumerate(names)]
    if rng.random() < 0.2:
        rooms[0] = replace(rooms[0], beds=2, gender=rng.choice(("any", "same")))
    groups = (Group("G", rng.random() < 0.5),) if rng.random() < 0.3 else ()

    def stay(name: str, first: int, nights: int, room: str | None, locked: bool) -> Stay:
        return Stay(
            name,
            first * night + (0 if night == 1 else 900),
            (first + nights) * night + (0 if night == 1 else 660),
            nights,
            "STD",
            rng.choice((200, 1000)),
            types_allowed=("STD", "DLX"),
            gender=rng.choice(("female", "male")),
            room_costs={r: rng.randint(0, 9) for r in names if rng.random() < 0.3},
            room=room,
            move_penalty=rng.choice((0, 20)),
            locked=locked,
            group="G" if groups and rng.random() < 0.5 else None,
        )

    stays = [
        stay(f"W{i}", rng.randint(0, 3), rng.randint(2, 4), rng.choice((None, None, *names)), False)
        for i in range(rng.randint(1, 2))
    ]
    for name in names:
        at = rng.randint(0, 2)
        while at < 6:
            nights = rng.randint(1, 2)
            stays.append(stay(f"L{name}-{at}", at, nights, name, rng.random() < 0.8))
            at += nights + rng.choice((0, 1, 2, 3))
    return Problem(
        name="scattered",
        slots=8 * night,
        slots_per_night=night,
        room_types=(RoomType("STD"), RoomType("DLX", 1)),
        rooms=tuple(rooms),
        stays=tuple(stays),
        groups=groups,
        links=(Link("connecting", tuple(names[:2])),),
        weights=Weights(upgrade=rng.choice((0, 10)), apart=3, gap=rng.choice(((), (12, 5))), not_connecting=7),
        policy=Policy(rng.choice((None, None, 1, 2))),
    )


def _dear(rng: Random, stay: Stay) -> Stay:
    return replace(stay, unplaced_penalty=rng.choice((300, 1000)), allowed_rooms=None, needs=frozenset(), party=1)


def _draw(rng: Random, base: Problem) -> FlexibleProblem:
    night = base.slots_per_night
    names = [room.id for room in base.rooms]
    movable = []
    for i in range(rng.choice((0, 0, 1, 1, 2))):
        earliest = rng.randint(-1, 4) * night
        duration = rng.choice((1, 1, 2)) * night if night == 1 or rng.random() < 0.5 else rng.randint(60, 2000)
        latest = earliest + duration + rng.randint(0, 2) * night
        movable.append(MovableClosure(f"M{i}", rng.choice(names), earliest, latest, duration, night))
    ready = {}
    for name in names:
        if rng.random() < 0.3:
            ready[name] = rng.randint(0, 2) if night == 1 else 900 + rng.randint(-600, 2000)
    return FlexibleProblem(
        base,
        max_parts={s.id: rng.choice((2, 2, 3)) for s in base.stays if rng.random() < 0.6},
        ready=ready,
        movable=tuple(movable),
        split=rng.choice((0, 5, 40)),
        readiness=rng.choice((0, 3)) if night == 1 else rng.choice((0, 1)),
        longest_wait=rng.choice((None, None, 0, 1)) if night == 1 else rng.choice((None, 0, 120)),
    )


def random_parts(rng: Random, problem: FlexibleProblem, *, unplaced: float = 0.2) -> FlexiblePlan:
    """Return a plan in which every choice is a possible one, whatever rules it breaks together with the others."""
    parts = {}
    for stay in problem.base.stays:
        ways = list(ways_of(problem, stay))
        parts[stay.id] = () if rng.random() < unplaced and not stay.locked else rng.choice(ways)
    return FlexiblePlan(parts, {m.id: rng.choice(m.starts) for m in problem.movable})


def ways_of(problem: FlexibleProblem, stay: Stay) -> Iterator[tuple[Part, ...]]:
    """Yield every way to place a stay, other stays aside, and not to place it."""
    if stay.locked:
        yield (Part(str(stay.room), stay.nights),)
        return
    yield ()
    rooms = [room.id for room in problem.base.rooms if not any(misfits(stay, room))]
    for count in range(1, problem.most_parts(stay) + 1):
        for cuts in combinations(range(1, stay.nights), count - 1):
            ends = [0, *cuts, stay.nights]
            nights = [b - a for a, b in pairwise(ends)]
            for chosen in product(rooms, repeat=count):
                if all(a != b for a, b in pairwise(chosen)):
                    yield tuple(Part(r, n) for r, n in zip(chosen, nights, strict=True))


def plans(problem: FlexibleProblem) -> Iterator[FlexiblePlan]:
    """Yield every valid plan."""
    for chosen in product(*(m.starts for m in problem.movable)):
        starts = {m.id: t for m, t in zip(problem.movable, chosen, strict=True)}
        yield from _placed(problem, starts, 0, {s.id: () for s in problem.base.stays})


def _placed(
    problem: FlexibleProblem, starts: dict[str, int], at: int, parts: dict[str, tuple[Part, ...]]
) -> Iterator[FlexiblePlan]:
    stays = problem.base.stays
    waiting = {s.id for s in stays[at:]}
    plan = FlexiblePlan(parts, starts)
    broken = [v for v in check(problem, plan) if v.rule != "move_budget" or at == len(stays)]
    if any(not (v.rule == "locked" and waiting.issuperset(v.stays)) for v in broken):
        return  # whatever is added, what is broken stays broken
    if at == len(stays):
        yield plan
        return
    for way in ways_of(problem, stays[at]):
        yield from _placed(problem, starts, at + 1, parts | {stays[at].id: way})


@dataclass(frozen=True)
class Oracle:
    """What brute force knows.

    Attributes
    ----------
    least
        Score of the best plan that keeps the rule of splitting, None if no plan is valid.
    fewest
        By the set of stays placed, the fewest changes of any plan that places just them.
    """

    least: int | None
    fewest: dict[frozenset[str], int]

    def must_change(self, placed: frozenset[str]) -> int:
        """Return with how few changes at least these can be placed."""
        return min(changes for others, changes in self.fewest.items() if others >= placed)


def placed_in(plan: FlexiblePlan) -> frozenset[str]:
    """Return who has a room in a plan."""
    return frozenset(s for s, parts in plan.parts.items() if parts)


def oracle(problem: FlexibleProblem) -> Oracle:
    """Try all plans."""
    scores: dict[tuple[frozenset[str], int], int] = {}
    for plan in plans(problem):
        key = placed_in(plan), plan.changes
        total = score(problem, plan).total
        scores[key] = min(total, scores.get(key, total))
    fewest: dict[frozenset[str], int] = {}
    for placed, changes in scores:
        fewest[placed] = min(changes, fewest.get(placed, changes))
    known = Oracle(None, fewest)
    kept = [total for (placed, changes), total in scores.items() if changes == known.must_change(placed)]
    return Oracle(min(kept, default=None), fewest)


def size(problem: FlexibleProblem) -> int:
    """Return how many plans there are, those that break rules included."""
    count = 1
    for stay in problem.base.stays:
        count *= sum(1 for _ in ways_of(problem, stay))
    for closure in problem.movable:
        count *= len(closure.starts)
    return count
