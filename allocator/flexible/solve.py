"""Solving a flexible problem: as a series of problems of version 1, and exactly where it is small.

1. Times of the movable closures: the problem is solved without them, which bounds it; then each is put, the longest
   first, where the plan loses least, whoever has the room moving elsewhere.
2. Rooms, with closures fixed: the solver of version 1 from there. Whoever has a room then has it in one piece. For who
   has none, closures are moved once more.
3. Who has no room is split, if it is proven that no one room can be made free: into the fewest parts, at least cost.

Whatever comes out has passed :mod:`allocator.flexible.check`, and is scored by :mod:`allocator.flexible.score`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import inf, prod
from typing import Final

from allocator import objective
from allocator.answers.fit import DoesNotFit, Fits, Fitting
from allocator.answers.maintenance import Days, plan_maintenance
from allocator.answers.split import part_of, split
from allocator.arrays import build, plan_of, rooms_of
from allocator.errors import Fault, InvalidProblem, SolverBug
from allocator.flexible.check import check
from allocator.flexible.exact import Unproven, is_small, solve_exactly
from allocator.flexible.problem import FlexiblePlan, FlexibleProblem, MovableClosure, Part, whole
from allocator.flexible.relax import by_night, slack, without_movable
from allocator.flexible.result import FlexibleResult
from allocator.flexible.score import score
from allocator.flexible.serialize import digest
from allocator.flexible.settle import derived, joined, possible_starts, priced, rooms_problem, settle
from allocator.params import SolveParams
from allocator.period import overlap
from allocator.plan import Plan
from allocator.problem import Closure, Problem, Stay
from allocator.result import Progress, Proof, SolveResult, StoppedBy
from allocator.search.greedy import fewest_moves, greedy
from allocator.solve import solve as solve_rooms
from allocator.solve import versions

MOVABLE_SHARE: Final = 0.3
"""Of the time, what the problem without movable closures gets."""

SPLIT_SHARE: Final = 0.35
"""Of the time that is left, what splitting and its bound get where the greedy plan leaves somebody out."""

PLACING_SHARE: Final = 0.3
"""Of the time that is left then, what finding times for the movable closures may take."""

MOST_TRIED: Final = 12
"""Times at which a movable closure is tried, those that displace the fewest first."""

FIT_EFFORT: Final = 4.0
"""Deterministic limit of the proof that a stay has no room in one piece, in about seconds."""

Solver = Callable[..., SolveResult]


def solve(
    problem: FlexibleProblem,
    params: SolveParams | None = None,
    *,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    exactly: bool = True,
    solver: Solver = solve_rooms,
) -> FlexibleResult:
    """Find a plan that splits only where it must, and prove how good it is.

    Parameters
    ----------
    exactly
        Whether a small problem is solved in one model.
    solver
        What solves problems of version 1.

    Raises
    ------
    InvalidProblem
        If no plan can meet the move budget.
    """
    run = _Run(problem, params or SolveParams(), progress, cancelled or (lambda: False), solver)
    if exactly and is_small(problem):
        try:
            best = solve_exactly(problem, run.params.seed, run.seconds)
        except Unproven:
            pass
        else:
            if best is None:
                raise InvalidProblem([_no_budget(problem)])
            return run.result(best.plan, best.bound)
    return run.in_steps()


@dataclass
class _Run:
    """One solve in steps.

    Attributes
    ----------
    crowded
        Slots at which too many compete for rooms, as far as it was asked.
    reserve
        Seconds that a last bound takes.
    """

    problem: FlexibleProblem
    params: SolveParams
    progress: Callable[[Progress], None] | None
    cancelled: Callable[[], bool]
    solver: Solver
    notes: list[str] = field(default_factory=list)
    stopped: StoppedBy = "time"
    crowded: list[int] = field(default_factory=list)
    reserve: float = 0.0
    started: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float:
        """Seconds left."""
        return max(0.1, self.started + self.params.time_limit_s - time.monotonic())

    @property
    def seconds(self) -> float:
        """Wall limit of a step that counts its effort itself; none where the whole run is to repeat."""
        return self.left if self.params.deterministic_limit is None else inf

    def in_steps(self) -> FlexibleResult:
        """Solve as a series of problems of version 1."""
        starts, bound, before = self._starts()
        rooms = rooms_problem(self.problem, starts)
        begun = time.monotonic()
        later = bool(self.problem.splittable) and _leaves_out(rooms)
        self.reserve = 6 * (time.monotonic() - begun)
        after = min(2 * SPLIT_SHARE, max(SPLIT_SHARE, 2 * self.reserve / self.left)) if later else 0.0
        found = self._rooms(rooms, 1 - after, before)
        plan = self._make_way(whole(found.plan, self.problem.base, starts))
        if bound is None:
            bound = found.bound
        if plan.unplaced and self.problem.splittable:
            plan = self._split(plan)
            bound = 0
            if self.seconds > self.reserve:
                bound = self._rooms(by_night(self.problem, self.crowded), 1.0, None).bound - slack(self.problem)
            else:
                self.notes.append("There was no time for a bound of what splitting could bring.")
        return self.result(plan, max(0, bound))

    def result(self, plan: FlexiblePlan, bound: int) -> FlexibleResult:
        """Judge a plan, and return it.

        Raises
        ------
        SolverBug
            If it breaks a rule, or the bound is above its score.
        """
        broken = check(self.problem, plan)
        total = score(self.problem, plan)
        if broken or bound > total.total:
            raise SolverBug(str(broken[0]) if broken else f"bound {bound} above score {total.total}")
        params = self.params
        return FlexibleResult(
            plan=plan,
            score=total,
            bound=bound,
            stopped_by="proof" if bound == total.total else self.stopped,
            wall_time_s=time.monotonic() - self.started,
            proof=Proof(params.seed, params.workers, versions(), digest(self.problem)),
            notes=tuple(self.notes),
        )

    def _rooms(self, rooms: Problem, share: float, before: Plan | None) -> SolveResult:
        """Solve a problem of version 1 in a share of the time that is left."""
        limit = self.params.deterministic_limit
        params = replace(
            self.params,
            time_limit_s=max(0.1, share * self.left) if limit is None else self.params.time_limit_s,
            deterministic_limit=None if limit is None else share * limit,
        )
        more = {} if self.solver is not solve_rooms else {"cancelled": self.cancelled}
        found = self.solver(rooms, params, incumbent=before, progress=self.progress, **more)
        self.notes += found.notes
        if found.stopped_by not in ("proof", "gap"):
            self.stopped = found.stopped_by
        return found

    def _starts(self) -> tuple[dict[str, int], int | None, Plan | None]:
        """Return when movable closures begin, a bound if they could begin otherwise, and a plan to start from."""
        possible = possible_starts(self.problem)
        if prod(len(times) for times in possible.values()) == 1:
            return {name: times[0] for name, times in possible.items()}, None, None
        found = self._rooms(without_movable(self.problem), MOVABLE_SHARE, None)
        starts: dict[str, int] = {}
        plan = found.plan
        each = PLACING_SHARE * self.seconds / len(possible)
        for closure in sorted(self.problem.movable, key=lambda m: (-m.duration, m.id)):
            rooms = rooms_problem(self.problem, starts)
            starts[closure.id], plan = _placed(rooms, plan, closure, possible[closure.id], each)
        return starts, found.bound - slack(self.problem), plan

    def _make_way(self, plan: FlexiblePlan) -> FlexiblePlan:
        """Move closures for the sake of those who have no room, while nobody is split."""
        problem, possible = self.problem, possible_starts(self.problem)
        until = time.monotonic() + (self.seconds - 1.5 * self.reserve) / 4
        for name in plan.unplaced:
            stay = problem.base.stay_by_id[name]
            for closure in problem.movable:
                start = plan.starts[closure.id]
                in_the_way = overlap(stay.start, stay.end, start, start + closure.duration)
                if len(possible[closure.id]) == 1 or not in_the_way or time.monotonic() > until:
                    continue
                others = {m: t for m, t in plan.starts.items() if m != closure.id}
                rooms = rooms_problem(problem, others)
                now = Plan({s: parts[0].room if parts else None for s, parts in plan.parts.items()})
                answer = Fitting(rooms, now).fit([rooms.stay_by_id[name]], prove=False, effort=1.0)
                if not isinstance(answer, Fits):
                    continue
                start, moved = _placed(rooms, answer.plan, closure, possible[closure.id], self.seconds / 16)
                better = whole(moved, problem.base, {**others, closure.id: start})
                if not check(problem, better) and score(problem, better).total < score(problem, plan).total:
                    plan = better
                    break
        return plan

    def _split(self, plan: FlexiblePlan) -> FlexiblePlan:
        """Split those without a room who cannot have one in one piece, the dearest first."""
        waiting = [s for s in self.problem.splittable if not plan.parts[s.id]]
        best = score(self.problem, plan).total
        until = time.monotonic() + (self.seconds - 1.5 * self.reserve) / 2
        for stay in sorted(waiting, key=lambda s: (-s.unplaced_penalty, s.id)):
            if self.cancelled() or time.monotonic() > until:
                self.notes.append("There was no time to split everybody who could be.")
                break
            now = _priced(self.problem, plan)
            effort = min(FIT_EFFORT, self.seconds / 8)
            answer = Fitting(now.problem, now.plan).fit([now.problem.stay_by_id[stay.id]], effort=effort)
            if isinstance(answer, Fits):
                better = _unsettled(plan, answer.plan, now.owner, self.problem)
            elif isinstance(answer, DoesNotFit):
                self._mark(stay, answer)
                better = _in_parts(self.problem, plan, now, stay)
            else:
                self.notes.append(f"{stay.id} may be split, but it is not proven that it must be.")
                continue
            if not check(self.problem, better) and score(self.problem, better).total < best:
                plan, best = better, score(self.problem, better).total
        return plan

    def _mark(self, stay: Stay, answer: DoesNotFit) -> None:
        """Remember a moment at which too many compete for a stay's rooms, one for many stays if that will do."""
        at = getattr(answer.witness, "slot", None)
        if at is not None and not any(stay.start <= slot < stay.end for slot in self.crowded):
            self.crowded.append(at)


