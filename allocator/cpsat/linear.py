"""One linear program, solved by the dual simplex of HiGHS inside OR-Tools; CP-SAT's own takes ten times as long."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np
from ortools.math_opt import model_pb2
from ortools.math_opt.python import mathopt
from ortools.math_opt.solvers import highs_pb2

from allocator.arrays import Floats, Ints


@dataclass(frozen=True, slots=True)
class Linear:
    """Minimise ``cost @ x`` for ``x >= 0`` under rows of ones.

    Attributes
    ----------
    cost : (n_columns,)
        Of each column.
    row, column : (n_entries,)
        Where the matrix has a one.
    low, high : (n_rows,)
        Limits of each row.
    """

    cost: Ints
    row: Ints
    column: Ints
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Vertex:
    """An optimal vertex: the value of each column, and the price of each row (at most 0 where only ``high`` binds)."""

    values: Floats
    prices: Floats


def minimise(
    program: Linear, seconds: float = inf, iterations: int | None = None, *, whole: bool = False
) -> Vertex | None:
    """Return an optimal vertex, or None if there is none in time.

    Parameters
    ----------
    whole
        Find the best of the points that are 0 or 1 everywhere instead, by branching; it has no prices.
    seconds
        Wall limit; a run that it cuts short does not repeat.
    iterations
        Of the simplex; the limit that repeats.
    """
    columns, rows = len(program.cost), len(program.low)
    proto = model_pb2.ModelProto()
    proto.variables.ids.extend(range(columns))
    proto.variables.lower_bounds.extend([0.0] * columns)
    proto.variables.upper_bounds.extend([1.0 if whole else inf] * columns)
    proto.variables.integers.extend([whole] * columns)
    paid = np.flatnonzero(program.cost)
    proto.objective.linear_coefficients.ids.extend(paid.tolist())
    proto.objective.linear_coefficients.values.extend(program.cost[paid].astype(np.float64).tolist())
    proto.linear_constraints.ids.extend(range(rows))
    proto.linear_constraints.lower_bounds.extend(program.low.tolist())
    proto.linear_constraints.upper_bounds.extend(program.high.tolist())
    order = np.lexsort((program.column, program.row))
    matrix = proto.linear_constraint_matrix
    matrix.row_ids.extend(program.row[order].tolist())
    matrix.column_ids.extend(program.column[order].tolist())
    matrix.coefficients.extend([1.0] * len(order))
    options = highs_pb2.HighsOptionsProto()
    options.double_options["time_limit"] = max(0.1, seconds)  # the parameter of that name wants a calendar's type
    found = mathopt.solve(
        mathopt.Model.from_model_proto(proto),
        mathopt.SolverType.HIGHS,
        params=mathopt.SolveParameters(
            highs=options,
            iteration_limit=None if whole else iterations,
            node_limit=None if iterations is None or not whole else 1000,
            lp_algorithm=None if whole else mathopt.LPAlgorithm.DUAL_SIMPLEX,
            presolve=mathopt.Emphasis.OFF,  # finds nothing to reduce, and takes longer than the solve
        ),
        model_params=mathopt.ModelSolveParameters(variable_values_filter=mathopt.VariableFilter(skip_zero_values=True)),
    )
    if found.termination.reason != mathopt.TerminationReason.OPTIMAL:
        return None
    values, prices = np.zeros(columns), np.zeros(rows)
    for variable, value in found.variable_values().items():
        values[variable.id] = value
    if not whole and found.has_dual_feasible_solution():  # an empty program has none
        for constraint, price in found.dual_values().items():
            prices[constraint.id] = price
    return Vertex(values, prices)
