"""One call of CP-SAT: limits, settings, and what each status means."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Final

from ortools.sat.python.cp_model import CpModel, CpSolver

from allocator.errors import SolverBug

SETTINGS: Final = {
    "num_workers": 1,  # one worker repeats; the cores are used by searches side by side
    "linearization_level": 2,  # the flow of a room is exact in its relaxation; with 1 bounds stay far away
    "add_lp_constraints_lazily": False,  # the relaxation is most often integral, once it is there: up to 30 times
    "cp_model_presolve": False,  # costs more than it saves: 2 to 5 times (docs/decisions/0007 has the figures)
    "cp_model_probing_level": 0,  # 8.1 s -> 1.0 s on one model of 855 stays
    "symmetry_level": 0,
}


@dataclass(frozen=True, slots=True)
class Found:
    """What a call found.

    Attributes
    ----------
    values
        Of every variable, by index; None if it found nothing in time.
    optimal
        Whether nothing better exists.
    bound
        Of the objective, valid whatever was found.
    effort
        Deterministic time used.
    """

    values: list[int] | None
    optimal: bool
    bound: float
    effort: float


def run(model: CpModel, seed: int, effort: float, seconds: float = inf) -> Found:
    """Minimise a model that is known to have a solution.

    Parameters
    ----------
    effort
        Deterministic limit, in units of about a second.
    seconds
        Wall limit beside it; a run that it cuts short does not repeat.

    Raises
    ------
    SolverBug
        If the model is invalid, or has no solution at all.
    """
    solver = CpSolver()
    for name, value in SETTINGS.items():
        setattr(solver.parameters, name, value)
    solver.parameters.random_seed = seed % 2**31
    solver.parameters.max_deterministic_time = effort
    if seconds < inf:
        solver.parameters.max_time_in_seconds = max(0.01, seconds)
    status = solver.solve(model)
    name = solver.status_name(status)
    response = solver.response_proto
    if name in ("OPTIMAL", "FEASIBLE"):
        values = list(response.solution)
        return Found(values, name == "OPTIMAL", response.best_objective_bound, response.deterministic_time)
    if name == "UNKNOWN":
        return Found(None, False, -inf, response.deterministic_time)
    reason = "the plan in force solves it"
    if name == "MODEL_INVALID":
        reason = model.validate() or response.solution_info  # that tells of settings that are none
    raise SolverBug(f"CP-SAT says {name}: {reason}")
