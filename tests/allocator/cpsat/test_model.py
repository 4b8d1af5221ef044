"""A window of everything is the problem itself: it finds what exhaustive search finds, by term and together."""

from dataclasses import replace
from itertools import product
from random import Random

import numpy as np
import pytest
from ortools.sat.python.cp_model import CpSolver

from allocator import objective
from allocator.arrays import Arrays, Ints, build, plan_of
from allocator.check import check
from allocator.cpsat.model import Window
from allocator.cpsat.run import SETTINGS, run
from allocator.errors import SolverBug
from allocator.problem import Problem, Weights
from allocator.score import score
from allocator.search.greedy import fewest_moves, greedy
from allocator.search.occupancy import Occupancy
from tests.allocator.problems import random_problem

TERMS = ("all", "unplaced", "upgrade", "wish", "room_cost", "move", "wear", "apart", "not_connecting", "gap")


def only(problem: Problem, term: str) -> Problem:
    """Return the problem without what the other terms cost, ``unplaced`` apart, which would leave nothing to decide."""
    if term == "all":
        return problem
    w = problem.weights
    stays = tuple(
        replace(
            s,
            wishes=s.wishes if term == "wish" else (),
            room_costs=s.room_costs if term == "room_cost" else {},
            move_penalty=s.move_penalty if term == "move" else 0,
        )
        for s in problem.stays
    )
    weights = Weights(
        upgrade=w.upgrade if term == "upgrade" else 0,
        apart=3 if term == "apart" else 0,
        not_connecting=7 if term == "not_connecting" else 0,
        gap=(12, 5) if term == "gap" else (),
    )
    rooms = tuple(replace(r, use_cost=r.use_cost if term == "wear" else 0) for r in problem.rooms)
    return replace(problem, stays=stays, weights=weights, rooms=rooms)


def exhaustive(problem: Problem, arrays: Arrays) -> int:
    """Return the least score of all plans."""
    free = np.flatnonzero(~arrays.fixed)
    choices = [[*np.flatnonzero(arrays.costs.row(i) >= 0).tolist(), -1] for i in free.tolist()]
    rooms = arrays.held.copy()
    best = None
    for combination in product(*choices):
        rooms[free] = combination
        plan = plan_of(problem, rooms)
        if not check(problem, plan):
            found = score(problem, plan).total
            best = found if best is None else min(best, found)
    assert best is not None
    return best


def everything(arrays: Arrays, rooms: Ints) -> Window:
    """Return the window of all free stays and all rooms."""
    free = np.flatnonzero(~arrays.fixed)
    return Window(Occupancy(arrays), free, np.arange(arrays.n_rooms), rooms[free])


def draw(seed: int, stays: int) -> Problem:
    """Return a random problem whose move budget can be met."""
    rng = Random(seed)
    while True:
        problem = random_problem(rng, rooms=4, stays=stays, minutes=seed % 3 == 0)
        arrays = build(problem)
        if arrays.budget < 0 or fewest_moves(arrays) <= arrays.budget:
            return problem


@pytest.mark.parametrize("term", TERMS)
def test_a_window_of_everything_is_solved_exactly(term: str) -> None:
    for seed in range(40 if term == "all" else 10):
        problem = only(draw(seed, 5), term)
        arrays = build(problem)
        now = greedy(arrays)
        window = everything(arrays, now)
        found = run(window.model, 1, 10.0)
        assert found.optimal
        assert found.values is not None
        rooms = arrays.held.copy()
        rooms[window.stays] = window.rooms(found.values)
        assert check(problem, plan_of(problem, rooms)) == ()
        assert objective.total(arrays, rooms) == exhaustive(problem, arrays), seed


def test_a_window_gains_what_the_score_gains() -> None:
    for seed in range(100):
        problem = draw(seed, 8)
        arrays = build(problem)
        rng = np.random.default_rng(seed)
        now = greedy(arrays)
        free = np.flatnonzero(~arrays.fixed & (rng.random(arrays.n_stays) < 0.6))
        among = np.flatnonzero(rng.random(arrays.n_rooms) < 0.8)
        free = free[(now[free] < 0) | np.isin(now[free], among)]
        occupancy = Occupancy(arrays)
        for i in np.flatnonzero(~arrays.fixed & (now >= 0)):
            if i not in free:
                occupancy.place(int(i), int(now[i]))
        window = Window(occupancy, free, among, now[free])
        found = run(window.model, 1, 10.0)
        assert found.values is not None
        rooms = now.copy()
        rooms[free] = window.rooms(found.values)
        assert check(problem, plan_of(problem, rooms)) == ()
        before, after = (score(problem, plan_of(problem, x)).total for x in (now, rooms))
        assert before - after == window.before - window.cost(found.values) >= 0, seed


def test_the_hint_is_complete_and_feasible() -> None:
    for seed in range(60):
        arrays = build(draw(seed, 8))
        window = everything(arrays, greedy(arrays))
        lines: list[str] = []
        solver = CpSolver()
        for name, value in SETTINGS.items():
            setattr(solver.parameters, name, value)
        solver.parameters.log_search_progress = True
        solver.parameters.log_to_stdout = False
        solver.log_callback = lines.append
        solver.solve(window.model)
        log = "\n".join(lines)
        if window.size:
            said = f"The solution hint is complete and is feasible. Its objective value is {window.before}."
            assert said in log, log


def test_a_stay_where_it_may_not_be_is_refused() -> None:
    arrays = build(draw(5, 8))
    free = np.flatnonzero(~arrays.fixed)[:1]
    with pytest.raises(ValueError, match="where it may not be"):
        Window(Occupancy(arrays), free, np.arange(1), np.array([1]))


def test_no_solution_and_an_invalid_model_are_bugs_and_no_time_is_not() -> None:
    arrays = build(draw(2, 8))
    window = everything(arrays, greedy(arrays))
    assert run(window.model, 1, 10.0, seconds=0.0).bound <= window.before
    window.model.add_bool_or([])
    with pytest.raises(SolverBug, match="INFEASIBLE"):
        run(window.model, 1, 10.0)
    window = everything(arrays, greedy(arrays))
    window.model.proto.variables[0].domain[0] = 2
    with pytest.raises(SolverBug, match="MODEL_INVALID"):
        run(window.model, 1, 10.0)
