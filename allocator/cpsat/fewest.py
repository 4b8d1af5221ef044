"""Fewest moves by CP-SAT: everybody gets a room, and as few as can be leave the one they are in."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Literal

import numpy as np
from ortools.sat.python.cp_model import CpSolver

from allocator.arrays import Arrays, Ints
from allocator.cpsat.constraints import gender, no_overlap, one_room
from allocator.cpsat.run import SETTINGS
from allocator.cpsat.variables import Variables
from allocator.errors import SolverBug
from allocator.search.occupancy import Occupancy

Verdict = Literal["yes", "no", "unknown"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came out.

    Attributes
    ----------
    rooms : (n_stays,)
        Of every stay of the arrays, with ``yes``.
    least
        No plan does with fewer moves.
    effort
        Deterministic time used.
    """

    verdict: Verdict
    rooms: Ints | None
    least: int
    effort: float


def fewest(arrays: Arrays, rooms: Ints, seed: int, effort: float, *, elastic: bool = False) -> Answer:
    """Place all stays with as few moves as can be.

    Parameters
    ----------
    arrays
        ``held`` says where everybody is; those who are nowhere ask for a room. Other costs play no part.
    rooms
        Where the stays that are not locked may go, and are.
    effort
        Deterministic limit.
    elastic
        Let stays go without a room at a price above all moves, and have CP-SAT simplify the model first: another way to
        the same answer, to confirm a no by.

    Raises
    ------
    SolverBug
        If the model is invalid.
    """
    free = np.flatnonzero(~arrays.fixed)
    v = Variables(Occupancy(arrays), free, rooms, arrays.held[free])
    one_room(v)
    no_overlap(v)
    gender(v)
    moved = v.room != arrays.held[free][v.owner]
    moved &= (arrays.held[free] >= 0)[v.owner]
    v.charge_all(v.x[moved].tolist(), [1] * int(moved.sum()))
    if elastic:
        v.charge_all(v.out.tolist(), [len(free) + 1] * len(free))
    else:
        v.between(0, v.out.tolist(), 0)
    model = v.finish()
    solver = CpSolver()
    for name, value in SETTINGS.items():
        setattr(solver.parameters, name, value)
    solver.parameters.cp_model_presolve = elastic
    solver.parameters.random_seed = seed % 2**31
    solver.parameters.max_deterministic_time = effort
    status = solver.status_name(solver.solve(model))
    response = solver.response_proto
    spent = response.deterministic_time
    if status == "MODEL_INVALID":
        raise SolverBug(f"CP-SAT says {status}: {model.validate()}")
    if status == "INFEASIBLE":
        return Answer("no", None, 0, spent)
    bound = ceil(response.best_objective_bound - 1e-6) if status in ("OPTIMAL", "FEASIBLE") else 0
    if elastic and bound > len(free):
        return Answer("no", None, 0, spent)
    values = list(response.solution) if status in ("OPTIMAL", "FEASIBLE") else None
    if values is None or any(values[x] for x in v.out.tolist()):
        return Answer("unknown", None, 0, spent)
    found = arrays.held.copy()
    taken = v.taken(values)
    found[free[v.owner[taken]]] = v.room[taken]
    return Answer("yes", found, max(0, bound), spent)