def _in_parts(problem: FlexibleProblem, plan: FlexiblePlan, now: _Priced, stay: Stay) -> FlexiblePlan:
    """Return the plan with a stay in the fewest parts, everybody else where they are; the same if there are none."""

    def part(stay: Stay, per_night: int, first: int, last: int) -> Stay:
        return priced(problem, part_of(stay, per_night, first, last))

    found = split(now.problem, now.plan, stay, problem.most_parts(stay), part=part)
    if found is None or len(found.parts) == 1:  # one part costs too much, or it would have fitted
        return plan
    parts = []
    begun = 0
    for piece in found.parts:
        end = stay.nights if piece is found.parts[-1] else (piece.end - stay.start) // problem.base.slots_per_night
        parts.append(Part(piece.room, end - begun))
        begun = end
    return FlexiblePlan({**plan.parts, stay.id: tuple(parts)}, plan.starts)


@dataclass(frozen=True, slots=True)
class _Priced:
    problem: Problem
    plan: Plan
    owner: Mapping[str, str]


def _priced(problem: FlexibleProblem, plan: FlexiblePlan) -> _Priced:
    """Return what a plan leaves, its waits as costs."""
    settled = settle(problem, plan)
    stays = tuple(priced(problem, stay) for stay in settled.problem.stays)
    return _Priced(derived(settled.problem, stays=stays), settled.plan, settled.owner)


