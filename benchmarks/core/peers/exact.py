"""General solvers on the plain model, as their manuals say."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
from ortools.math_opt import model_pb2
from ortools.math_opt.python import mathopt
from ortools.sat.python import cp_model

from allocator.arrays import Arrays
from benchmarks.core.peers.offers import Offers
from benchmarks.core.peers.program import Program, program_of


def no_overlap(arrays: Arrays, offers: Offers) -> None:
    """CP-SAT with an optional interval for each pair and NoOverlap for each room."""
    program = program_of(arrays)
    model, literals = _model(program)
    for room in np.unique(program.room[arrays.beds[program.room] == 1]).tolist():
        intervals = []
        for column in np.flatnonzero(program.room == room).tolist():
            start, end = (int(times[program.stay[column]]) for times in (arrays.start, arrays.end))
            intervals.append(model.new_optional_fixed_size_interval_var(start, end - start, literals[column], ""))
        model.add_no_overlap(intervals)
    _solve(program, model, literals, offers)


def cliques(arrays: Arrays, offers: Offers) -> None:
    """CP-SAT with an at-most-one for each room and maximal clique."""
    program = program_of(arrays)
    model, literals = _model(program)
    for row in program.cliques:
        model.add_at_most_one(literals[c] for c in row.columns)
    _solve(program, model, literals, offers)


def _model(program: Program) -> tuple[cp_model.CpModel, list[cp_model.IntVar]]:
    model = cp_model.CpModel()
    literals = [model.new_bool_var("") for _ in program.cost]
    for row in program.rows:
        columns = [literals[c] for c in row.columns]
        if row.most == 1 and set(row.coefficients) == {1}:
            model.add_at_most_one(columns)
        else:
            model.add(cp_model.LinearExpr.weighted_sum(columns, row.coefficients) <= row.most)
    model.minimize(cp_model.LinearExpr.weighted_sum(literals, program.cost))
    return model, literals


class _Watch(cp_model.CpSolverSolutionCallback):
    def __init__(self, program: Program, literals: list[cp_model.IntVar], offers: Offers) -> None:
        super().__init__()
        self._program, self._literals, self._offers = program, literals[: len(program.stay)], offers

    def on_solution_callback(self) -> None:
        """Offer the plan."""
        chosen = [c for c, literal in enumerate(self._literals) if self.boolean_value(literal)]
        self._offers.offer(self._program.rooms(chosen))


def _solve(program: Program, model: cp_model.CpModel, literals: list[cp_model.IntVar], offers: Offers) -> None:
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = offers.workers
    solver.parameters.max_time_in_seconds = max(0.1, offers.left)
    status = solver.solve(model, _Watch(program, literals, offers))
    offers.say(solver.status_name(status))


def highs(arrays: Arrays, offers: Offers) -> None:
    """HiGHS's branch and cut on the plain model; it tells its plan when it ends."""
    program = program_of(arrays)
    rows = program.rows + program.cliques
    proto = model_pb2.ModelProto()
    n = len(program.cost)
    proto.variables.ids.extend(range(n))
    proto.variables.lower_bounds.extend([0.0] * n)
    proto.variables.upper_bounds.extend([1.0] * n)
    proto.variables.integers.extend([True] * n)
    paid = [(c, float(cost)) for c, cost in enumerate(program.cost) if cost]
    proto.objective.linear_coefficients.ids.extend(c for c, _ in paid)
    proto.objective.linear_coefficients.values.extend(cost for _, cost in paid)
    proto.linear_constraints.ids.extend(range(len(rows)))
    proto.linear_constraints.lower_bounds.extend([-math.inf] * len(rows))
    proto.linear_constraints.upper_bounds.extend(float(row.most) for row in rows)
    matrix = proto.linear_constraint_matrix
    for k, row in enumerate(rows):
        entries = sorted(zip(row.columns, row.coefficients, strict=True))
        matrix.row_ids.extend([k] * len(entries))
        matrix.column_ids.extend(c for c, _ in entries)
        matrix.coefficients.extend(float(x) for _, x in entries)
    found = mathopt.solve(
        mathopt.Model.from_model_proto(proto),
        mathopt.SolverType.HIGHS,
        params=mathopt.SolveParameters(time_limit=timedelta(seconds=max(0.1, offers.left))),
        model_params=mathopt.ModelSolveParameters(variable_values_filter=mathopt.VariableFilter(skip_zero_values=True)),
    )
    offers.say(found.termination.reason.name)
    if found.has_primal_feasible_solution():
        chosen = [v.id for v, value in found.variable_values().items() if value > 0.5 and v.id < len(program.stay)]
        offers.offer(program.rooms(chosen))