def _unsettled(before: FlexiblePlan, rooms: Plan, owner: Mapping[str, str], problem: FlexibleProblem) -> FlexiblePlan:
    """Return the plan that has these rooms, stays cut as they were."""
    nights = {s.id: s.nights for s in problem.base.stays}
    parts: dict[str, tuple[Part, ...]] = {}
    for stay, room in rooms.rooms.items():
        if stay not in owner:
            parts[stay] = () if room is None else (Part(room, nights[stay]),)
    for name, stay in owner.items():  # in order
        mine = parts.get(stay, ())
        parts[stay] = (*mine, Part(str(rooms.rooms[name]), before.parts[stay][len(mine)].nights))
    return FlexiblePlan({stay: joined(mine) for stay, mine in parts.items()}, before.starts)


def _placed(
    rooms: Problem, plan: Plan, closure: MovableClosure, possible: list[int], seconds: float
) -> tuple[int, Plan]:
    """Return when a movable closure begins, and the plan with it: as many as can find other rooms."""
    end = time.monotonic() + seconds
    sharing = {closure.room} | {q for pair in rooms.rivals if closure.room in pair for q in pair}
    there = [s for s in rooms.stays if plan.rooms[s.id] in sharing]

    def displaced(start: int) -> int:
        return sum(overlap(s.start, s.end, start, start + closure.duration) for s in there)

    tried = sorted(possible, key=lambda start: (displaced(start), start))[:MOST_TRIED]
    found: list[Days] = []
    for start in tried:
        window = (start, start + closure.duration)
        found += plan_maintenance(rooms, plan, closure.room, window, closure.duration, improve=0)
        if found and time.monotonic() > end:
            break
    if found:
        days = min(found, key=lambda days: (days.cost, days.start))
        return days.start, days.plan
    ways = [(_left_out(rooms, plan, closure, start), start) for start in tried]
    (_, _, kept), start = min(ways, key=lambda way: (way[0][:2], way[1]))
    return start, kept


def _left_out(rooms: Problem, plan: Plan, closure: MovableClosure, start: int) -> tuple[int, int, Plan]:
    """Return by how many moves the budget is missed if a closure begins then, and a greedy plan with its score."""
    closed = Closure(closure.id, closure.room, start, start + closure.duration)
    arrays = build(derived(rooms, closures=(*rooms.closures, closed)))
    over = max(0, fewest_moves(arrays) - arrays.budget) if arrays.budget >= 0 else 0
    kept = greedy(arrays, rooms_of(rooms, plan))
    return over, objective.total(arrays, kept), plan_of(rooms, kept)


def _leaves_out(rooms: Problem) -> bool:
    """Tell whether the greedy plan leaves anybody without a room."""
    return bool((greedy(build(rooms)) < 0).any())


def _no_budget(problem: FlexibleProblem) -> Fault:
    budget = problem.base.policy.move_budget
    return Fault("policy.move_budget", f"no plan can do with {budget} moves, whenever movable closures are held")
